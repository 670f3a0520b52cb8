"""UPDATE (RFC 3311) with an offer in a running call puts it on hold without an INVITE."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play, sdp


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).ringing().answer(None, "Allow: INVITE, ACK, CANCEL, BYE, UPDATE")
    callee.expect("UPDATE", ("", "a=sendonly")).reply(200, sdp(direction="recvonly", version=2)).answer_bye()
    caller = Caller(hub).invite(headers=["Allow: INVITE, ACK, CANCEL, BYE, UPDATE"]).ringing().answered()
    caller.request("UPDATE", sdp(direction="sendonly", version=2)).response(200, ("", "a=recvonly")).bye()
    play(callee, caller)
    expect_record(hub, "answered", 200, 16, "caller")


run(body)
