"""Calls that end in the hub: unknown number 404, a known user without a phone 480, a route that rejects, no more hops."""
from harness import USERS, expect_equal, run
from sipp import Caller, TrunkHub, play

ROUTES = """
[[routes]]
name = "not that one"
match = { to = "^666" }
action = "reject"
code = 403
[[routes]]
name = "to a user"
match = { trunk = "carrier", to = "^1002$" }
action = "ring"
targets = ["user:1002"]
"""
# number, status, Q.850 cause, Max-Forwards, whether it reaches routing
CASES = [("5550", 404, 1, 70, True), ("1002", 480, 20, 70, True), ("6661", 403, 21, 70, True), ("77", 483, 0, 0, False)]


def body(test):
    hub = TrunkHub(test, routes=ROUTES, users=USERS)
    recorded = 0
    for number, status, cause, forwards, routed in CASES:
        play(None, Caller(hub, number).invite(forwards=forwards).refused_at_once(status))
        recorded += routed
        record = hub.closed_records(recorded)[0]
        if routed:
            got = (record["to"], record["sip_status"], record["q850"])
            expect_equal(got, (number, status, cause), "record of the refused call")
    hub.expect_nothing_left()


run(body)
