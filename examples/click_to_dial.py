"""click_to_dial.py FROM TO [URL]: rings FROM, then TO while FROM hears it ring, and puts them together until one hangs up."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients", "python"))
from junctor_rwi import Client, CommandFailed  # noqa: E402

OVER = ("call.hangup", "call.busy", "call.no_answer")


def reach(hub, destination, **more):
    """The name of a call that was answered; None: it was not."""
    call = hub.command("call.originate", destination=destination, **more)["call_id"]
    what = hub.next("call.answered", *OVER, call_id=call, patience=90)["event"]
    print(destination, what, flush=True)
    return call if what == "call.answered" else None


def main():
    hub = Client(sys.argv[3] if len(sys.argv) > 3 else "ws://127.0.0.1:8080", "examples-token")
    first = reach(hub, sys.argv[1], caller_id=sys.argv[2])
    if first is None:
        return 1
    second = reach(hub, sys.argv[2], caller_id=sys.argv[1], ringback="local", ringback_target=first)
    if second is None:
        hub.command("call.hangup", call_id=first)
        return 1
    try:
        hub.command("call.bridge", leg_a=first, leg_b=second, hangup_after_bridge=True)
    except CommandFailed as error:
        print(error, flush=True)
        return 1
    print("talking", flush=True)
    hub.next(*OVER, call_id=first, patience=1e9)
    return 0


sys.exit(main())
