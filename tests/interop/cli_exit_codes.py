"""Exit codes: 0 done, 1 failed, 2 not understood, 3 configuration invalid, 4 hub not running."""
import json

from harness import Hub, expect, run

def body(test):
    hub = Hub(test, start=False)
    hub.cli("check", code=0)
    for command in (["status"], ["calls"], ["records"], ["registrations"], ["trunks"], ["reload"], ["drain"],
                    ["route", "explain", "--from", "1001", "--to", "1002"]):
        hub.cli(*command, code=4)
    hub.start()
    for command in (["status"], ["calls"], ["records"], ["registrations"], ["trunks"], ["reload"],
                    ["route", "explain", "--from", "1001", "--to", "1002"]):
        expect(hub.cli(*command, code=0), f"{' '.join(command)} prints something")
    for command in (["calls", "show", "nothing"], ["calls", "hangup", "nothing"], ["records", "show", "nothing"]):
        hub.cli(*command, code=1)
    for command in (["dance"], ["status", "--dance"], ["calls", "show"], []):
        hub.cli(*command, code=2)
    hub.cli("drain", code=0)
    expect(hub.process.wait() == 0, "a drained hub ends with 0")
    hub.cli("status", code=4)

    version = json.loads(hub.cli_alone("version", "--json"))
    expect(version["version"] and "commit" in version, f"version --json: {version}")
    expect("status" in hub.cli_alone("--help") and "--json" in hub.cli_alone("status", "--help"), "help at every level")


run(body)
