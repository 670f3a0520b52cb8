"""`check` names every fault as FILE:LINE:COL, an unknown key with the nearest known one, and ends with 3; `run` refuses
the same file."""
from harness import Hub, expect, run


def body(test):
    hub = Hub(test, start=False)
    hub.cli("check", code=0)
    hub.config = test.write("bad.toml", '[sip]\nudq = ["127.0.0.1:5060"]\n[rtp]\nport_min = "low"\n  port_mux = 1\n')
    shown = hub.cli("check", code=3, errors=True)
    for place, words in (("bad.toml:2:1:", "udp"), ("bad.toml:4:12:", "whole number"), ("bad.toml:5:3:", "port_max")):
        lines = [line for line in shown.splitlines() if place in line]
        expect(lines and words in lines[0], f"{place} and {words!r} in:\n{shown}")
    hub.config = test.write("early.toml", '[[queues]]\nname = "help"\n')
    shown = hub.cli("check", code=0)
    expect("early.toml: ok" in shown and "no effect yet: queues" in shown, f"what nothing acts on yet, in:\n{shown}")
    hub.config = test.write("bad.toml", '[sip]\nudq = ["127.0.0.1:5060"]\n')
    expect("bad.toml:2:1:" in hub.cli("run", code=3, errors=True), "run shows the fault too")


run(body)
