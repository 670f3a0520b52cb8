"""Session timers (RFC 4028): an interval that is too small is refused with 422 and Min-SE; an acceptable one is agreed
on, and it is said who refreshes."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play

TIMER = "Supported: timer"


def body(test):
    hub = TrunkHub(test, sip="session_expires_secs = 90")
    caller = Caller(hub).invite(headers=[TIMER, "Session-Expires: 60", "Min-SE: 60"])
    play(None, caller.refused_at_once(422, ("Min-SE", "90")))

    callee = Callee(hub).ringing(("Session-Expires", "90"))
    callee.answer(None, "Session-Expires: 90;refresher=uas", "Require: timer").answer_bye()
    caller = Caller(hub).invite(headers=[TIMER, "Session-Expires: 90;refresher=uac"]).ringing()
    play(callee, caller.answered(("Session-Expires", "90 *; *refresher=uac"), ("Require", "timer")).bye())
    expect_record(hub, "answered", 200, 16, "caller")


run(body)
