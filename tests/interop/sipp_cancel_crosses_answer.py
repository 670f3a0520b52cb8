"""The called party answers 200 to an INVITE whose CANCEL it has: the hub acknowledges the answer and ends it with BYE."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play, sdp


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).ringing().expect("CANCEL").reply_invite(200, sdp()).expect("ACK").answer_bye()
    play(callee, Caller(hub).invite().ringing().cancel().response(200, ("CSeq", "CANCEL")).refused(487))
    expect_record(hub, "canceled", 487, 16, "caller")


run(body)
