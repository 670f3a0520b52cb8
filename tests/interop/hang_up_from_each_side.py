"""Whichever phone hangs up, the other one is told, and the record says who it was."""
from harness import Baresip, Hub, expect_equal, run


def body(test):
    hub = Hub(test)
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001", "1002")
    for number, (first, second, by) in enumerate([(alice, bob, "caller"), (bob, alice, "callee")], 1):
        alice.dial("1002")
        alice.wait_for("CALL_ESTABLISHED")
        bob.wait_for("CALL_ESTABLISHED")
        first.command("hangup")
        second.wait_for("CALL_CLOSED")
        newest = hub.closed_records(number)[0]
        expect_equal((newest["hangup_by"], newest["disposition"], newest["q850"]), (by, "answered", 16), "record")
        alice.mark()
        bob.mark()
    hub.expect_nothing_left()


run(body)
