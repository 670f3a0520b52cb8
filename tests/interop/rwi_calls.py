"""A program calls two phones, has them hear each other, plays to them, collects digits, and lets them go; another program
answers a call that was routed to it."""
import os
import re
import urllib.request
import wave
from math import pi, sin

from harness import USERS, Baresip, Hub, expect, expect_equal, run
from rwi import TOKENS, Refused, Rwi, WebSocket


def write_tone(path, hz, secs=3):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = (int(8000 * sin(2 * pi * hz * i / 8000)) for i in range(8000 * secs))
        file.writeframes(b"".join(s.to_bytes(2, "little", signed=True) for s in samples))


def refused_at_the_door(hub):
    for path, headers in (("/rwi/v1", {}), ("/rwi/v1?token=wrong", {}),
                          ("/rwi/v1?token=secret-bot-token", {"Authorization": "Bearer wrong"})):
        try:
            WebSocket(("127.0.0.1", hub.http), path, headers)
            expect(False, f"{path} {headers} was let in")
        except Refused as refused:
            expect_equal(refused.status, 401, path)
            expect("WWW-Authenticate: Bearer" in refused.head, refused.head)


def body(test):
    hub = Hub(test, rest=USERS + TOKENS, http=True)
    os.makedirs(test.path("data", "sounds"), exist_ok=True)
    write_tone(test.path("data", "sounds", "tone.wav"), 700)
    refused_at_the_door(hub)
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=660)
    hub.wait_for_registrations("1001", "1002")
    bot = Rwi(hub)

    # Two phones are called, and hear each other.
    for name, phone, user in (("leg_a", alice, "1001"), ("leg_b", bob, "1002")):
        data = bot.done("call.originate", {"call_id": name, "destination": f"sip:{user}@local", "caller_id": "4000",
                                              "extra_headers": {"X-Campaign-ID": "camp_001"}})
        expect_equal(data["call_id"], name, "the name")
        phone.wait_for("CALL_INCOMING")
        bot.wait_for("call.ringing", name)
        phone.command("accept")
        bot.wait_for("call.answered", name)
    bot.done("call.bridge", {"leg_a": "leg_a", "leg_b": "leg_b"})
    bot.wait_for("call.bridged")
    alice.wait_to_hear(660, "bob")
    bob.wait_to_hear(440, "alice")
    bot.done("call.unbridge", {"call_id": "leg_a"})
    bot.wait_for("call.unbridged", "leg_a")
    bot.wait_for("call.unbridged", "leg_b")

    # A sound is heard by one of them.
    track = bot.done("media.play", {"call_id": "leg_a", "source": {"type": "file", "uri": "sounds/tone.wav", "looped": True}})
    expect_equal(bot.wait_for("media.play.started", "leg_a")["data"]["track_id"], track["track_id"], "the track")
    alice.wait_to_hear(700, "the sound")
    bot.done("media.stop", {"call_id": "leg_a"})
    expect(bot.wait_for("media.play.finished", "leg_a")["data"]["interrupted"], "it was interrupted")
    expect_equal(bot.refused("media.play", {"call_id": "leg_a", "source": {"type": "file", "uri": "nothing.wav"}}),
                 "media_not_found", "no such file")
    expect_equal(bot.refused("media.play", {"call_id": "leg_a", "source": {"type": "file", "uri": "../junctor.db"}}),
                 "invalid_params", "a path that leaves its folder")

    bot.done("call.hangup", {"call_id": "leg_a", "reason": "enough"})
    ended = bot.wait_for("call.hangup", "leg_a")
    expect_equal(ended["data"]["reason"], "enough", "the reason")
    alice.wait_for("CALL_CLOSED")
    bob.command("hangup")
    ended = bot.wait_for("call.hangup", "leg_b")
    expect_equal(ended["data"]["hangup_by"], "callee", "who ended it")
    expect_equal(bot.refused("call.hangup", {"call_id": "leg_b"}), "call_ended", "a call that is over")
    expect_equal(bot.refused("call.hangup", {"call_id": "nobody"}), "not_found", "a call that never was")

    # A call comes in; two programs want it.
    other = Rwi(hub)
    for program in (bot, other):
        program.done("session.subscribe", {"contexts": ["ivr_bot"]})
    alice.dial(f"sip:7777@127.0.0.1:{hub.port}")
    incoming = bot.wait_for("call.incoming")
    call = incoming["call_id"]
    expect_equal(incoming["data"]["context"], "ivr_bot", "the context")
    expect_equal(other.wait_for("call.incoming")["call_id"], call, "the same call for both")
    bot.done("call.answer", {"call_id": call})
    expect_equal(other.refused("call.answer", {"call_id": call}), "already_owned", "who was late")
    alice.wait_for("CALL_ESTABLISHED")
    bot.wait_for("call.answered", call)
    other.wait_for("call.answered", call)
    expect_equal([e.get("event") for e in other.quiet()], [], "nothing more for who was late")
    alice.command("hangup")
    expect_equal(bot.wait_for("call.hangup", call)["data"]["hangup_by"], "caller", "who ended it")
    records = hub.closed_records(3)
    expect(all(record["disposition"] == "answered" for record in records), "three answered calls")
    hub.expect_nothing_left()
    with urllib.request.urlopen(f"http://127.0.0.1:{hub.http}/metrics") as response:
        metrics = dict(line.rsplit(" ", 1) for line in response.read().decode().splitlines() if line[0] != "#")
    for action, code, count in (("call.originate", "done", "2"), ("media.play", "media_not_found", "1"),
                                ("call.answer", "already_owned", "1")):
        sample = f'junctor_rwi_command_results_total{{action="{action}",code="{code}"}}'
        expect_equal(metrics.get(sample), count, sample)
    expect(float(metrics['junctor_rwi_command_seconds_total{action="media.play"}']) > 0, "playing takes time")
    expect_equal(metrics["junctor_rwi_sessions"], "2", "sessions")
    log = hub.process.output()
    expect(re.search(r"http .*path=/rwi/v1 .*status=101", log), f"the access log has the connection: {log}")
    expect("secret-bot-token" not in log and "token=wrong" not in log, "no token is in the log")


run(body)
