"""A route that rings two phones at once: the first to answer gets the call, the other is cancelled."""
from harness import run, wait_until
from sipp import Callee, Caller, TrunkHub, expect_record

ROUTE = """
[[routes]]
name = "both"
match = {{ trunk = "carrier", to = "^77" }}
action = "ring"
targets = ["sip:one@far", "sip:two@127.0.0.4:{port}"]
"""


def body(test):
    port = test.ports.take()
    hub = TrunkHub(test, routes=ROUTE.format(port=port))
    first = Callee(hub).ringing().pause(200).answer().answer_bye()
    second = Callee(hub, name="second", ip="127.0.0.4", port=port)
    second.ringing().expect("CANCEL", ("Reason", "cause=26|completed elsewhere")).reply(200).reply_invite(487).expect("ACK")
    for callee in (first, second):
        callee.start()
        wait_until(callee.is_listening, f"{callee.name} listens")
    caller = Caller(hub).invite().trying().response(180).response(180, optional=True).answered().bye()
    caller.start().finish()
    first.finish()
    second.finish()
    expect_record(hub, "answered", 200, 16, "caller")


run(body)
