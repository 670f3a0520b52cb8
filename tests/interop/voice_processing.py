"""What a user says is worked on and listened to as the configuration has it; the other side is left as it is."""
from harness import USERS, Baresip, Hub, expect_equal, run, wait_until


def body(test):
    hub = Hub(test, USERS.replace('display_name = "Alice"', "automatic_gain = true\nvoice_events = true"))
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001", "1002")
    alice.dial("1002")
    alice.wait_to_hear(1000, "bob")
    bob.wait_to_hear(440, "alice")
    call, = hub.calls()

    def legs():
        return hub.json("calls", "show", call["id"])["legs"]

    expect_equal({leg["codec_plan"] for leg in legs()}, {"mixer at 8000 Hz: voice processing"}, "plan")
    expect_equal([leg["voice_processing"] for leg in legs()], ["automatic gain, voice events", ""], "processing")
    wait_until(lambda: [leg["voice"] for leg in legs()] == ["speech", ""], "alice's tone counts as speech")
    alice.command("hangup")
    bob.wait_for("CALL_CLOSED")
    hub.closed_records()
    hub.expect_nothing_left()


run(body)
