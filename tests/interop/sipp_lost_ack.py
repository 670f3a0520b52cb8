"""An ACK is late: the hub repeats its 200 until it comes, and not after."""
from harness import expect, run
from sipp import Callee, Caller, TrunkHub, expect_record, play


def body(test):
    hub = TrunkHub(test)
    # SIPp takes repeated answers for what they are; 1.7 s have room for those of 0.5 s and 1.5 s.
    caller = Caller(hub).invite().ringing().response(200).pause(1700).ack().bye()
    play(Callee(hub).ringing().answer().answer_bye(), caller)
    record = expect_record(hub, "answered", 200, 16, "caller")
    messages = hub.json("calls", "show", record["id"], "--messages")["messages"]
    to_caller = [m for m in messages if m["sent"] and m["remote"].startswith("127.0.0.2:")
                 and m["text"].startswith("SIP/2.0 200") and "CSeq: 1 INVITE" in m["text"]]
    expect(len(to_caller) == 3, f"the 200 was sent {len(to_caller)} times instead of 3")


run(body)
