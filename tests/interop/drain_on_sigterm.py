"""SIGTERM drains: new calls get 503 with Retry-After, the running one goes on until it is hung up, then the hub ends
with 0."""
import signal

from harness import USERS, Baresip, expect, expect_equal, run, wait_until
from sipp import Caller, TrunkHub, play


def body(test):
    hub = TrunkHub(test, users=USERS)
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001")
    alice.dial("9196")
    alice.wait_to_hear(440, "itself")

    hub.process.signal(signal.SIGTERM)
    wait_until(lambda: hub.json("status")["draining"], "the hub drains")
    play(None, Caller(hub).invite().refused_at_once(503, ("Retry-After", "[0-9]+")))
    before = alice.heard().secs
    wait_until(lambda: alice.heard().secs > before + 0.5, "the running call goes on")
    alice.wait_to_hear(440, "itself, still")
    expect_equal(len(hub.calls()), 1, "calls going on")
    alice.command("hangup")
    expect_equal(hub.process.wait(), 0, "the hub's exit code")
    hub.cli("status", code=4)

    hub.start()
    answered = [record for record in hub.records() if record["disposition"] == "answered"]
    expect_equal(len(answered), 1, "answered calls in the records")
    expect(answered[0]["end"], "its record is closed")


run(body)
