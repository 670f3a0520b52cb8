"""Answers calls to 7778 and says back what it hears, once the caller pauses. A caller who speaks meanwhile interrupts it:
what was not heard yet is thrown away, and the hub tells how much was."""

import array
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients", "python"))
from junctor_rwi import Client, Closed, CommandFailed, WebSocket  # noqa: E402

TOKEN = "examples-token"
LOUD = 600  # mean of absolute samples, of 32768
PAUSE_FRAMES = 25  # of 20 ms: half a second without speech ends a sentence


def is_loud(frame):
    samples = array.array("h", frame)
    return sum(map(abs, samples)) > LOUD * max(1, len(samples))


def talk(media):
    sentence, quiet, speaking = [], 0, False
    while True:
        message = media.receive(10)
        if isinstance(message, str):
            told = json.loads(message)
            if told["event"] in ("mark", "cleared"):
                speaking = False
                print(told["event"], told.get("position_ms", told.get("heard_ms")), "ms", flush=True)
            elif told["event"] == "stopped":
                return
            continue
        if is_loud(message):
            if speaking:
                media.send({"command": "clear"})  # interrupted
            sentence.append(message)
            quiet = 0
        elif sentence:
            sentence.append(message)
            quiet += 1
        if sentence and quiet >= PAUSE_FRAMES:
            print("heard", 20 * (len(sentence) - quiet), "ms", flush=True)
            media.send(b"".join(sentence[:-quiet]))
            media.send({"command": "mark", "name": "said"})
            sentence, quiet, speaking = [], 0, True


def serve(hub, call):
    hub.command("call.answer", call_id=call)
    stream = hub.command("media.stream_start", call_id=call, direction="sendrecv",
                         format={"codec": "L16", "sample_rate": 8000})
    media = WebSocket(hub.address, f"{stream['media_url']}?token={TOKEN}")
    print("listening", flush=True)
    try:
        talk(media)
    except (Closed, TimeoutError):
        pass
    print("done", flush=True)


def main():
    hub = Client(sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8080", TOKEN)
    hub.command("session.subscribe", contexts=["voice_bot"])
    print("waiting for calls to 7778", flush=True)
    while True:
        call = hub.next("call.incoming", patience=1e9)["call_id"]
        try:
            serve(hub, call)
        except (CommandFailed, TimeoutError) as error:
            print("given up:", error, flush=True)


main()
