"""A phone's call is transferred to a program that the hub dials by WebSocket: the program hears the phone's tone, the phone
hears the program's, keys go both ways; when the program hangs up the call goes on to whom the target named."""
import base64
import hashlib
import json
import math
import queue
import socket
import struct
import threading

from harness import USERS, Audio, Baresip, Hub, expect, expect_equal, run, wait_until
from rwi import TOKENS, Rwi

RATE = 16000
SAID = 1500


def tone(hz, secs):
    return struct.pack(f"<{RATE * secs}h", *(int(6000 * math.sin(2 * math.pi * hz * i / RATE)) for i in range(RATE * secs)))


class Bot:
    """A WebSocket server with one guest."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.head, self.sound, self.texts, self.frame = "", b"", queue.Queue(), 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        self.guest, _ = self.listener.accept()
        stream = self.guest.makefile("rb")
        while not self.head.endswith("\r\n\r\n"):
            self.head += stream.readline().decode()
        key = next(line.split(": ", 1)[1] for line in self.head.splitlines() if line.lower().startswith("sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        self.guest.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        while True:
            head = stream.read(2)
            if len(head) < 2:
                return
            length = head[1] & 127
            if length > 125:
                length = int.from_bytes(stream.read(2 if length == 126 else 8), "big")
            mask = stream.read(4)
            body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(stream.read(length)))
            if head[0] & 15 == 2:
                self.sound += body
                self.frame = length
            elif head[0] & 15 == 1:
                self.texts.put(json.loads(body))
            elif head[0] & 15 == 9:
                self.send(10, body)
            elif head[0] & 15 == 8:
                return

    def send(self, opcode, body):
        size = len(body)
        length = bytes([size]) if size < 126 else b"\x7e" + struct.pack("!H", size) if size < 65536 else b"\x7f" + struct.pack("!Q", size)
        self.guest.sendall(bytes([0x80 | opcode]) + length + body)

    def hears(self, hz):
        newest = self.sound[-RATE:]
        return Audio(samples=list(struct.unpack(f"<{len(newest) // 2}h", newest)), rate=RATE).is_tone(hz)


def body(test):
    hub = Hub(test, rest=USERS + TOKENS, http=True)
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440, account=";answermode=auto")
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=660, account=";answermode=auto")
    hub.wait_for_registrations("1001", "1002")
    program, bot = Rwi(hub), Bot()
    program.done("call.originate", {"call_id": "a", "destination": "1001"})
    program.wait_for("call.answered", "a")
    program.done("call.transfer", {"call_id": "a", "target": f"voip_bridge:ws://127.0.0.1:{bot.port}/talk?lang=de"
                                   f"&samplerate={RATE}&_hdr_X-Key=k&return_target=1002"})
    program.wait_for("call.transferred", "a")
    expect(bot.head.startswith("GET /talk?lang=de HTTP/1.1\r\n") and "\r\nX-Key: k\r\n" in bot.head, bot.head)
    start = bot.texts.get(timeout=20)
    expect_equal((start["type"], start["sample_rate"]), ("start", RATE), "the greeting")
    wait_until(lambda: bot.hears(440), "the program hears the phone")
    expect_equal(bot.frame, 640, "bytes of a frame")
    bot.send(2, tone(SAID, 5))
    alice.wait_to_hear(SAID, "the program")
    alice.press("5")
    expect_equal(bot.texts.get(timeout=20)["digit"], "5", "the key that was pressed")
    bot.send(1, b'{"type":"dtmf","digit":"7"}')
    expect_equal(alice.wait_for("CALL_DTMF_START")["param"], "7", "the key that the program presses")
    bot.guest.shutdown(socket.SHUT_RDWR)
    alice.wait_to_hear(660, "whom the target named")
    bob.wait_to_hear(440, "alice")
    alice.command("hangup")
    bob.wait_for("CALL_CLOSED")
    hub.expect_nothing_left()


run(body)
