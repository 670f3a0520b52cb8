"""The caller, then the called party ends the call with BYE; the record says who it was."""
from harness import expect_equal, run
from sipp import Callee, Caller, TrunkHub, play


def body(test):
    hub = TrunkHub(test)
    play(Callee(hub).ringing().answer().answer_bye(), Caller(hub).invite().ringing().answered().bye())
    expect_equal(hub.closed_records(1)[0]["hangup_by"], "caller", "who hung up")
    play(Callee(hub).ringing().answer().bye(), Caller(hub).invite().ringing().answered().answer_bye())
    expect_equal(hub.closed_records(2)[0]["hangup_by"], "callee", "who hung up")
    hub.expect_nothing_left()


run(body)
