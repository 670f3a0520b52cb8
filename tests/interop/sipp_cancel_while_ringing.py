"""CANCEL after 180: the called party is cancelled, the caller gets 487."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).ringing().expect("CANCEL").reply(200).reply_invite(487).expect("ACK")
    play(callee, Caller(hub).invite().ringing().cancel().response(200, ("CSeq", "CANCEL")).refused(487))
    expect_record(hub, "canceled", 487, 16, "caller")


run(body)
