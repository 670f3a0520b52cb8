"""A second SIGTERM does not wait: running calls get BYE, and the hub ends with 0."""
import signal

from harness import Baresip, Hub, expect_equal, run, wait_until


def body(test):
    hub = Hub(test, hub="drain_secs = 600")
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001")
    alice.dial("9196")
    alice.wait_for("CALL_ESTABLISHED")
    hub.process.signal(signal.SIGTERM)
    wait_until(lambda: hub.json("status")["draining"], "the hub drains")
    hub.process.signal(signal.SIGTERM)
    alice.wait_for("CALL_CLOSED")
    expect_equal(hub.process.wait(10), 0, "the hub's exit code")
    hub.start()
    record, = hub.closed_records()
    expect_equal((record["disposition"], record["hangup_by"]), ("answered", "hub"), "record")


run(body)
