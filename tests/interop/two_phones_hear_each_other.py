"""Two phones register with digest, call each other, and each hears the other's tone; one record tells of it."""
from harness import Baresip, Hub, expect, expect_equal, run


def body(test):
    hub = Hub(test)
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001", "1002")

    alice.dial("1002")
    alice.wait_for("CALL_ESTABLISHED")
    bob.wait_for("CALL_ESTABLISHED")
    bob.process.wait_for_output('^From: "Alice" <sip:1001@')  # who has proved to call
    alice.wait_to_hear(1000, "bob's 1000 Hz")
    bob.wait_to_hear(440, "alice's 440 Hz")
    expect_equal([call["state"] for call in hub.calls()], ["answered"], "calls going on")

    alice.command("hangup")
    bob.wait_for("CALL_CLOSED")
    record, = hub.closed_records()
    expect_equal(record["disposition"], "answered", "disposition")
    expect_equal((record["from"], record["from_name"], record["to"]), ("1001", "Alice", "1002"), "parties")
    expect_equal(record["direction"], "internal", "direction")
    expect(record["talk_ms"] > 500, f"talk_ms {record['talk_ms']}")
    expect(record["duration_ms"] >= record["talk_ms"], "the call lasts at least as long as the talk")
    expect_equal([leg["codec"] for leg in record["legs"]], ["PCMU", "PCMU"], "codecs")
    for leg in record["legs"]:
        expect(leg["received"] > 20 and leg["sent"] > 20, f"packets of a leg: {leg}")
        expect(leg["mos"] > 3.5, f"MOS on loopback: {leg}")
        expect_equal(leg["verdict"], "", "verdict")
    hub.expect_nothing_left()


run(body)
