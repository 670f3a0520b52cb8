"""SIPp as a phone with MD5 digest: it registers, calls out over a trunk with Proxy-Authorization,
hangs up and unregisters; what the called party sees is who has proved to call."""
import hashlib

from harness import expect_equal, run
from sipp import Callee, Ladder, TrunkHub, expect_record, play, sdp

HASH = hashlib.md5(b"1009:junctor:secret9").hexdigest()
USER = f"""
[[users]]
username = "1009"
display_name = "Ida"
ha1 = {{ md5 = "{HASH}" }}
"""
ROUTE = """
[[routes]]
name = "out"
match = { to = "^88" }
action = "dial"
target = "sip:$0@far"
"""
CREDENTIALS = "[authentication username=1009 password=secret9]"


class Phone(Ladder):
    def ask(self, method, number, cseq, headers, body="", to_tag="", branch=None):
        target = "sip:[remote_ip]:[remote_port]" if method == "REGISTER" else f"sip:{number}@[remote_ip]:[remote_port]"
        return self.send([f"{method} {target} SIP/2.0", self.via(branch or f"{method}{cseq}"),
                          "From: <sip:1009@[remote_ip]:[remote_port]>;tag=phone[pid]",
                          f"To: <sip:{number}@[remote_ip]:[remote_port]>{to_tag}", "Call-ID: [call_id]",
                          f"CSeq: {cseq} {method}", self.contact(), "Max-Forwards: 70", *headers], body,
                         retransmit=method != "ACK")

    def challenged(self, status):
        return self.receive(f'response="{status}" auth="true"')

    def register(self, expires):
        self.ask("REGISTER", "1009", 1, [f"Expires: {expires}"]).challenged(401)
        return self.ask("REGISTER", "1009", 2, [f"Expires: {expires}", CREDENTIALS])

    def call(self, number):
        self.options = ["-auth_uri", f"{number}@{self.hub.host}:{self.hub.port}"]
        self.ask("INVITE", number, 1, [], sdp()).response(100, optional=True).challenged(407)
        self.ask("ACK", number, 1, [], to_tag="[peer_tag_param]", branch="INVITE1")
        self.ask("INVITE", number, 2, [CREDENTIALS], sdp()).response(100, optional=True).response(180)
        self.response(200, ("", "m=audio [1-9]")).ask("ACK", number, 2, [], to_tag="[peer_tag_param]")
        return self.ask("BYE", number, 3, [], to_tag="[peer_tag_param]").response(200)


def body(test):
    hub = TrunkHub(test, users=USER, routes=ROUTE)
    port = test.ports.take()

    def phone(doing):
        return Phone(doing, hub, "127.0.0.4", port)
    play(None, phone("register").register(120).response(200, ("Contact", "expires=120")))
    hub.wait_for_registrations("1009")
    play(Callee(hub).ringing(("From", '"Ida" *<sip:1009@')).answer().answer_bye(), phone("call").call("8811"))
    record = expect_record(hub, "answered", 200, 16, "caller")
    expect_equal((record["from"], record["to"], record["direction"]), ("1009", "8811", "outbound"), "parties")
    play(None, phone("unregister").register(0).response(200))
    hub.wait_for_registrations()


run(body)
