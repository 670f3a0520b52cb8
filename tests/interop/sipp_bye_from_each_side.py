"""The caller and then the called party ends the call with BYE."""
from harness import run
from sipp import Callee, Caller, TrunkHub, play, sdp


def body(test):
    hub = TrunkHub(test)
    play(Callee(hub).ringing().answer().answer_bye(), Caller(hub).invite().ringing().answered().bye())
    first, = hub.closed_records()
    assert first["hangup_by"] == "caller", first


run(body)
