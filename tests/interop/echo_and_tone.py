"""9196 echoes a phone's own tone and 9197 plays 1004 Hz, for a registered phone and for a guest on the loopback."""
from harness import Baresip, Hub, expect, run, wait_until


def packets_to(hub):
    """Of the one call, as `calls show` tells at this moment."""
    call, = [c for c in hub.calls() if c["state"] == "answered"]
    leg, = hub.json("calls", "show", call["id"])["legs"]
    return leg["sent"]


def call_features(phone, hub):
    phone.dial(f"sip:9196@127.0.0.1:{hub.port}")
    phone.wait_for("CALL_ESTABLISHED")
    phone.wait_to_hear(440, "itself")
    phone.command("hangup")

    phone.dial(f"sip:9197@127.0.0.1:{hub.port}")
    phone.wait_for("CALL_ESTABLISHED")
    level = phone.wait_to_hear(1004, "the test tone").level_dbfs()
    expect(-8 < level < -2, f"the milliwatt is at {level:.1f} dBFS instead of about -3")
    # A media worker reports every five seconds; who asks is told how it is now.
    first = packets_to(hub)
    expect(first > 0, "packets are counted")
    wait_until(lambda: packets_to(hub) >= first + 10, "the count grows while one looks", patience=2)
    phone.command("hangup")


def body(test):
    hub = Hub(test)
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001")
    call_features(alice, hub)
    guest = Baresip(test, "guest", tone=440)
    call_features(guest, hub)
    records = hub.closed_records(4)
    expect(all(record["disposition"] == "answered" for record in records), "four answered calls")
    hub.expect_nothing_left()


run(body)
