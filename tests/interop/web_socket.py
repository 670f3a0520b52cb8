"""A WebSocket client (RFC 6455) of plain sockets, for tests: text and binary messages, one reader."""

import base64
import json
import os
import socket
import ssl
import struct
import time


class Closed(Exception):
    """The far end closed; `code` is its status, 0 if it gave none."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed {code} {reason}")
        self.code = code


class Refused(Exception):
    """Another answer than 101."""

    def __init__(self, status, head):
        super().__init__(f"status {status}")
        self.status = status
        self.head = head


class WebSocket:
    def __init__(self, address, path, headers=None, protocol=None, context=None, timeout=5):
        raw = socket.create_connection(address, timeout=timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname="localhost") if context else raw
        self.buffer = b""
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {address[0]}:{address[1]}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(),
        ]
        if protocol:
            lines.append(f"Sec-WebSocket-Protocol: {protocol}")
        for name, value in (headers or {}).items():
            lines.append(f"{name}: {value}")
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode())
        while b"\r\n\r\n" not in self.buffer:
            self._more(time.monotonic() + timeout)
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.head = head.decode()
        status = int(self.head.split(" ", 2)[1])
        if status != 101:
            raise Refused(status, self.head)

    def _more(self, deadline):
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        got = self.socket.recv(65536)
        if not got:
            raise Closed(0, "end of the connection")
        self.buffer += got

    def send_frame(self, opcode, payload, final=True):
        mask = os.urandom(4)
        length = len(payload)
        head = bytes([(0x80 if final else 0) | opcode])
        if length < 126:
            head += bytes([0x80 | length])
        elif length < 65536:
            head += bytes([0x80 | 126]) + struct.pack("!H", length)
        else:
            head += bytes([0x80 | 127]) + struct.pack("!Q", length)
        key = (mask * (length // 4 + 1))[:length]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big") if length else b""
        self.socket.settimeout(5)
        self.socket.sendall(head + mask + masked)

    def send(self, message):
        if isinstance(message, bytes):
            return self.send_frame(2, message)
        if not isinstance(message, str):
            message = json.dumps(message)
        return self.send_frame(1, message.encode())

    def receive(self, timeout=5):
        """The next message: str or bytes. Pings are answered on the way."""
        deadline = time.monotonic() + timeout
        parts, kind = b"", None
        while True:
            opcode, final, payload = self._frame(deadline)
            if opcode == 9:
                self.send_frame(10, payload)
                continue
            if opcode == 10:
                continue
            if opcode == 8:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 0
                raise Closed(code, payload[2:].decode(errors="replace"))
            kind = kind or opcode
            parts += payload
            if final:
                return parts.decode() if kind == 1 else parts

    def _frame(self, deadline):
        def take(count):
            while len(self.buffer) < count:
                self._more(deadline)
            taken, self.buffer = self.buffer[:count], self.buffer[count:]
            return taken

        first, second = take(2)
        length = second & 127
        if length == 126:
            length = struct.unpack("!H", take(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", take(8))[0]
        return first & 15, bool(first & 0x80), take(length)

    def close(self):
        try:
            self.send_frame(8, struct.pack("!H", 1000))
        except OSError:
            pass
        self.socket.close()
