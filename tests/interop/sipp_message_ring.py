"""The SIP messages of a call can be read during the call and after it, as text and as a capture file."""
import struct

from harness import expect, expect_equal, run, wait_until
from sipp import Callee, Caller, TrunkHub, expect_record


def payloads(capture):
    """What the UDP packets of a capture file of raw or Ethernet packets carry."""
    with open(capture, "rb") as file:
        data = file.read()
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    expect(magic == 0xA1B2C3D4, f"{magic:#x} begins a capture file")
    head = {1: 14, 101: 0, 228: 0}[link]  # Ethernet, raw IP, raw IPv4
    at, found = 24, []
    while at < len(data):
        _, _, kept, length = struct.unpack_from("<IIII", data, at)
        expect(kept == length, "every packet is whole")
        packet = data[at + 16 + head:at + 16 + kept]
        expect(packet[0] >> 4 == 4 and packet[9] == 17, "it is UDP over IPv4")
        found.append(packet[(packet[0] & 15) * 4 + 8:])
        at += 16 + kept
    return found


def body(test):
    hub = TrunkHub(test)
    callee = Callee(hub).ringing().answer().pause(1500).bye()
    callee.start()
    wait_until(callee.is_listening, "the called party listens")
    caller = Caller(hub).invite().ringing().answered().answer_bye().start()
    call = wait_until(lambda: next((c for c in hub.calls() if c["state"] == "answered"), None), "the call is answered")
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
    expect_equal(payloads(capture), [m["text"].encode() for m in messages], "messages in the capture file")


run(body)
