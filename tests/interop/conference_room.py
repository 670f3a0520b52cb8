"""Three phones in a room: each hears the two others and never itself; the recording has all three."""
import glob

from harness import USERS, Audio, Baresip, Hub, expect, run, wait_until

TONES = {"alice": 440, "bob": 1000, "carol": 1600}
ROOM = """
[[conferences]]
name = "sales"
numbers = ["8001"]
record = true
tones = false
"""


def hears_the_others(phone):
    newest = phone.heard().last(0.5)
    if newest.secs < 0.5 or newest.level_dbfs() < -40:
        return False
    shares = {name: newest.share(hz) for name, hz in TONES.items()}
    return shares[phone.name] < 0.01 and all(share > 0.3 for name, share in shares.items() if name != phone.name)


def body(test):
    hub = Hub(test, USERS + ROOM)
    phones = [Baresip(test, name, hub, str(1001 + i), f"secret{1 + i}", tone=hz)
              for i, (name, hz) in enumerate(TONES.items())]
    hub.wait_for_registrations("1001", "1002", "1003")
    for phone in phones:
        phone.dial("8001")
        phone.wait_for("CALL_ESTABLISHED")
    for phone in phones:
        wait_until(lambda phone=phone: hears_the_others(phone), f"{phone.name} hears the two others")
    for phone in phones:
        phone.command("hangup")
        phone.wait_for("CALL_CLOSED")
    hub.closed_records(3)
    pattern = test.path("data", "recordings", "*", "*-conference-sales.json")
    manifest, = wait_until(lambda: glob.glob(pattern), "the manifest is written")
    mix = Audio(manifest.removesuffix(".json") + ".wav")
    middle = Audio(samples=mix.samples[len(mix.samples) // 2:][:4000])
    for name, hz in TONES.items():
        expect(middle.share(hz) > 0.15 or mix.share(hz) > 0.1, f"{name} is in the recording: {mix.share(hz)}")
    hub.expect_nothing_left()


run(body)
