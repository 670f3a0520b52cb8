"""`doctor` finds nothing wrong with a sound set-up, and names what would keep calls from working."""
import json
import socket

from harness import Hub, expect, run


def findings(hub, code):
    return json.loads(hub.cli("doctor", "--json", code=code))


def body(test):
    hub = Hub(test, start=False)
    sound = findings(hub, 0)
    expect(sound and not any(found["health"] == "fault" for found in sound), f"no fault in {sound}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as occupant:
        occupant.bind(("127.0.0.1", hub.port))
        faults = [found for found in findings(hub, 1) if found["health"] == "fault"]
        expect(any(str(hub.port) in found["subject"] for found in faults), f"the taken port is named in {faults}")


run(body)
