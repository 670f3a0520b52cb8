"""183 with an answer reaches the caller as such; the 200 then repeats it."""
from harness import run
from sipp import Callee, Caller, TrunkHub, expect_record, play, sdp


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).invited().reply_invite(183, sdp()).answer().answer_bye()
    caller = Caller(hub).invite().trying().response(183, ("", "m=audio [1-9]")).response(200, ("", "m=audio [1-9]"))
    play(callee, caller.ack().bye())
    expect_record(hub, "answered", 200, 16, "caller")


run(body)
