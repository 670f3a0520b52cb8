"""Both sides send a re-INVITE at once: each is answered 491 (RFC 3261 §14.2), and the call goes on."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play, sdp


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).ringing().answer()
    # It has the caller's re-INVITE in hand when it sends its own.
    callee.reinvited().reinvite(sdp(direction="sendonly", version=2)).response(491).ack_refusal()
    callee.reply_invite(491).expect("ACK").answer_bye()
    caller = Caller(hub).invite().ringing().answered()
    caller.reinvite(sdp(direction="sendonly", version=2)).trying().response(491).ack_refusal().bye()
    play(callee, caller)
    expect_record(hub, "answered", 200, 16, "caller")


run(body)
