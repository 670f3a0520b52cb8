"""Requests within the call that are not for the hub, INFO and MESSAGE, go to the other side with their body, and the
answer comes back."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).ringing().answer()
    callee.expect("INFO", ("", "Signal=5")).reply(200)
    callee.expect("MESSAGE", ("", "hello")).reply(202).answer_bye()
    caller = Caller(hub).invite().ringing().answered()
    caller.request("INFO", "Signal=5\nDuration=160\n", content="application/dtmf-relay").response(200)
    caller.request("MESSAGE", "hello\n", content="text/plain").response(202).bye()
    play(callee, caller)
    expect_record(hub, "answered", 200, 16, "caller")


run(body)
