"""Messages that nobody can use: 400 where an answer is possible, silence else; counted, and the hub lives on."""
import socket

from harness import PATIENCE, expect, run
from sipp import Callee, Caller, TrunkHub, expect_record, play

REQUEST = """OPTIONS sip:x@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.9:{port};branch=z9hG4bK{branch}
From: <sip:a@b>;tag=1
To: <sip:x@b>
Call-ID: {branch}
CSeq: {cseq}
{more}
"""
# what is wrong: CSeq, more
ANSWERED = {
    "body shorter than said": ("1 OPTIONS", "Content-Length: 400\n"),
    "length that is no number": ("1 OPTIONS", "Content-Length: many\n"),
    "CSeq of another method": ("1 INVITE", "Content-Length: 0\n"),
    "Max-Forwards that is no number": ("1 OPTIONS", "Max-Forwards: never\nContent-Length: 0\n"),
    "a line that is no header": ("1 OPTIONS", "what is this\nContent-Length: 0\n"),
    "two Call-IDs": ("1 OPTIONS", "Call-ID: another\nContent-Length: 0\n"),
}
DROPPED = [b"\0\0\0\0", b"HELLO\r\n\r\n", b"\xff" * 1400, b"SIP/2.0 200 OK\r\n\r\n", b"INVITE sip:x SIP/2.0\r\n\r\n",
           b"\r\n", REQUEST.format(port=9, branch="d", cseq="", more="").replace("CSeq: \n", "").encode()]


def body(test):
    hub = TrunkHub(test)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.9", 0))
        stranger.settimeout(PATIENCE)
        for datagram in DROPPED:
            stranger.sendto(datagram, (hub.host, hub.port))
        for number, (what, (cseq, more)) in enumerate(ANSWERED.items()):
            text = REQUEST.format(port=stranger.getsockname()[1], branch=f"bad{number}", cseq=cseq, more=more)
            stranger.sendto(text.replace("\n", "\r\n").encode(), (hub.host, hub.port))
            try:
                answer = stranger.recv(65536).decode()
            except TimeoutError:
                answer = "nothing"
            expect(answer.startswith("SIP/2.0 400 ") and f"bad{number}" in answer, f"{what}: {answer}")
    counters = hub.json("status")["counters"]
    dropped = {name: count for name, count in counters.items() if name.startswith("sip_dropped_") and count}
    expect(sum(dropped.values()) >= len(ANSWERED) + 4, f"counted by reason: {dropped}")
    play(Callee(hub).ringing().answer().answer_bye(), Caller(hub).invite().ringing().answered().bye())
    expect_record(hub, "answered", 200, 16, "caller")
    expect(len(hub.process.output().splitlines()) < 4, "nothing is logged per packet")


run(body)
