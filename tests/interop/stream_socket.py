"""WebSockets (RFC 6455) over plain sockets: a program's end toward the hub, and frames for those who serve."""
import base64
import hashlib
import json
import os
import queue
import socket
import struct
import threading

from harness import PATIENCE, Failure, expect

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_key(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def xor(body, mask):
    size = len(body)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(body, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def read_frame(stream):
    """Kind and body of the next frame; whoever fragments is not understood."""
    def exactly(count):
        data = stream.read(count)
        if len(data) < count:
            raise EOFError
        return data
    first, second = exactly(2)
    size = second & 127
    if size == 126:
        size, = struct.unpack("!H", exactly(2))
    elif size == 127:
        size, = struct.unpack("!Q", exactly(8))
    mask = exactly(4) if second & 128 else None
    body = exactly(size)
    return first & 15, xor(body, mask) if mask else body


def frame(kind, body, masked):
    size, mask_bit = len(body), 128 if masked else 0
    if size < 126:
        head = bytes([128 | kind, mask_bit | size])
    elif size < 65536:
        head = bytes([128 | kind, mask_bit | 126]) + struct.pack("!H", size)
    else:
        head = bytes([128 | kind, mask_bit | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + body
    mask = os.urandom(4)
    return head + mask + xor(body, mask)


class WebSocket:
    """Opens one; what comes is kept in order: texts as JSON in `texts`, binary frames in `frames`."""

    def __init__(self, port, target, token):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             f"Authorization: Bearer {token}\r\n\r\n").encode())
        self.stream = self.socket.makefile("rb")
        head = [self.stream.readline().decode().strip()]
        while head[-1]:
            head.append(self.stream.readline().decode().strip())
        expect(" 101 " in head[0], f"{target} is a WebSocket: {head[0]}")
        expect(any(line.lower() == f"sec-websocket-accept: {accept_key(key)}".lower() for line in head), str(head))
        self.texts, self.frames, self.closed = queue.Queue(), [], False
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while True:
                kind, body = read_frame(self.stream)
                if kind == TEXT:
                    self.texts.put(json.loads(body))
                elif kind == BINARY:
                    self.frames.append(body)
                elif kind == PING:
                    self.socket.sendall(frame(PONG, body, True))
                elif kind == CLOSE:
                    self.socket.sendall(frame(CLOSE, body[:2], True))
                    break
        except (EOFError, OSError):
            pass
        self.closed = True

    def say(self, message):
        self.socket.sendall(frame(TEXT, json.dumps(message).encode(), True))

    def say_binary(self, body):
        self.socket.sendall(frame(BINARY, body, True))

    def next(self, what, wanted, patience=PATIENCE):
        """The next text for which wanted(text) holds; those before it are gone."""
        while True:
            try:
                text = self.texts.get(timeout=patience)
            except queue.Empty:
                raise Failure(f"waited {patience} s in vain: {what}") from None
            if wanted(text):
                return text

    def event(self, name):
        return self.next(f"event {name}", lambda text: text.get("event") == name)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)


class Control(WebSocket):
    """A control connection of RWI."""

    def __init__(self, port, token):
        super().__init__(port, "/rwi/v1", token)
        self.actions = 0

    def command(self, action, **params):
        """Gives a command; returns its result, whatever it is."""
        self.actions += 1
        action_id = f"a{self.actions}"
        self.say({"action": action, "action_id": action_id, "params": params})
        return self.next(f"result of {action}", lambda text: text.get("action_id") == action_id)

    def do(self, action, **params):
        """The same, and it is done: returns its data."""
        result = self.command(action, **params)
        expect(result.get("status") == "success", f"{action}: {result}")
        return result.get("data")
