"""Audio seen packet by packet: each side's tone reaches the other, stops while on hold and comes back, in one stream
with one SSRC and sequence numbers without a gap, from the same port."""
import socket
import struct
import time
from math import pi, sin

from harness import Audio, expect, expect_equal, run, wait_until
from sipp import Callee, Caller, TrunkHub, expect_record, sdp


def ulaw(sample):
    sign, magnitude = (0x80, -sample) if sample < 0 else (0, sample)
    magnitude = min(magnitude, 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 15) & 0xFF


def linear(byte):
    byte = ~byte & 0xFF
    magnitude = ((byte & 15) << 3 | 0x84) << (byte >> 4 & 7)
    return 132 - magnitude if byte & 0x80 else magnitude - 132


class Stream:
    """The audio of one side: sends a tone of `hz` in real time, keeps what comes."""

    def __init__(self, test, ip, hz):
        self.port = test.ports.take()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ip, self.port))
        self.socket.setblocking(False)
        wave = [ulaw(int(8000 * sin(2 * pi * hz * n / 8000))) for n in range(8000)]
        self.payloads = [bytes(wave[n:n + 160]) for n in range(0, 8000, 160)]
        self.number, self.got, self.sources = 0, [], set()

    def send(self, to):
        header = struct.pack("!BBHII", 0x80, 0, self.number & 0xFFFF, self.number * 160, 0x1234)
        self.socket.sendto(header + self.payloads[self.number % len(self.payloads)], to)
        self.number += 1

    def receive(self):
        while True:
            try:
                packet, source = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            self.sources.add(source)
            self.got.append((*struct.unpack("!BBHII", packet[:12]), packet[12:]))

    def audio(self, last):
        return Audio(samples=[linear(byte) for packet in self.got[-last:] for byte in packet[5]])


def talk(streams, targets, secs):
    begin = time.monotonic()
    for tick in range(int(secs / 0.02)):
        for stream, target in zip(streams, targets):
            stream.send(target)
            stream.receive()
        time.sleep(max(0.0, begin + (tick + 1) * 0.02 - time.monotonic()))  # the pace of a phone
    for stream in streams:
        stream.receive()


def lines(hub, call, sent_to=""):
    """Lines of the call's messages; with `sent_to` of those that the hub has sent to this address."""
    messages = hub.json("calls", "show", call["id"], "--messages")["messages"]
    return [line for m in messages if not sent_to or m["sent"] and m["remote"].startswith(sent_to)
            for line in m["text"].splitlines()]


def media_port(hub, call, sent_to):
    """The hub's port in the newest description that it has sent to this side."""
    return (hub.host, int([line for line in lines(hub, call, sent_to) if line.startswith("m=audio")][-1].split()[1]))


def body(test):
    hub = TrunkHub(test)
    a, b = Stream(test, "127.0.0.2", 440), Stream(test, "127.0.0.3", 1000)
    streams = (a, b)
    callee = Callee(hub).ringing().answer(sdp(port=b.port))
    callee.reinvited().reply_invite(200, sdp(port=b.port, direction="recvonly", version=2)).expect("ACK")
    callee.reinvited().reply_invite(200, sdp(port=b.port, version=3)).expect("ACK").answer_bye().start()
    wait_until(callee.is_listening, "the called party listens")
    caller = Caller(hub).invite(sdp(port=a.port)).ringing().answered().pause(1500)
    caller.reinvite(sdp(port=a.port, direction="sendonly", version=2)).trying().response(200).ack().pause(3000)
    caller.reinvite(sdp(port=a.port, version=3)).trying().response(200).ack().answer_bye().start()
    call = wait_until(lambda: next((c for c in hub.calls() if c["state"] == "answered"), None), "the call is answered")
    targets = [media_port(hub, call, "127.0.0.2:"), media_port(hub, call, "127.0.0.3:")]

    talk(streams, targets, 1.0)
    expect(a.audio(40).is_tone(1000), "the caller hears 1000 Hz")
    expect(b.audio(40).is_tone(440), "the called party hears 440 Hz")
    wait_until(lambda: {"a=sendonly", "a=recvonly"} <= set(lines(hub, call)), "the call is on hold")
    for stream in streams:
        stream.receive()
    heard = len(a.got)
    talk([b], targets[1:], 0.5)
    a.receive()
    expect(len(a.got) <= heard + 2, f"{len(a.got) - heard} packets came to the caller, who sends only")
    wait_until(lambda: lines(hub, call).count("a=sendrecv") == 8, "the call is resumed")
    talk(streams, targets, 1.0)
    expect(a.audio(40).is_tone(1000), "the caller hears 1000 Hz again")
    expect(b.audio(40).is_tone(440), "the called party hears 440 Hz again")
    for stream, target in zip(streams, targets):
        expect_equal(stream.sources, {target}, "where the audio comes from")
        expect_equal(len({packet[4] for packet in stream.got}), 1, "SSRCs")
        numbers = [packet[2] for packet in stream.got]
        expect_equal(numbers, [(numbers[0] + n) & 0xFFFF for n in range(len(numbers))], "sequence numbers")
    hub.cli("calls", "hangup", call["id"])
    caller.finish()
    callee.finish()
    expect_record(hub, "answered", 200, 16, "hub")


run(body)
