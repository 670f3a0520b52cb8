"""A conference asks a real phone for its PIN with flite's voice; the second time it comes from the cache."""
import glob
import os

from harness import USERS, Audio, Baresip, Hub, expect, expect_equal, run, wait_until

ROOM = """
[[conferences]]
name = "board"
numbers = ["8002"]
pin = "1234"
"""


def loud_secs(audio):
    """How long somebody speaks."""
    block = audio.rate // 20
    blocks = [Audio(samples=audio.samples[at:at + block], rate=audio.rate)
              for at in range(0, len(audio.samples) - block + 1, block)]
    return sum(block.level_dbfs() > -45 for block in blocks) / 20


def body(test):
    hub = Hub(test, rest=USERS + ROOM)
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001")
    cache = test.path("data", "sounds", "cache")
    written = None
    for turn in range(2):
        before = loud_secs(alice.heard())
        alice.dial(f"sip:8002@127.0.0.1:{hub.port}")
        alice.wait_for("CALL_ESTABLISHED")
        # While it is written it has another name.
        wait_until(lambda: glob.glob(os.path.join(cache, "*.wav")), "the speech is kept")
        path, = glob.glob(os.path.join(cache, "*.wav"))
        spoken = loud_secs(Audio(path))
        expect(spoken > 1.5, f"the prompt has {spoken} s of speech")
        wait_until(lambda: loud_secs(alice.heard()) - before > spoken * 0.85, "the prompt is heard")
        expect(loud_secs(alice.heard()) - before < spoken * 1.15, "the prompt is heard once")
        expect_equal(written or os.stat(path).st_mtime_ns, os.stat(path).st_mtime_ns, "it is spoken once")
        written = os.stat(path).st_mtime_ns
        alice.command("hangup")
        hub.closed_records(turn + 1)
    hub.expect_nothing_left()


run(body)
