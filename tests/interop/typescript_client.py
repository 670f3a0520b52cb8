"""The TypeScript client: it is made of what the hub's schema says, compiles strictly, and keeps its calls over a lost connection."""
import os
import shutil
import subprocess
import sys

from harness import JUNCTOR, USERS, Baresip, Hub, Process, expect, expect_equal, run
from rwi import TOKENS

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def body(test):
    made = subprocess.run([sys.executable, os.path.join(ROOT, "scripts", "rwi_types.py"), JUNCTOR, ROOT, "--check"],
                          capture_output=True, text=True)
    expect(made.returncode == 0, made.stdout + made.stderr)
    expect(shutil.which("tsc"), "tsc is missing: scripts/setup.sh installs it")
    dist = test.path("dist")
    compiled = subprocess.run(["tsc", "-p", os.path.join(ROOT, "clients", "typescript"), "--outDir", dist],
                              capture_output=True, text=True)
    expect(compiled.returncode == 0, compiled.stdout)

    hub = Hub(test, rest=USERS + TOKENS, http=True)
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001")
    os.environ.update(CLIENT=os.path.join(dist, "client.js"), HUB=f"ws://127.0.0.1:{hub.http}",
                      NODE_PATH="/usr/share/nodejs")
    program = Process(test, "program", ["node", os.path.join(ROOT, "tests", "interop", "typescript_client.cjs")])
    program.wait_for_output("^waiting")
    alice.dial(f"sip:7777@127.0.0.1:{hub.port}")
    alice.wait_for("CALL_ESTABLISHED")
    program.wait_for_output("^second answer invalid_state")
    program.wait_for_output("^after the loss 1")
    program.wait_for_output("^playing")
    alice.wait_for("CALL_CLOSED")
    expect_equal(program.wait(), 0, "its exit code")
    expect("over enough" in program.output(), program.output())
    hub.expect_nothing_left()


run(body)
