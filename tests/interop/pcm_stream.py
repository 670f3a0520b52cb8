"""A program over plain sockets originates a call to a phone, hears its tone in samples, and is heard by it; marks and
clear tell what was heard; an injection is heard by one of two bridged phones alone; and the hub dials a program."""
import math
import struct
import time

from harness import Audio, Baresip, Hub, USERS, expect, expect_equal, run, wait_until
from stream_socket import Control, WebSocket

RATE = 16000


def tone(hz, seconds, rate=RATE):
    return struct.pack(f"<{int(seconds * rate)}h",
                       *(int(6000 * math.sin(2 * math.pi * hz * i / rate)) for i in range(int(seconds * rate))))


def heard(media, seconds=1.0, rate=RATE):
    """The last of what the program was sent."""
    wanted = int(seconds * rate) * 2
    data = b"".join(media.frames[-int(seconds * 50) - 1:])[-wanted:]
    return Audio(samples=list(struct.unpack(f"<{len(data) // 2}h", data)), rate=rate)


def body(test):
    port = test.ports.take()
    hub = Hub(test, USERS + '\n[[rwi.tokens]]\ntoken = "s3cret-token"\nname = "bot"\nscopes = ["call.control", "media.stream"]\n',
              http=f'"127.0.0.1:{port}"')
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440, account=";answermode=auto")
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    hub.wait_for_registrations("1001", "1002")
    program = Control(port, "s3cret-token")

    program.do("call.originate", call_id="c1", destination="sip:1001@local")
    program.event("call.answered")
    opened = program.do("media.stream_start", call_id="c1", direction="sendrecv",
                        format={"codec": "L16", "sample_rate": RATE, "channels": 1})
    expect_equal(opened["frame_bytes"], 640, "bytes of a frame")
    media = WebSocket(port, opened["media_url"], "s3cret-token")
    started = media.event("started")
    expect_equal(started["format"]["sample_rate"], RATE, str(started))

    # What the phone says.
    wait_until(lambda: len(media.frames) > 100, "two seconds of sound")
    expect(all(len(each) == 640 for each in media.frames), "every frame has 20 ms")
    expect(heard(media).share(440) > 0.9, "the phone's tone is in the samples")
    before, began = len(media.frames), time.monotonic()
    time.sleep(2)  # the clock of the stream against that of the machine
    rate = (len(media.frames) - before) / (time.monotonic() - began)
    expect(48 < rate < 52, f"{rate} frames a second")

    # What the program says.
    media.say_binary(tone(1500, 3))
    media.say({"command": "mark", "name": "said"})
    alice.wait_to_hear(1500, "the program's tone")
    mark = media.event("mark")
    expect_equal((mark["name"], mark["position_ms"]), ("said", 3000), "the mark")
    media.say_binary(tone(1500, 10))
    time.sleep(1)
    media.say({"command": "clear"})
    cleared = media.event("cleared")
    expect_equal(cleared["heard_ms"] - 3000 + cleared["discarded_ms"], 10000, f"heard and thrown away: {cleared}")
    expect(600 < cleared["heard_ms"] - 3000 < 1400, f"a second was heard: {cleared}")
    program.do("media.stream_stop", call_id="c1")
    expect_equal(media.event("stopped")["reason"], "stopped", "why")
    wait_until(lambda: media.closed, "the media socket is closed")

    # Two phones, and a program that whispers to one of them.
    program.do("call.originate", call_id="c2", destination="sip:1002@local")
    program.event("call.answered")
    program.do("call.bridge", leg_a="c1", leg_b="c2")
    alice.wait_to_hear(1000, "bob")
    opened = program.do("media.inject_start", call_id="c1", mode="replace", format={"codec": "L16", "sample_rate": 8000})
    whisper = WebSocket(port, opened["media_url"], "s3cret-token")
    whisper.say_binary(tone(1800, 8, 8000))
    alice.wait_to_hear(1800, "the whisper")
    bob.wait_to_hear(440, "alice, and nothing else")
    program.do("media.inject_stop", call_id="c1")
    program.do("call.hangup", call_id="c1")
    program.do("call.hangup", call_id="c2")
    hub.expect_nothing_left()


run(body)
