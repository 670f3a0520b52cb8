"""A conference asks a real phone for its PIN with what a speech service on the network said: the phone hears its tone."""
import io
import json
import struct
import threading
import wave
from http.server import BaseHTTPRequestHandler, HTTPServer
from math import pi, sin

from harness import USERS, Baresip, Hub, expect, expect_equal, run

HZ, RATE, SECS = 700, 16000, 2
ROOM = """
[[conferences]]
name = "board"
numbers = ["8002"]
pin = "1234"
"""


def tone():
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(b"".join(struct.pack("<h", int(8000 * sin(2 * pi * HZ * i / RATE))) for i in range(RATE * SECS)))
    return file.getvalue()


class Service(BaseHTTPRequestHandler):
    asked = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.path, self.headers["Authorization"], json.loads(body)))
        sound = tone()
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Content-Length", str(len(sound)))
        self.end_headers()
        self.wfile.write(sound)

    def log_message(self, *_):
        pass


def body(test):
    service = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    speech = f"""
[speech]
driver = "http"
voice = "olga"
url = "http://127.0.0.1:{service.server_port}/v1/speak"
body = '{{"input":"{{text}}","voice":"{{voice}}"}}'
authorization = "Bearer s3cret"
"""
    hub = Hub(test, rest=USERS + ROOM + speech)
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001")
    for turn in range(2):
        alice.dial(f"sip:8002@127.0.0.1:{hub.port}")
        alice.wait_for("CALL_ESTABLISHED")
        newest = alice.wait_to_hear(HZ, "what the service said")
        expect(newest.level_dbfs() > -20, f"the prompt has {newest.level_dbfs()} dBFS")
        alice.command("hangup")
        hub.closed_records(turn + 1)
    (path, authorization, question), = Service.asked  # the second time it comes from the cache
    expect_equal((path, authorization, question["voice"]), ("/v1/speak", "Bearer s3cret", "olga"), "what was asked")
    expect(len(question["input"]) > 10, f"the text: {question}")
    hub.expect_nothing_left()


run(body)
