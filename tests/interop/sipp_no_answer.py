"""Nobody answers: after the route's time the called party is cancelled and the caller gets 480 with cause 19."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play

ROUTE = """
[[routes]]
name = "impatient"
match = { trunk = "carrier", to = "^77" }
action = "dial"
target = "sip:$0@far"
no_answer_secs = 1
"""


def body(test):
    hub = TrunkHub(test, routes=ROUTE)
    callee = Callee(hub).ringing().expect("CANCEL").reply(200).reply_invite(487).expect("ACK")
    play(callee, Caller(hub).invite().ringing().refused(480, ("Reason", "cause=19")))
    expect_record(hub, "no_answer", 480, 19)


run(body)
