"""Nobody is at the media port that the called party named: the kernel's refusals (ICMP) become that leg's verdict within
five seconds, the phone that is fine has none, and the record keeps it."""
import time

from harness import Baresip, expect, expect_equal, run, wait_until
from sipp import Callee, TrunkHub, sdp

USER = """
[[users]]
username = "1001"
display_name = "Alice"
password = "secret1"
"""
ROUTE = """
[[routes]]
name = "out"
match = { to = "^88" }
action = "dial"
target = "sip:$0@far"
"""


def body(test):
    hub = TrunkHub(test, users=USER, routes=ROUTE)
    closed = test.ports.take()
    callee = Callee(hub).ringing().answer(sdp(port=str(closed))).answer_bye().start()
    wait_until(callee.is_listening, "the called party listens")
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001")
    alice.dial("8811")
    alice.wait_for("CALL_ESTABLISHED")
    answered = time.monotonic()

    call, = hub.calls()

    def verdicts():
        return [leg["verdict"] for leg in hub.json("calls", "show", call["id"])["legs"]]
    wait_until(lambda: verdicts()[1], "a verdict on the called leg")
    expect(time.monotonic() - answered < 5.5, "five seconds, and what it takes to ask")
    expect_equal(verdicts(), ["", "unreachable"], "verdicts")
    alice.command("hangup")
    callee.finish()
    record, = hub.closed_records()
    expect_equal([leg["verdict"] for leg in record["legs"]], ["", "unreachable"], "verdicts of the record")
    heard = record["legs"][0]["quality"]["in"]
    expect_equal(heard["codec"], "PCMU", "codec")
    expect(-40 < heard["level_dbm0"] < 3, f"level of the phone's tone: {heard}")
    hub.expect_nothing_left()


run(body)
