"""`calls hangup` ends a call: BYE to both sides, and the record says that the hub did it."""
from harness import run, wait_until
from sipp import Callee, Caller, TrunkHub, expect_record


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).ringing().answer().answer_bye().start()
    wait_until(callee.is_listening, "the called party listens")
    caller = Caller(hub).invite().ringing().answered().answer_bye().start()
    call = wait_until(lambda: next((c for c in hub.calls() if c["state"] == "answered"), None), "the call is answered")
    hub.cli("calls", "hangup", call["id"])
    caller.finish()
    callee.finish()
    expect_record(hub, "answered", 200, 16, "hub")


run(body)
