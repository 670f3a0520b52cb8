"""The examples of docs/rwi.md, as they stand there, against a hub with the configuration of that page and three phones:
what each is for reaches a far end."""
import io
import math
import os
import re
import struct
import sys
import threading
import wave
from http.server import BaseHTTPRequestHandler, HTTPServer

from harness import USERS, Audio, Baresip, Hub, Process, expect, expect_equal, run, wait_until

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TONES = {"alice": 440, "bob": 660, "carol": 880}
WELCOME, NEWS, MILLIWATT = 700, 1200, 1004


def wav(hz, secs=2, rate=8000):
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(b"".join(struct.pack("<h", int(8000 * math.sin(2 * math.pi * hz * i / rate)))
                                 for i in range(rate * secs)))
    return file.getvalue()


class News(BaseHTTPRequestHandler):
    """A web server that has one sound."""

    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        sound = wav(NEWS)
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Content-Length", str(len(sound)))
        self.end_headers()
        self.wfile.write(sound)

    def log_message(self, *_):
        pass


def page():
    """The configuration, the lines that all examples begin with, and the examples by their headings."""
    with open(os.path.join(ROOT, "docs", "rwi.md"), encoding="utf-8") as file:
        text = file.read()
    configuration = re.search(r"```toml\n(.*?)```", text, re.S).group(1)
    _, _, examples = text.partition("## Commands by example\n")
    begin, *sections = re.split(r"^### (.+)$", examples.partition("\n## ")[0], flags=re.M)
    block = lambda part: "".join(re.findall(r"```python\n(.*?)```", part, re.S))
    return configuration, block(begin), {name: block(part) for name, part in zip(sections[::2], sections[1::2]) if block(part)}


class Stage:
    def __init__(self, test):
        self.test = test
        configuration, self.begin, self.examples = page()
        self.hub = Hub(test, rest=USERS + configuration, http=True)
        os.makedirs(test.path("data", "sounds"), exist_ok=True)
        with open(test.path("data", "sounds", "welcome.wav"), "wb") as file:
            file.write(wav(WELCOME))
        self.web = HTTPServer(("127.0.0.1", 0), News)
        threading.Thread(target=self.web.serve_forever, daemon=True).start()
        self.phones = [Baresip(test, name, self.hub, f"100{n + 1}", f"secret{n + 1}", tone=hz, account=";answermode=auto")
                       for n, (name, hz) in enumerate(TONES.items())]
        self.hub.wait_for_registrations("1001", "1002", "1003")

    def run(self, name):
        """Starts an example; the ports of the page become those of the test."""
        code = (self.begin + self.examples[name]).replace(":8080", f":{self.hub.http}")
        code = code.replace(":8000", f":{self.web.server_port}")
        file = self.test.write(f"{name}.py", f"import sys\nsys.path.insert(0, {os.path.join(ROOT, 'clients', 'python')!r})\n{code}")
        for phone in self.phones:
            phone.mark()
        return Process(self.test, name, [sys.executable, "-u", file])

    def finish(self, program):
        expect_equal(program.wait(), 0, f"exit code of the example {program.name}")
        self.hub.wait_for_calls(0)


def heard_since(phone, before, hz):
    """Seconds of the tone in what the phone has heard from that moment on."""
    heard = phone.heard()
    part = heard.rate // 10
    samples = heard.samples[int(before * heard.rate):]
    pieces = [Audio(samples=samples[at:at + part], rate=heard.rate) for at in range(0, len(samples) - part + 1, part)]
    return sum(each.level_dbfs() > -40 and each.share(hz) > 0.9 for each in pieces) / 10


def sessions(stage, alice, _bob, _carol):
    program = stage.run("Sessions")
    wait_until(lambda: stage.hub.json("status")["counters"].get("rwi_command_results_session.subscribe,done"), "it follows")
    alice.dial(f"sip:7777@127.0.0.1:{stage.hub.port}")
    program.wait_for_output("^1001 calls 7777")
    alice.wait_for("CALL_ESTABLISHED")
    alice.command("hangup")
    program.wait_for_output("^caller")
    stage.finish(program)


def calls(stage, alice, bob, _carol):
    program = stage.run("Calls")
    alice.wait_to_hear(TONES["bob"], "bob")
    bob.wait_to_hear(TONES["alice"], "alice")
    alice.command("hangup")
    bob.wait_for("CALL_CLOSED")
    stage.finish(program)


def transfers(stage, alice, bob, _carol):
    program = stage.run("Transfers")
    bob.wait_to_hear(TONES["alice"], "who was transferred to him")
    alice.wait_for_audio()  # her recorder ended with the hold
    bob.command("hangup")
    alice.wait_for("CALL_CLOSED")
    stage.finish(program)


def sounds(stage, alice, _bob, _carol):
    before = alice.heard().secs
    stage.finish(stage.run("Sounds"))
    expect(heard_since(alice, before, WELCOME) > 1.5, "the file was heard")
    expect(heard_since(alice, before, NEWS) > 1.5, "the web server's sound was heard")
    expect_equal(News.asked, ["/news.wav"], "what the web server was asked for")


def samples(stage, alice, _bob, _carol):
    before = alice.heard().secs
    stage.finish(stage.run("Samples"))
    expect(heard_since(alice, before, TONES["alice"]) > 1, "she hears herself")


def keys(stage, alice, _bob, _carol):
    program = stage.run("Keys")
    alice.wait_for("CALL_ESTABLISHED")
    wait_until(lambda: stage.hub.json("status")["counters"].get("rwi_command_results_dtmf.collect,done"), "it listens")
    for key in "271#":
        alice.press(key)
    program.wait_for_output("^2 rfc4733")
    program.wait_for_output("^271$")
    pressed = [alice.wait_for("CALL_DTMF_START")["param"] for _ in range(3)]
    expect_equal("".join(pressed), "42#", "what the phone was told")
    alice.command("hangup")
    stage.finish(program)


def recordings(stage, _alice, _bob, _carol):
    program = stage.run("Recordings")
    program.wait_for_output(r"^calls/alice\.wav [12]\d\d\d$")
    stage.finish(program)
    recorded = Audio(stage.test.path("data", "recordings", "calls", "alice.wav"))
    expect(recorded.last(1).is_tone(TONES["alice"]), "her tone is in the file")


def conferences(stage, alice, bob, carol):
    program = stage.run("Conferences")
    wait_until(lambda: stage.hub.json("status")["counters"].get("rwi_command_results_conference.mute,done"), "bob is muted")
    alice.wait_to_hear(TONES["carol"], "carol and not bob")
    carol.wait_to_hear(TONES["alice"], "alice and not bob")
    bob_hears = wait_until(lambda: bob.heard().last(0.5), "bob hears something")
    expect(min(bob_hears.share(TONES[each]) for each in ("alice", "carol")) > 0.3, "bob hears both")
    alice.command("hangup")
    for phone in (bob, carol):
        phone.wait_for("CALL_CLOSED")
    stage.finish(program)


def supervisors(stage, alice, bob, carol):
    program = stage.run("Supervisors")

    def hears_both(phone, *others):
        return lambda: min(phone.heard().last(0.5).share(TONES[each]) for each in others) > 0.3
    wait_until(hears_both(bob, "alice", "carol"), "the agent hears customer and supervisor")
    wait_until(hears_both(carol, "alice", "bob"), "the supervisor hears customer and agent")
    alice.wait_to_hear(TONES["bob"], "the agent alone")
    alice.command("hangup")
    stage.finish(program)


def sip(stage, alice, _bob, _carol):
    program = stage.run("SIP")
    program.wait_for_output("^200")
    stage.finish(program)
    call = stage.hub.records()[0]["id"]
    shown = stage.hub.cli("calls", "show", call, "--messages")
    expect("OPTIONS sip:" in shown and "MESSAGE sip:" in shown and "Your table is ready" in shown, shown)


def applications(stage, alice, _bob, _carol):
    before = alice.heard().secs
    stage.finish(stage.run("Applications"))
    expect(heard_since(alice, before, TONES["alice"]) > 1, "she heard herself")
    expect(heard_since(alice, before, MILLIWATT) > 1, "she heard the tone")


FAMILIES = {"Sessions": sessions, "Calls": calls, "Transfers": transfers, "Sounds": sounds, "Samples": samples,
            "Keys": keys, "Recordings": recordings, "Conferences": conferences, "Supervisors": supervisors, "SIP": sip,
            "Applications": applications}


def body(test):
    stage = Stage(test)
    expect_equal(list(stage.examples), list(FAMILIES), "the examples of the page")
    for name, check in FAMILIES.items():
        check(stage, *stage.phones)
        print(f"{name} ok", flush=True)
    stage.hub.expect_nothing_left()
    log = stage.hub.process.output()
    for action in ("record.start", "record.pause", "record.resume", "record.stop", "supervisor.whisper"):
        expect(re.search(rf"audit .*token=bot .*action={re.escape(action)} .*outcome=done", log), f"audit of {action}: {log}")
    expect("secret-bot-token" not in log, "no token is in the log")


run(body)
