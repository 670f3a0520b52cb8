"""A call over TCP on both sides."""
from harness import expect, run
from sipp import Callee, Caller, TrunkHub, expect_record, play


def body(test):
    hub = TrunkHub(test, transport="tcp")
    play(Callee(hub).ringing(("Via", "SIP/2.0/TCP")).answer().answer_bye(), Caller(hub).invite().ringing().answered().bye())
    record = expect_record(hub, "answered", 200, 16, "caller")
    messages = hub.json("calls", "show", record["id"], "--messages")["messages"]
    expect(all(message["transport"] == "tcp" for message in messages), "every message went over TCP")


run(body)
