"""Alice calls Bob, Bob transfers her to Carol by REFER: Alice and Carol hear each other, Bob is out of the call."""
from harness import Baresip, Hub, expect_equal, run


def body(test):
    hub = Hub(test)
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    carol = Baresip(test, "carol", hub, "1003", "secret3", tone=700, account=";answermode=auto")
    hub.wait_for_registrations("1001", "1002", "1003")
    alice.dial("1002")
    alice.wait_to_hear(1000, "bob")

    bob.command("transfer", f"sip:1003@127.0.0.1:{hub.port}")
    carol.wait_for("CALL_ESTABLISHED")
    bob.wait_for("CALL_CLOSED")
    alice.wait_to_hear(700, "carol")
    carol.wait_to_hear(440, "alice")
    alice.command("hangup")
    carol.wait_for("CALL_CLOSED")
    record, = hub.closed_records()
    expect_equal(record["disposition"], "answered", "disposition")
    expect_equal(len(record["legs"]), 3, "legs in the record")
    hub.expect_nothing_left()


run(body)
