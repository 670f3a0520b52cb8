"""No codec that both sides have, and none that can be translated: 488 with cause 88, whether the offer, the trunk or the
answer is to blame."""
from harness import expect_equal, run
from sipp import G729, ILBC, PCMA, Callee, Caller, TrunkHub, expect_record, play, sdp


def body(test):
    hub = TrunkHub(test, far_options='codecs = ["G729"]')
    play(None, Caller(hub).invite(sdp(ILBC)).refused_at_once(488, ("Reason", "cause=88")))
    expect_record(hub, "failed", 488, 88)
    play(None, Caller(hub).invite(sdp(PCMA)).refused_at_once(488, ("Reason", "cause=88")))
    expect_equal([record["sip_status"] for record in hub.closed_records(2)], [488, 488], "both calls")
    play(Callee(hub).ringing().refuse(488), Caller(hub).invite(sdp(G729)).trying().response(180, optional=True).refused(488))
    expect_equal(hub.closed_records(3)[0]["q850"], 88, "cause when the called party knows no codec")


run(body)
