"""A carrier that challenges the hub's INVITE gets it again with the trunk's credentials."""
import hashlib
import re

from harness import expect_equal, run
from sipp import Callee, Caller, TrunkHub, expect_record, play


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def body(test):
    hub = TrunkHub(test, far_options='username = "customer"\npassword = "open sesame"')
    challenge = 'Proxy-Authenticate: Digest realm="carrier", nonce="n0nce", algorithm=MD5, qop="auth"'
    callee = Callee(hub).invited().reply_invite(407, headers=[challenge]).expect("ACK")
    callee.reinvited(("Proxy-Authorization", 'username="customer"')).reply_invite(180).answer().answer_bye()
    play(callee, Caller(hub).invite().ringing().answered().bye())
    record = expect_record(hub, "answered", 200, 16, "caller")

    messages = hub.json("calls", "show", record["id"], "--messages")["messages"]
    line = next(l for m in messages for l in m["text"].split("\r\n") if l.startswith("Proxy-Authorization:"))
    given = {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', line)}
    first, second = md5("customer:carrier:open sesame"), md5(f"INVITE:{given['uri']}")
    wanted = md5(f"{first}:n0nce:{given['nc']}:{given['cnonce']}:auth:{second}")
    expect_equal(given["response"], wanted, "response in Proxy-Authorization")


run(body)
