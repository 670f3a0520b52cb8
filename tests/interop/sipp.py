"""SIPp as caller and called party: ladders written in Python, played by SIPp.

A Caller calls from the trunk "carrier" (127.0.0.2), a Callee is called at the trunk "far" (127.0.0.3); the hub of
TrunkHub() sends numbers that begin with 77 from the one to the other. Each step of a ladder becomes one element of a
SIPp scenario; an unexpected or missing message fails the scenario, and with it the test.
"""
import re
import socket
from xml.sax.saxutils import quoteattr

from harness import PATIENCE, Hub, Process, expect, expect_equal, wait_until


PCMU = "0 PCMU/8000"
PCMA = "8 PCMA/8000"
G722 = "9 G722/8000"
G729 = "18 G729/8000"
ILBC = "97 iLBC/8000"


def sdp(*codecs, direction="sendrecv", port="6000", version=1):
    """An audio description with these codecs, at the address that SIPp was given."""
    codecs = codecs or (PCMU,)
    lines = ["v=0", f"o=- 7 {version} IN IP4 [media_ip]", "s=-", "c=IN IP4 [media_ip]", "t=0 0",
             f"m=audio {port} RTP/AVP " + " ".join(codec.split()[0] for codec in codecs)]
    lines += [f"a=rtpmap:{codec}" for codec in codecs] + [f"a={direction}"]
    return "\n".join(lines) + "\n"


class TrunkHub(Hub):
    """A hub between two static trunks; `routes` come before the route that joins them."""

    def __init__(self, test, routes="", users="", transport="udp", far_options="", **settings):
        self.carrier_port, self.far_port = test.ports.take(), test.ports.take()
        super().__init__(test, rest=f"""
{users}
[[trunks]]
name = "carrier"
host = "127.0.0.2:{self.carrier_port}"
transport = "{transport}"
[[trunks]]
name = "far"
host = "127.0.0.3:{self.far_port}"
transport = "{transport}"
{far_options}
{routes}
[[routes]]
name = "through"
match = {{ trunk = "carrier", to = "^77" }}
action = "dial"
target = "sip:$0@far"
no_answer_secs = 60
""", **settings)
        self.transport = transport


class Ladder:
    """The steps of one side of a call."""

    def __init__(self, name, hub, ip, port):
        self.name, self.hub, self.ip, self.port, self.transport = name, hub, ip, port, getattr(hub, "transport", "udp")
        self.steps, self.options = [], []
        self.requests, self.invite_cseq = 0, 1

    # -- what both sides can do --

    def add(self, element):
        self.steps.append(element)
        return self

    def pause(self, ms):
        return self.add(f'<pause milliseconds="{ms}"/>')

    def send(self, lines, body="", retransmit=False, content="application/sdp"):
        """Sends a message of these header lines; `retransmit`: until something comes back (UDP)."""
        lines = [line for line in lines if line]
        lines += [f"Content-Type: {content}"] if body else []
        text = "\n".join(lines + ["Content-Length: [len]", "", body])
        again = ' retrans="500"' if retransmit and self.transport == "udp" else ""
        return self.add(f"<send{again}><![CDATA[\n{text}\n]]></send>")

    def receive(self, what, checks=(), optional=False, save=()):
        """`checks`: (header, regular expression) that must match; the header "" stands for the whole message."""
        actions = "".join(
            f'<ereg regexp={quoteattr(pattern)} search_in="{"hdr" if header else "msg"}" '
            + (f'header="{header}:" ' if header else "") + 'check_it="true" assign_to="seen"/>'
            for header, pattern in checks)
        actions += "".join(
            f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>' for header, name in save)
        option = ' optional="true"' if optional else ""
        routes = ' rrs="true"' if "INVITE" in what or re.search('"(1[1-9]|2)', what) else ""  # these carry a Contact
        return self.add(f'<recv {what}{routes}{option} timeout="{PATIENCE * 1000}">'
                        + (f"<action>{actions}</action>" if actions else "") + "</recv>")

    def expect(self, method, *checks):
        """A request from the hub."""
        return self.receive(f'request="{method}"', checks)

    def reply(self, status, body="", headers=(), retransmit=False):
        """Answers the request that came last."""
        return self.send([f"SIP/2.0 {status} Reply", "[last_Via:]", *self.reply_parties(), "[last_Call-ID:]",
                          "[last_CSeq:]", self.contact(), *headers], body, retransmit)

    def contact(self):
        return "Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>"

    def request(self, method, body="", headers=(), branch=None, cseq=None, content="application/sdp"):
        """A request within the dialog."""
        if cseq is None:
            self.requests += 1
            cseq = 100 + self.requests
        if method == "INVITE":
            self.invite_cseq = cseq
        return self.send([f"{method} [next_url] SIP/2.0", self.via(branch or f"{method}{cseq}"), *self.own_parties(),
                          "Call-ID: [call_id]", f"CSeq: {cseq} {method}", self.contact(), "Max-Forwards: 70", "[routes]",
                          *headers], body, method != "ACK", content)

    def via(self, branch):
        return f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-{self.name}-[pid]-[call_number]-{branch}"

    def reinvite(self, body, *headers):
        return self.request("INVITE", body, headers)

    def reinvited(self, *checks):
        return self.receive('request="INVITE"', checks, save=[("Via", "via"), ("CSeq", "cseq")])

    def ack(self, body=""):
        """The ACK for a 2xx to the last re-INVITE, or to the first INVITE."""
        return self.request("ACK", body, cseq=self.invite_cseq)

    def ack_refusal(self):
        """The ACK for a refused re-INVITE: the same transaction."""
        return self.request("ACK", cseq=self.invite_cseq, branch=f"INVITE{self.invite_cseq}")

    def bye(self):
        return self.request("BYE").response(200)

    def response(self, status, *checks, optional=False):
        save = [("To", "peer")] if self.is_caller() and status > 100 else []
        return self.receive(f'response="{status}"', checks, optional, save)

    def answer_bye(self):
        return self.expect("BYE").reply(200)

    def is_caller(self):
        return isinstance(self, Caller)

    # -- playing it --

    def start(self):
        steps = "\n".join(self.steps)
        kept = ",".join(sorted(set(re.findall('assign_to="(.+?)"', steps))))  # SIPp refuses variables that nobody reads
        steps += f'\n<Reference variables="{kept}"/>' if kept else ""
        xml = f'<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="{self.name}">\n{steps}\n</scenario>\n'
        test = self.hub.test
        file = test.write(f"{self.name}.xml", xml)
        command = ["sipp", "-sf", file, "-i", self.ip, "-p", str(self.port), "-m", "1", "-nostdin", "-timeout",
                   str(PATIENCE + 10), "-timeout_error", "-trace_msg", "-message_file",
                   test.path(f"{self.name}_messages.log"), "-trace_err", "-error_file",
                   test.path(f"{self.name}_errors.log"), "-t", "t1" if self.transport == "tcp" else "u1",
                   "-max_retrans", "8", "-cp", str(test.ports.take()), *self.options]
        if not isinstance(self, Callee):
            command.append(f"{self.hub.host}:{self.hub.port}")
        self.process = Process(test, self.name, command, screen=True)
        return self

    def is_listening(self):
        expect(self.process.is_running(), f"SIPp ended at once as {self.name}")
        address = "%08X:%04X" % (int.from_bytes(socket.inet_aton(self.ip), "little"), self.port)
        with open(f"/proc/net/{self.transport}") as table:
            return f": {address} " in table.read()

    def finish(self, patience=PATIENCE + 10):
        code = self.process.wait(patience)
        expect_equal(code, 0, f"SIPp's exit code as {self.name}")


class Caller(Ladder):
    def __init__(self, hub, number="77", name="caller", user="100", port=None):
        super().__init__(name, hub, "127.0.0.2", port or hub.carrier_port)
        self.number, self.user = number, user

    def own_from(self):
        return f"From: <sip:{self.user}@[local_ip]:[local_port]>;tag={self.name}[pid]-[call_number]"

    def own_parties(self):
        return [self.own_from(), "To:[$peer]"]

    def reply_parties(self):
        return ["[last_From:]", "[last_To:]"]

    def invite(self, body=None, headers=(), forwards=70, retransmit=True):
        """The first INVITE; body "" leaves the offer to the far end."""
        return self.send([*self.invite_lines("INVITE", forwards), self.contact(), *headers],
                         sdp() if body is None else body, retransmit)

    def invite_lines(self, method, forwards=70):
        return [f"{method} sip:{self.number}@[remote_ip]:[remote_port] SIP/2.0", self.via("first"), self.own_from(),
                f"To: <sip:{self.number}@[remote_ip]:[remote_port]>", "Call-ID: [call_id]", f"CSeq: 1 {method}",
                f"Max-Forwards: {forwards}"]

    def cancel(self):
        return self.send(self.invite_lines("CANCEL"), retransmit=True)

    def trying(self):
        return self.response(100)

    def ringing(self, status=180):
        return self.trying().response(status)

    def answered(self, *checks):
        return self.response(200, *checks).ack()

    def refused_at_once(self, status, *checks):
        """A refusal by the hub itself, which may or may not be trying first."""
        return self.response(100, optional=True).refused(status, *checks)

    def refused(self, status, *checks):
        """A final refusal of the first INVITE, and its ACK."""
        self.response(status, *checks)
        lines = self.invite_lines("ACK")
        lines[3] = "To:[$peer]"
        return self.send(lines)

    def prack(self):
        """After reliable(): acknowledges it."""
        return self.request("PRACK", headers=["RAck:[$rseq] 1 INVITE"]).response(200, ("CSeq", "PRACK"))

    def reliable(self, status=183):
        return self.receive(f'response="{status}"', [("Require", "100rel")], save=[("To", "peer"), ("RSeq", "rseq")])


class Callee(Ladder):
    def __init__(self, hub, name="callee", ip="127.0.0.3", port=None):
        super().__init__(name, hub, ip, port or hub.far_port)

    def own_parties(self):
        return [f"From:{self.tagged_to()}", "To:[$from]"]

    def reply_parties(self):
        return ["From:[$from]", f"To:{self.tagged_to()}"]

    def tagged_to(self):
        return f"[$to];tag={self.name}[pid]-[call_number]"

    def invited(self, *checks):
        """The first INVITE."""
        return self.receive('request="INVITE"', checks,
                            save=[("To", "to"), ("From", "from"), ("Via", "via"), ("CSeq", "cseq")])

    def reply_invite(self, status, body="", headers=(), retransmit=None):
        """Answers the INVITE, whatever came since."""
        final = status >= 200 if retransmit is None else retransmit
        return self.send([f"SIP/2.0 {status} Reply", "Via:[$via]", *self.reply_parties(), "Call-ID: [call_id]",
                          "CSeq:[$cseq]", self.contact(), *headers], body, final)

    def ringing(self, *checks):
        return self.invited(*checks).reply_invite(180)

    def answer(self, body=None, *headers):
        return self.reply_invite(200, sdp() if body is None else body, headers).expect("ACK")

    def refuse(self, status, *headers):
        return self.reply_invite(status, headers=headers).expect("ACK")


def play(callee, caller):
    """Plays both to their ends; the called party listens first."""
    if callee:
        callee.start()
        wait_until(callee.is_listening, f"{callee.name} listens")
    caller.start()
    caller.finish()
    if callee:
        callee.finish()


def expect_record(hub, disposition, status, q850, by=None):
    """The one record of the one call."""
    record, = hub.closed_records()
    got = (record["disposition"], record["sip_status"], record["q850"])
    expect_equal(got, (disposition, status, q850), "disposition, status and Q.850 cause of the record")
    if by:
        expect_equal(record["hangup_by"], by, "who hung up")
    hub.expect_nothing_left()
    return record
