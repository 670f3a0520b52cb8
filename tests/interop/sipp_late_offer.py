"""An INVITE without an offer: the called party's offer goes to the caller in 200, its answer comes back in ACK."""
from harness import run
from sipp import PCMA, PCMU, Callee, Caller, TrunkHub, expect_record, play, sdp


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).ringing().reply_invite(200, sdp(PCMU, PCMA)).expect("ACK", ("", "m=audio [1-9]")).answer_bye()
    caller = Caller(hub).invite(body="").ringing().response(200, ("", "m=audio [1-9]")).ack(sdp(PCMA)).bye()
    play(callee, caller)
    expect_record(hub, "answered", 200, 16, "caller")


run(body)
