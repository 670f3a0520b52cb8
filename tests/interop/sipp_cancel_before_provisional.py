"""CANCEL before the called party has said anything: the hub holds its own CANCEL back until the first provisional
answer (RFC 3261 §9.1), while the caller gets its 487 at once."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).invited().pause(300).reply_invite(180).expect("CANCEL").reply(200)
    callee.reply_invite(487).expect("ACK")
    play(callee, Caller(hub).invite().trying().cancel().response(200, ("CSeq", "CANCEL")).refused(487))
    expect_record(hub, "canceled", 487, 16, "caller")


run(body)
