"""Reliable provisional answers (RFC 3262): the hub acknowledges the called party's with PRACK, and sends its own
reliably to a caller that supports them."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play, sdp


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).invited(("Supported", "100rel"))
    callee.reply_invite(183, sdp(), ["Require: 100rel", "RSeq: 7"], retransmit=True)
    callee.expect("PRACK", ("RAck", "7 1 INVITE")).reply(200).pause(200)
    callee.answer("").answer_bye()
    caller = Caller(hub).invite(headers=["Supported: 100rel"]).trying().reliable().prack()
    play(callee, caller.answered().bye())
    expect_record(hub, "answered", 200, 16, "caller")


run(body)
