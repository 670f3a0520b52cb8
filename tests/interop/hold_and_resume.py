"""A phone puts the other on hold: it gets nothing more, the other gets music, and both get audio when it resumes."""
from harness import Baresip, Hub, expect, run, wait_until


def plan(hub):
    call, = hub.calls()
    return hub.json("calls", "show", call["id"])["legs"][0]["codec_plan"]


def body(test):
    hub = Hub(test)
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001", "1002")
    alice.dial("1002")
    alice.wait_to_hear(1000, "bob")
    bob.wait_to_hear(440, "alice")

    alice.command("hold")
    bob.process.wait_for_output("^a=sendonly")  # the hub's re-INVITE carries the hold to bob
    alice.process.wait_for_output("^a=recvonly")  # and its answer says that nothing will come from him
    alice.wait_for_quiet()
    bob.wait_for_audio()  # what it is, baresip does not write down after a re-INVITE; the simulator's phones measure it
    wait_until(lambda: plan(hub) == "mixer at 8000 Hz: playing", "music plays")
    expect(hub.calls(), "the held call goes on")

    alice.command("resume")
    alice.wait_for_audio()
    bob.wait_for_audio()
    wait_until(lambda: plan(hub) == "relay PCMU", "the call is relayed again")
    alice.command("hangup")
    bob.wait_for("CALL_CLOSED")
    hub.closed_records()
    hub.expect_nothing_left()


run(body)
