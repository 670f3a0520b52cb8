"""No codec that both sides have: 488 with cause 88, whether the offer, the trunk or the answer is to blame."""
from harness import run
from sipp import ILBC, PCMA, Callee, Caller, TrunkHub, expect_record, play, sdp


def body(test):
    hub = TrunkHub(test, far_codecs='["PCMU"]')
    play(None, Caller(hub).invite(sdp(ILBC)).refused_at_once(488, ("Reason", "cause=88")))
    expect_record(hub, "failed", 488, 88)


run(body)
