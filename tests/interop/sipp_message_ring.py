"""The SIP messages of a call can be read during the call and after it, as text and as a capture file."""
import struct
import subprocess

from harness import expect, expect_equal, run, wait_until
from sipp import Callee, Caller, TrunkHub, expect_record, play


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).ringing().answer().pause(1500).bye()
    callee.start()
    wait_until(callee.is_listening, "the called party listens")
    caller = Caller(hub).invite().ringing().answered().answer_bye().start()
    call = wait_until(lambda: next(iter(c for c in hub.calls() if c["state"] == "answered"), None), "the call is answered")
    during = hub.json("calls", "show", call["id"], "--messages")["messages"]
    expect(during[0]["text"].startswith("INVITE sip:77@"), "the first message is the caller's INVITE")
    caller.finish()
    callee.finish()
    expect_record(hub, "answered", 200, 16, "callee")

    messages = hub.json("calls", "show", call["id"], "--messages")["messages"]
    expect_equal([m["text"] for m in messages[:len(during)]], [m["text"] for m in during], "messages seen before")
    requests = [(m["sent"], m["text"].split(" ")[0]) for m in messages if not m["text"].startswith("SIP/2.0")]
    expect_equal(sorted(requests), sorted([(False, "INVITE"), (True, "INVITE"), (False, "ACK"), (True, "ACK"),
                                           (False, "BYE"), (True, "BYE")]), "requests of the call")
    capture = test.path("call.pcap")
    hub.cli("calls", "show", call["id"], "--pcap", capture)
    with open(capture, "rb") as file:
        magic, = struct.unpack("<I", file.read(4))
    expect(magic in (0xA1B2C3D4, 0xA1B23C4D), f"{magic:#x} begins a capture file")
    port = f"udp.port=={hub.port},sip"
    read = subprocess.run(["tshark", "-r", capture, "-d", port, "-T", "fields", "-e", "sip.Request-Line"],
                          capture_output=True, text=True, timeout=60)
    expect_equal(read.returncode, 0, f"tshark's exit code\n{read.stderr}")
    lines = read.stdout.splitlines()
    expect_equal(len(lines), len(messages), "packets in the capture")
    expect_equal(sum(line.startswith("INVITE sip:77@") for line in lines), 2, "INVITEs in the capture")


run(body)
