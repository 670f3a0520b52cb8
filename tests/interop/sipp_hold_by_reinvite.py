"""A re-INVITE puts the call on hold and another takes it back; the other side sees each direction, seen from its end."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play, sdp


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).ringing().answer()
    callee.reinvited(("", "a=sendonly")).reply_invite(200, sdp(direction="recvonly", version=2)).expect("ACK")
    callee.reinvited(("", "a=sendrecv")).reply_invite(200, sdp(version=3)).expect("ACK").answer_bye()
    caller = Caller(hub).invite().ringing().answered()
    caller.reinvite(sdp(direction="sendonly", version=2)).trying().response(200, ("", "a=recvonly")).ack()
    caller.reinvite(sdp(version=3)).trying().response(200, ("", "a=sendrecv")).ack().bye()
    play(callee, caller)
    expect_record(hub, "answered", 200, 16, "caller")


run(body)
