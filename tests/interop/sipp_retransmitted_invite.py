"""The same INVITE twice is one call: the second is absorbed."""
from harness import expect_equal, run
from sipp import Callee, Caller, TrunkHub, expect_record, play


def body(test):
    hub = TrunkHub(test)
    caller = Caller(hub).invite().trying().invite().response(100, optional=True)
    play(Callee(hub).ringing().answer().answer_bye(), caller.response(180).answered().bye())
    record = expect_record(hub, "answered", 200, 16, "caller")
    messages = hub.json("calls", "show", record["id"], "--messages")["messages"]
    sent = [message for message in messages if message["sent"] and message["text"].startswith("INVITE")]
    expect_equal(len(sent), 1, "INVITEs sent to the called party")


run(body)
