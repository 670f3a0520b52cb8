"""What the tests with real peers share: a hub and its peers as child processes on free loopback ports.

A test is a script: it defines a function and calls run() with it. Everything that a test starts is stopped by its
process id when the test ends, however it ends; when it fails, the logs of all of them are printed. A program that is
missing is a failure.
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from math import cos, log10, pi

JUNCTOR = os.environ.get("JUNCTOR", "")
PATIENCE = 20  # seconds that anything waited for may take; generous, since machines that run tests are busy


class Failure(Exception):
    """The hub or a peer did not do what the test wants; its text says what."""


def expect(condition, what):
    if not condition:
        raise Failure(what)


def expect_equal(got, wanted, what):
    expect(got == wanted, f"{what}: {got!r} instead of {wanted!r}")


def wait_until(condition, what, patience=PATIENCE):
    """Returns the first true value of condition()."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        expect(time.monotonic() < deadline, f"waited {patience} s in vain: {what}")
        time.sleep(0.02)


# ---- ports ----


class Ports:
    """A block of ports that no other test has, below those that the system gives to outgoing connections."""

    SIZE = 200

    def __init__(self):
        blocks = list(range(10000, 32000, self.SIZE))
        random.shuffle(blocks)
        for first in blocks:
            self.lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                self.lock.bind(f"\0junctor-interop-{first}")  # held by the kernel as long as this process lives
            except OSError:
                self.lock.close()
                continue
            if all(map(self.is_free, range(first, first + self.SIZE))):
                self.next, self.end = first, first + self.SIZE
                return
            self.lock.close()
        raise Failure("no free block of ports on the loopback interface")

    @staticmethod
    def is_free(port):
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("", port))
                except OSError:
                    return False
        return True

    def take(self, count=2):
        """The first, even one of `count` consecutive ports."""
        first = self.next + self.next % 2
        self.next = first + count
        expect(self.next <= self.end, "the test needs more ports than its block has")
        return first


# ---- processes ----


class Process:
    def __init__(self, test, name, command, screen=False):
        """`screen`: what it prints is made for eyes and not shown when the test fails."""
        self.name, self.command, self.screen = name, command, screen
        program = command[0]
        expect(shutil.which(program), f"{program} is missing: scripts/setup.sh installs it")
        self.log_path = os.path.join(test.folder, f"{name}.log")
        self.log = open(self.log_path, "wb")
        self.child = subprocess.Popen(command, cwd=test.folder, stdin=subprocess.DEVNULL, stdout=self.log,
                                      stderr=subprocess.STDOUT, start_new_session=True)
        test.processes.append(self)

    @property
    def pid(self):
        return self.child.pid

    def is_running(self):
        return self.child.poll() is None

    def output(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def wait_for_output(self, pattern, patience=PATIENCE):
        def look():
            found = re.search(pattern, self.output(), re.MULTILINE)
            expect(found or self.is_running(), f"{self.name} ended without printing {pattern!r}")
            return found
        return wait_until(look, f"{self.name} prints {pattern!r}", patience)

    def signal(self, number):
        if self.is_running():
            self.child.send_signal(number)

    def wait(self, patience=PATIENCE):
        try:
            return self.child.wait(patience)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} is still running after {patience} s") from None

    def stop(self):
        """Ends it, kindly first."""
        self.signal(signal.SIGTERM)
        try:
            self.child.wait(3)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.child.wait()
        self.log.close()


class Test:
    """One run of one test: its folder, its ports, its processes."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="junctor-interop-")
        self.ports = Ports()
        self.processes = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def end(self, failed):
        for process in reversed(self.processes):
            process.stop()
        if failed:
            for process in self.processes:
                shown = "" if process.screen else process.output()[-6000:]
                print(f"\n---- {process.name}: {' '.join(process.command)}\n{shown}")
            for name in sorted(os.listdir(self.folder)):
                if name.endswith(("_messages.log", "_errors.log")):
                    with open(self.path(name), errors="replace") as log:
                        print(f"\n---- {name}\n{log.read()[-9000:]}")
        if failed and os.environ.get("KEEP"):
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def run(body):
    """Runs body(test) and leaves with 0 if it returned, with 1 and all logs if it did not."""
    expect(JUNCTOR and os.access(JUNCTOR, os.X_OK), "set JUNCTOR to the hub's program")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(1))
    test = Test()
    failed = True
    try:
        body(test)
        failed = False
        print("ok")
    except Failure as failure:
        line = traceback.extract_tb(failure.__traceback__)[1]
        print(f"FAILED at line {line.lineno}: {failure}")
    finally:
        test.end(failed)
    sys.exit(failed)


# ---- certificates ----


class Authority:
    """A certification authority of the test's own; what it issues lies in the test's folder."""

    def __init__(self, test, name="ca"):
        self.test, self.file, self.key = test, test.path(f"{name}.pem"), test.path(f"{name}.key")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.file)

    @staticmethod
    def openssl(*words):
        expect(shutil.which("openssl"), "openssl is missing: scripts/setup.sh installs it")
        done = subprocess.run(["openssl", *words], capture_output=True, text=True)
        expect(done.returncode == 0, f"openssl {' '.join(words)}: {done.stderr}")

    def issue(self, name, alt_names="DNS:localhost,IP:127.0.0.1"):
        """Writes NAME.pem and NAME.key, over those that are there; returns their paths."""
        certificate, key, request = (self.test.path(f"{name}.{end}") for end in ("pem", "key", "csr"))
        extensions = self.test.write(f"{name}.ext", f"subjectAltName={alt_names}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-CAcreateserial",
                     "-days", "2", "-extfile", extensions, "-out", certificate)
        return certificate, key


def tls_keys(port, certificate, key, host="127.0.0.1"):
    """The keys of [sip] that make a hub listen for TLS."""
    return f'tls = ["{host}:{port}"]\ncertificate_file = "{certificate}"\nprivate_key_file = "{key}"\n'


# ---- the hub ----

USERS = """
[[users]]
username = "1001"
password = "secret1"
display_name = "Alice"
[[users]]
username = "1002"
password = "secret2"
display_name = "Bob"
[[users]]
username = "1003"
password = "secret3"
display_name = "Carol"
"""


class Hub:
    """A hub with a configuration of its own: `hub`, `sip` and `rest` are added to what every test needs."""

    def __init__(self, test, rest=USERS, hub="", sip="", port=None, start=True, name="hub", http=False):
        self.test, self.host, self.name = test, "127.0.0.1", name
        self.http = test.ports.take() if http else None
        listen = f'"127.0.0.1:{self.http}"' if http else ""
        self.port = port or test.ports.take()
        media = test.ports.take(60)
        self.config = test.write(f"junctor-{self.port}.toml", f"""
[hub]
data_dir = "{test.path('data' if name == 'hub' else name)}"
{hub}
[sip]
udp = ["127.0.0.1:{self.port}"]
tcp = ["127.0.0.1:{self.port}"]
{sip}
[rtp]
address = ["127.0.0.1"]
port_min = {media}
port_max = {media + 59}
workers = 1
[http]
listen = [{listen}]
{rest}""")
        self.starts = 0
        if start:
            self.start()

    def start(self):
        """Starts it and waits until every listener is up."""
        self.starts += 1
        self.process = Process(self.test, f"{self.name}-{self.starts}", [JUNCTOR, "run", "--config", self.config])
        self.process.wait_for_output("^ready")
        return self

    def kill(self):
        self.process.signal(signal.SIGKILL)
        self.process.wait()

    def cli(self, *words, code=0, stdin=None, errors=False):
        """Runs a sub-command against this hub; returns what it printed, with `errors` on stderr too."""
        return self.cli_alone(*words, "--config", self.config, code=code, stdin=stdin, errors=errors)

    def cli_alone(self, *words, code=0, stdin=None, errors=False):
        """The same without naming the configuration."""
        try:
            done = subprocess.run([JUNCTOR, *words], cwd=self.test.folder, input=stdin, capture_output=True, text=True,
                                  timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure(f"junctor {' '.join(words)} did not end within {PATIENCE} s") from None
        shown = f"{done.stdout}{done.stderr}"
        expect(done.returncode == code, f"junctor {' '.join(words)}: exit code {done.returncode}, not {code}\n{shown}")
        return shown if errors else done.stdout

    def json(self, *words):
        return json.loads(self.cli(*words, "--json"))

    def calls(self):
        return self.json("calls")

    def records(self):
        return self.json("records")

    def wait_for_registrations(self, *users):
        def registered():
            return sorted(r["user"] for r in self.json("registrations")) == sorted(users)
        wait_until(registered, f"exactly {', '.join(users) or 'nobody'} registered")

    def wait_for_calls(self, count):
        return wait_until(lambda: len(self.calls()) == count and (self.calls() or True), f"{count} calls in the hub")

    def closed_records(self, count=1):
        """The records, once all `count` of them are closed; each carries what `records show` adds."""
        def closed():
            records = self.records()
            return len(records) >= count and all(r["end"] or r["disposition"] == "interrupted" for r in records) and records
        try:
            records = wait_until(closed, "")
        except Failure:
            raise Failure(f"no {count} closed records: {self.records()}") from None
        expect_equal(len(records), count, "records")
        return [self.json("records", "show", r["id"]) for r in records]

    def expect_nothing_left(self):
        """Calls, legs and media ports are all given back; transactions end by their own timers."""
        def clean():
            status = self.json("status")
            return not any(status[what] for what in ("calls", "legs", "media_ports"))
        wait_until(clean, "no call, leg or media port is left over")


# ---- baresip ----


class Baresip:
    """A phone without a screen; driven through its control connection, its audio is a tone and what it hears a file."""

    def __init__(self, test, name, hub=None, user=None, password="", tone=440, account="", transport="udp", port=None,
                 config="", codecs="pcmu,pcma"):
        """`port`: the hub's for that transport, if it is not its usual one. Codecs besides G.711 need their module in
        `config`."""
        self.name, self.buffer, self.events, self.answers, self.token = name, b"", [], {}, 0
        self.recordings = test.path(name, "heard")
        self.port, control, media = test.ports.take(4), test.ports.take(), test.ports.take(10)
        os.makedirs(self.recordings)
        self.write(test.path(name, "config"), f"""
poll_method epoll
sip_listen 127.0.0.1:{self.port}
call_local_timeout 120
call_max_calls 10
audio_player aubridge,sink
audio_source ausine,{tone}
audio_alert aubridge,alert
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 2
auplay_channels 2
audio_txmode thread
audio_buffer 20-160
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
rtp_ports {media}-{media + 9}
rtcp_mux no
jitter_buffer_delay 1-5
net_interface 127.0.0.1
module_path /usr/lib/baresip/modules
module g711.so
module sndfile.so
module ausine.so
module aubridge.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {self.recordings}
statmode_default off
menu_bell no
ringback_disabled yes
{config}
""")
        if user:
            port = port or hub.port
            account += f";regint=60;auth_pass={password};outbound=\"sip:127.0.0.1:{port};transport={transport}\""
        else:
            account += ";regint=0"
        domain = f"127.0.0.1:{port}" if hub else "127.0.0.1"
        self.write(test.path(name, "accounts"),
                   f"<sip:{user or name}@{domain};transport={transport}>;audio_codecs={codecs};ptime=20{account}\n")
        self.write(test.path(name, "contacts"), "")
        self.process = Process(test, name, ["baresip", "-4", "-s", "-f", test.path(name)])
        self.socket = wait_until(lambda: self.connect(control), f"{name} listens on its control port")

    @staticmethod
    def write(path, text):
        with open(path, "w") as file:
            file.write(text)

    def connect(self, port):
        expect(self.process.is_running(), f"{self.name} ended at once")
        try:
            return socket.create_connection(("127.0.0.1", port), 1)
        except OSError:
            return None

    def receive(self):
        """Reads what has come; events and answers are netstrings of JSON."""
        self.socket.settimeout(0.01)
        try:
            data = self.socket.recv(65536)
            expect(data, f"{self.name} closed its control connection")
            self.buffer += data
        except socket.timeout:
            pass
        while b":" in self.buffer:
            length, rest = self.buffer.split(b":", 1)
            if len(rest) <= int(length):
                return
            message = json.loads(rest[:int(length)])
            self.buffer = rest[int(length) + 1:]
            if message.get("event"):
                self.events.append(message)
            else:
                self.answers[message.get("token")] = message

    def command(self, name, params=""):
        """Gives a command and returns its answer's text."""
        self.token += 1
        token = str(self.token)
        text = json.dumps({"command": name, "params": params, "token": token}).encode()
        self.socket.sendall(b"%d:%s," % (len(text), text))

        def answered():
            self.receive()
            return self.answers.get(token)
        answer = wait_until(answered, f"{self.name} answers {name}")
        expect(answer["ok"], f"{self.name}: {name} {params}: {answer.get('data')}")
        return answer.get("data", "")

    def press(self, key):
        """A key, as telephone-event."""
        self.command("sndcode", key)

    def received(self):
        """Audio packets that have reached it in the call."""
        counts = re.findall(r"rcvd=(\d+)", self.command("audio_debug"))
        return sum(map(int, counts))

    def wait_for_quiet(self):
        """Waits until no audio has come for a second."""
        since, before = time.monotonic(), self.received()

        def look():
            nonlocal since, before
            now = self.received()
            if now != before:
                since, before = time.monotonic(), now
            return time.monotonic() - since > 1
        wait_until(look, f"{self.name} gets no more audio")

    def wait_for_audio(self):
        """Waits until half a second of audio has come from now on. After a hold its recorder no longer takes part, so the
        packets are what shows that audio is back."""
        before = self.received()
        wait_until(lambda: self.received() >= before + 25, f"{self.name} gets audio again")

    def mark(self):
        """Forgets the events so far."""
        self.receive()
        self.events = []

    def wait_for(self, kind, patience=PATIENCE):
        """Waits for an event and takes it and all before it."""
        def look():
            self.receive()
            for index, event in enumerate(self.events):
                if event["type"] == kind:
                    self.events = self.events[index + 1:]
                    return event
            return None
        seen = lambda: ", ".join(e["type"] for e in self.events) or "none"
        try:
            return wait_until(look, "", patience)
        except Failure:
            raise Failure(f"{self.name}: no {kind} within {patience} s (events: {seen()})") from None

    def dial(self, uri):
        self.command("dial", uri)

    def heard(self):
        """What this phone has heard in all its calls so far, one behind the other."""
        files = sorted(f for f in os.listdir(self.recordings) if f.endswith("dec.wav"))
        parts = [Audio(os.path.join(self.recordings, name)) for name in files]
        rate = parts[0].rate if parts else 8000
        return Audio(samples=[sample for part in parts for sample in part.samples], rate=rate)

    def wait_to_hear(self, hz, what):
        """Waits until half a second, heard from now on, is the tone `hz` and nothing else; returns it."""
        before = self.heard().secs

        def look():
            heard = self.heard()
            newest = heard.last(0.5)
            return heard.secs >= before + 0.5 and newest.is_tone(hz) and newest
        return wait_until(look, f"{self.name} hears {what}")


# ---- audio ----


class Audio:
    """Samples of a recording that may still be written to: the length in its header is not believed."""

    def __init__(self, path=None, samples=(), rate=8000, channel=0):
        self.samples, self.rate = samples, rate
        if path is None:
            return
        with open(path, "rb") as file:
            data = file.read()
        at = data.find(b"data") + 8
        if at < 8:
            return
        channels, self.rate = int.from_bytes(data[22:24], "little"), int.from_bytes(data[24:28], "little")
        end = at + (len(data) - at) // (2 * channels) * 2 * channels
        self.samples = list(memoryview(data[at:end]).cast("h"))[channel::channels]

    @property
    def secs(self):
        return len(self.samples) / self.rate

    def last(self, secs):
        return Audio(samples=self.samples[-int(secs * self.rate):], rate=self.rate)

    def power(self):
        """Mean square, 1.0 being full scale."""
        if not self.samples:
            return 0.0
        return sum(s * s for s in self.samples) / len(self.samples) / 32768.0 ** 2

    def share(self, hz):
        """How much of the power is at `hz`, 0 to 1 (Goertzel over blocks of 50 ms, so a slip costs one block only)."""
        block = self.rate // 20
        total = at_hz = 0.0
        for first in range(0, len(self.samples) - block + 1, block):
            samples = [s / 32768.0 for s in self.samples[first:first + block]]
            coefficient = 2 * cos(2 * pi * hz / self.rate)
            before = last = 0.0
            for sample in samples:
                before, last = last, sample + coefficient * last - before
            at_hz += 2 * (last * last + before * before - coefficient * last * before) / block ** 2
            total += sum(s * s for s in samples) / block
        return at_hz / total if total else 0.0

    def level_dbfs(self):
        power = self.power()
        return 10 * log10(power * 2) if power else -99.0  # a sine of full scale is 0

    def is_tone(self, hz):
        return self.secs >= 0.5 and self.level_dbfs() > -40 and self.share(hz) > 0.9

    def is_silent(self):
        return self.level_dbfs() < -50
