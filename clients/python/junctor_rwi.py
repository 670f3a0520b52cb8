"""Controls calls of a Junctor hub over RWI. One file, nothing but Python's own library.

    hub = Client("ws://127.0.0.1:8080", "TOKEN")
    hub.command("session.subscribe", contexts=["bot"])
    call = hub.next("call.incoming")["call_id"]
    hub.command("call.answer", call_id=call)

A lost connection comes back by itself: events that were missed follow, commands without an answer are given again (and
done once), calls that were controlled still are.
"""

import base64
import json
import os
import socket
import ssl
import struct
import time
import urllib.parse


class CommandFailed(Exception):
    """The hub has not done a command; `code` is stable."""

    def __init__(self, result):
        super().__init__(f"{result.get('action')}: {result.get('error')}")
        self.code = result.get("code", "")
        self.result = result



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


class Client:
    """One control connection. Used by one thread; it reads when it is asked for something."""

    def __init__(self, url, token, context=None, reconnect=True, query="", protocol="rwi-v1"):
        parts = urllib.parse.urlsplit(url)
        secure = parts.scheme in ("wss", "https")
        self.address = (parts.hostname, parts.port or (443 if secure else 80))
        self.context = (context or ssl.create_default_context()) if secure else None
        self.path = f"/rwi/v1?token={urllib.parse.quote(token)}{query}"
        self.protocol, self.reconnect = protocol, reconnect
        self.events, self.results, self.pending = [], {}, {}
        self.number, self.last_seq, self.secret, self.subscription = 0, None, "", None
        self.prefix = os.urandom(6).hex()  # action_ids are the token's, not the connection's
        self.socket, self.started = None, None
        self._connect()

    def command(self, action, patience=30, **params):
        """The data of a command that is done; raises CommandFailed."""
        result = self.result(self.send(action, params), patience)
        if result["status"] != "success":
            raise CommandFailed(result)
        return result.get("data")

    def send(self, action, params=None, **members):
        """Gives a command and does not wait; its action_id. `members` stand beside `params`: dry_run, if_state …"""
        self.number += 1
        action_id = f"{self.prefix}-{self.number}"
        text = json.dumps({"action_id": action_id, "action": action, "params": params or {}, **members})
        if action == "session.subscribe":
            self.subscription = params
        self.pending[action_id] = text
        try:
            self.socket.send(text)
        except OSError:
            self._lost()
        return action_id

    def result(self, action_id, patience=30):
        """The whole result of a command that was sent."""
        deadline = time.monotonic() + patience
        while action_id not in self.results:
            if not self._take(deadline):
                raise TimeoutError(f"no result of {action_id} within {patience} s")
        return self.results.pop(action_id)

    def next(self, *names, call_id=None, patience=30):
        """Takes the first event of one of these names (any without), and of this call; others stay."""
        deadline = time.monotonic() + patience
        while True:
            for index, event in enumerate(self.events):
                name = event.get("event") or event.get("event_type")
                if (not names or name in names) and call_id in (None, event.get("call_id")):
                    return self.events.pop(index)
            if not self._take(deadline):
                raise TimeoutError(f"no {' or '.join(names) or 'event'} of {call_id} within {patience} s")

    def close(self):
        self.reconnect = False
        self.socket.close()

    def _take(self, deadline):
        """Reads one message; false when the time is over."""
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        try:
            message = json.loads(self.socket.receive(left))
        except TimeoutError:
            return False
        except (Closed, OSError):
            self._lost()
            return True
        self._on_message(message)
        return True

    def _on_message(self, message):
        if "action_id" in message:
            if self.pending.pop(message["action_id"], None) is not None:
                self.results[message["action_id"]] = message
            return
        seq = message.get("seq")
        if seq is not None and message.get("event") != "session.started":
            if self.last_seq is not None and seq <= self.last_seq:
                return  # replayed, and seen before
            self.last_seq = seq
        self.events.append(message)

    def _connect(self):
        self.socket = WebSocket(self.address, self.path, protocol=self.protocol, context=self.context)
        if "flat" in self.path or "flat" in self.protocol:
            return
        self.started = json.loads(self.socket.receive(10))
        if self.last_seq is None:
            self.last_seq = self.started["seq"]
        self.secret, before = self.started["data"]["resume_secret"], self.secret
        if before:
            self._resume(before)

    def _resume(self, secret):
        pending = list(self.pending.values())
        replay = self.command("session.resume", last_sequence=self.last_seq, resume_secret=secret)
        for each in replay["events"]:
            self._on_message(each["event"])
        if self.subscription is not None:
            self.command("session.subscribe", **self.subscription)
        for text in pending:
            self.socket.send(text)

    def _lost(self):
        self.socket.socket.close()
        if not self.reconnect:
            raise Closed(0, "the connection is gone")
        pause = 0.1
        while True:
            time.sleep(pause)
            pause = min(2 * pause, 5)
            try:
                return self._connect()
            except (OSError, Closed, Refused):
                if pause >= 5:
                    raise
