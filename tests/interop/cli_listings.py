"""What the listings tell of a running hub: status, registrations, trunks, routes, as tables and as JSON."""
from harness import USERS, Baresip, expect, expect_equal, run
from sipp import TrunkHub


def body(test):
    hub = TrunkHub(test, users=USERS)
    Baresip(test, "alice", hub, "1001", "secret1")
    hub.wait_for_registrations("1001")
    status = hub.json("status")
    expect_equal((status["registrations"], status["users"], status["trunks"], status["calls"]), (1, 3, 2, 0), "status")
    expect_equal(status["listeners"], [f"udp 127.0.0.1:{hub.port}", f"tcp 127.0.0.1:{hub.port}"], "listeners")
    expect("draining" in status and not status["draining"], "not draining")
    expect("registrations" in hub.cli("status"), "status as text")

    registration, = hub.json("registrations")
    expect_equal((registration["user"], registration["transport"]), ("1001", "udp"), "registration")
    expect("baresip" in registration["user_agent"] and 0 < registration["expires_secs"] <= 60, f"{registration}")
    expect("1001" in hub.cli("registrations"), "registrations as a table")
    expect_equal([trunk["name"] for trunk in hub.json("trunks")], ["carrier", "far"], "trunks")
    expect("far" in hub.cli("trunks"), "trunks as a table")
    expect("no calls" in hub.cli("calls"), "no calls as a table")

    explained = hub.json("route", "explain", "--from", "49301", "--to", "7711", "--trunk", "carrier")
    expect_equal((explained["route"], explained["direction"]), ("through", "inbound"), "route explain")
    expect("7711" in explained["action"] and "trunk far" in explained["action"], f"action: {explained['action']}")
    expect("1002" in hub.cli("route", "explain", "--from", "1001", "--to", "1002"), "route explain as text")
    expect("404" in hub.cli("route", "explain", "--from", "1001", "--to", "5550"), "an unknown number is 404")


run(body)
