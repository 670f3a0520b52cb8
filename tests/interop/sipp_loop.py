"""A route that leads back into the hub is a loop: 482 instead of calls without end."""
from harness import expect, run
from sipp import Caller, TrunkHub, play

ROUTE = """
[[routes]]
name = "in circles"
match = { to = "^99" }
action = "dial"
target = "sip:$0@self"
[[trunks]]
name = "self"
host = "127.0.0.1:PORT"
"""


def body(test):
    port = test.ports.take()
    hub = TrunkHub(test, routes=ROUTE.replace("PORT", str(port)), port=port)
    play(None, Caller(hub, "99").invite().refused_at_once(482))
    records = hub.records()
    expect(len(records) <= 2, f"{len(records)} records of a looped call")
    hub.expect_nothing_left()


run(body)
