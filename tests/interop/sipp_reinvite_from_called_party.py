"""The called party changes the session too; a change that the other side refuses leaves the call as it was."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play, sdp


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).ringing().answer()
    callee.reinvite(sdp(direction="sendonly", version=2)).response(100, optional=True).response(200, ("", "a=recvonly"))
    callee.ack().reinvite(sdp(version=3)).response(100, optional=True).response(488).ack_refusal().answer_bye()
    caller = Caller(hub).invite().ringing().answered()
    caller.reinvited(("", "a=sendonly")).reply(200, sdp(direction="recvonly", version=2), retransmit=True).expect("ACK")
    caller.reinvited(("", "a=sendrecv")).reply(488, retransmit=True).expect("ACK").bye()
    play(callee, caller)
    expect_record(hub, "answered", 200, 16, "caller")


run(body)
