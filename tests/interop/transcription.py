"""Two phones speak and an engine over wss listens: it gets each side's tone by itself, dies once, and what it said stands
in the record. The second hub speaks the other dialect, and meets an engine that refuses it."""
import base64
import hashlib
import json
import os
import socket
import ssl
import struct
import threading

from harness import USERS, Audio, Authority, Baresip, Hub, expect, expect_equal, run, wait_until


class Engine:
    """Answers each second of sound with the tone that it hears most of; `status`: of those it lets in."""

    def __init__(self, context=None, status=101):
        self.context, self.status, self.lines, self.lock = context, status, [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.talk(connection)
        except (OSError, EOFError):
            pass
        finally:
            connection.close()

    def talk(self, connection):
        stream = connection.makefile("rb")
        head = [stream.readline().decode().strip()]
        while head[-1]:
            head.append(stream.readline().decode().strip())
        headers = dict(line.lower().split(": ", 1) if i else ("", line) for i, line in enumerate(head) if line)
        if self.status != 101:
            return connection.sendall(f"HTTP/1.1 {self.status} No\r\nContent-Length: 0\r\n\r\n".encode())
        key = next(line.split(": ", 1)[1] for line in head if line.lower().startswith("sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        connection.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        line = {"target": head[0].split()[1], "headers": headers, "sound": b"", "told": 0, "texts": [],
                "connection": connection}
        with self.lock:
            self.lines.append(line)
        while True:
            kind, body = self.read_frame(stream)
            if kind == 2:
                line["sound"] += body
                if len(line["sound"]) - line["told"] >= 16000:
                    self.tell(line, 16000)
            elif kind == 1:
                line["texts"].append(body.decode())
                if "CloseStream" in body.decode() or "eof" in body.decode():
                    self.tell(line, (len(line["sound"]) - line["told"]) // 2 * 2)
                    self.send(connection, 8, struct.pack("!H", 1000))
                    return
            elif kind == 9:
                self.send(connection, 10, body)
            elif kind == 8:
                return

    @staticmethod
    def read_frame(stream):
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
        mask = exactly(4) * (size // 4 + 1)
        masked = exactly(size)
        body = (int.from_bytes(masked, "big") ^ int.from_bytes(mask[:size], "big")).to_bytes(size, "big")
        return first & 15, body

    @staticmethod
    def send(connection, kind, body):
        head = bytes([128 | kind]) + (bytes([len(body)]) if len(body) < 126 else b"\x7e" + struct.pack("!H", len(body)))
        connection.sendall(head + body)

    def tell(self, line, count):
        begin, end = line["told"], line["told"] + count
        line["told"] = end
        if count < 3200:
            return
        samples = struct.unpack(f"<{count // 2}h", line["sound"][begin:end])
        audio = Audio(samples=list(samples), rate=8000)
        text = ""
        if audio.level_dbfs() > -40:
            text = str(max((440, 1000), key=audio.share))
        if "encoding=" in line["target"]:
            message = {"type": "Results", "is_final": True, "start": begin / 16000, "duration": count / 16000,
                       "channel": {"alternatives": [{"transcript": text, "confidence": 0.9, "words": []}]}}
        else:
            message = {"text": text}
        self.send(line["connection"], 1, json.dumps(message).encode())

    def up(self):
        with self.lock:
            return list(self.lines)


def spoken(record, side, kind="text"):
    return [row for row in record["transcript"] if row["side"] == side and row["kind"] == kind]


def settings(engine, url, more=""):
    return f'\n[transcription]\nengine = "{engine}"\nurl = "{url}"\ntoken = "t0ken"\ncalls = true\n{more}'


def call(test, hub, names):
    called = Baresip(test, names[1], hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    caller = Baresip(test, names[0], hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001", "1002")
    caller.dial("1002")
    caller.wait_for("CALL_ESTABLISHED")
    return caller, called


def body(test):
    certificate, key = Authority(test).issue("engine", "IP:127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    engine = Engine(context)
    hub = Hub(test, USERS + settings("deepgram", f"wss://127.0.0.1:{engine.port}/v1/listen?model=a",
                                     f'ca_file = "{test.path("ca.pem")}"\n'))
    phones = call(test, hub, ("alice", "bob"))
    lines = wait_until(lambda: len(engine.up()) == 2 and engine.up(), "each side has its connection")
    wait_until(lambda: all(line["told"] > 32000 for line in lines), "both are listened to")
    expect("encoding=linear16&sample_rate=8000&channels=1" in lines[0]["target"], lines[0]["target"])
    expect_equal(lines[0]["headers"]["authorization"], "token t0ken", "the token")
    for line in lines:
        line["connection"].shutdown(socket.SHUT_RDWR)
    wait_until(lambda: len(engine.up()) == 4 and all(line["told"] > 16000 for line in engine.up()[2:]),
               "the engine is found again")
    heard = []
    for line in engine.up()[2:]:
        samples = list(struct.unpack(f"<{len(line['sound']) // 4}h", line["sound"][:len(line["sound"]) // 4 * 2]))
        audio = Audio(samples=samples[4000:12000], rate=8000)
        heard.append(max((440, 1000), key=audio.share))
        expect(audio.share(heard[-1]) > 0.9, f"one voice and no other: {audio.share(heard[-1])}")
    expect_equal(sorted(heard), [440, 1000], "the tones of the two connections")
    phones[0].command("hangup")
    record, = hub.closed_records(1)
    wait_until(lambda: not hub.calls(), "the call is over")

    def complete():
        shown = hub.json("records", "show", record["id"])
        return spoken(shown, "caller") and spoken(shown, "callee") and shown
    record = wait_until(complete, "the record has the transcript")
    for side, word in (("caller", "440"), ("callee", "1000")):
        rows = spoken(record, side)
        expect(len(rows) >= 3, f"{side}: {rows}")
        expect(all(row["text"] == word for row in rows), f"{side} said {word}: {rows}")
        expect(all(a["end_ms"] <= b["start_ms"] + 30 for a, b in zip(rows, rows[1:])), f"one after the other: {rows}")
        expect(not spoken(record, side, "lost"), "nothing was lost")
    shown = hub.cli("records", "show", record["id"])
    expect("SAID" in shown and "440" in shown, shown)
    hub.expect_nothing_left()
    for phone in phones:
        phone.process.stop()
    hub.process.stop()

    refuser = Engine(status=401)
    other = Hub(test, USERS + settings("vosk", f"ws://127.0.0.1:{refuser.port}"), name="other")
    phones = call(test, other, ("carla", "dora"))
    wait_until(lambda: "does not let us in" in other.process.output(), "the refusal is logged")
    phones[0].wait_to_hear(1000, "dora, as if nothing had happened")
    phones[0].command("hangup")
    refused, = other.closed_records(1)
    trouble, = wait_until(lambda: other.json("records", "show", refused["id"])["transcript"], "the record says so")
    expect("401" in trouble["text"], str(trouble))
    other.expect_nothing_left()


run(body)
