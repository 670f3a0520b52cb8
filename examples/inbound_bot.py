"""Answers calls to 7777: a prompt, up to eight digits ended by #, and a transfer to the number that was pressed."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients", "python"))
from junctor_rwi import Client, CommandFailed  # noqa: E402


def serve(hub, call):
    hub.command("call.answer", call_id=call)
    hub.command("dtmf.collect", call_id=call, max_digits=8, terminator="#", timeout_ms=20000)
    hub.command("media.play", call_id=call, source={"type": "file", "uri": "voicemail-pin"}, interrupt_on_dtmf=True)
    print("asking", flush=True)
    answer = hub.next("dtmf.collected", "dtmf.collection_timeout", call_id=call)
    number = answer["data"].get("digits", "")
    print("pressed", number or "nothing", flush=True)
    if answer["event"] != "dtmf.collected":
        return hub.command("call.hangup", call_id=call, reason="no number")
    hub.command("call.transfer", call_id=call, target=number)
    ended = hub.next("call.transferred", "call.transfer.failed", "call.hangup", call_id=call, patience=90)
    print(ended["event"], flush=True)
    if ended["event"] == "call.transfer.failed":
        hub.command("call.hangup", call_id=call, reason="not reached")


def main():
    url = sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8080"
    hub = Client(url, "examples-token")
    hub.command("session.subscribe", contexts=["inbound_bot"])
    print("waiting for calls to 7777", flush=True)
    while True:
        call = hub.next("call.incoming", patience=1e9)["call_id"]
        try:
            serve(hub, call)
        except (CommandFailed, TimeoutError) as error:
            print("given up:", error, flush=True)


main()
