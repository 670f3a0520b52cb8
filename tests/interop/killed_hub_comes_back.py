"""kill -9 in the middle of a call: after the restart there is one record, marked interrupted, and the registrations are
still there: a call reaches a phone that has not registered again."""
from harness import Baresip, Hub, expect_equal, run


def body(test):
    hub = Hub(test)
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001", "1002")
    alice.dial("1002")
    alice.wait_for("CALL_ESTABLISHED")
    alice.wait_to_hear(1000, "bob")
    bob.wait_for("CALL_ESTABLISHED")
    registered = sorted(r["contact"] for r in hub.json("registrations"))
    hub.kill()

    hub.start()
    record, = hub.closed_records()
    expect_equal((record["disposition"], record["from"], record["to"]), ("interrupted", "1001", "1002"), "record")
    expect_equal(sorted(r["contact"] for r in hub.json("registrations")), registered, "contacts after the restart")
    bob.command("hangup")
    alice.command("hangup")
    registers = bob.process.output().count("\nREGISTER sip:")
    alice.mark()
    bob.mark()

    alice.dial("1002")
    alice.wait_for("CALL_ESTABLISHED")
    bob.wait_for("CALL_ESTABLISHED")
    alice.wait_to_hear(1000, "bob again")
    expect_equal(bob.process.output().count("\nREGISTER sip:"), registers, "REGISTER requests that bob has sent")
    alice.command("hangup")
    bob.wait_for("CALL_CLOSED")
    newest, oldest = hub.closed_records(2)
    expect_equal((newest["disposition"], oldest["disposition"]), ("answered", "interrupted"), "dispositions")
    hub.expect_nothing_left()


run(body)
