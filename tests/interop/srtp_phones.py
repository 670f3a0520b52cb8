"""A phone that insists on SRTP (RTP/SAVP, keys over TLS) and one without it hear each other, called either way; so do one
that insists and one that may (RTP/AVP with keys), each with keys of its own. `calls show` names the suite. A phone
without SRTP that must have it is refused."""
import re

from harness import Authority, Baresip, Hub, expect, expect_equal, run, tls_keys

USERS = """
[[users]]
username = "1001"
password = "secret1"
srtp = "required"
[[users]]
username = "1002"
password = "secret2"
[[users]]
username = "1003"
password = "secret3"
[[users]]
username = "1004"
password = "secret4"
srtp = "required"
"""


def keys_by_phone(hub, call):
    """The SDES keys in the call's messages, by the far end's port."""
    keys = {}
    for message in hub.json("calls", "show", call, "--messages")["messages"]:
        for key in re.findall(r"a=crypto:\S+ \S+ inline:(\S{38,})", message["text"]):
            keys.setdefault(message["remote"], set()).add(key)
    return keys


def body(test):
    authority, port = Authority(test), test.ports.take()
    hub = Hub(test, rest=USERS, sip=tls_keys(port, *authority.issue("hub")))
    secure = {"transport": "tls", "port": port, "config": f"module srtp.so\nsip_cafile {authority.file}\n"}
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440,
                    account=";answermode=auto;mediaenc=srtp-mand", **secure)
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    carol = Baresip(test, "carol", hub, "1003", "secret3", tone=700,
                    account=";answermode=auto;mediaenc=srtp", **secure)
    dave = Baresip(test, "dave", hub, "1004", "secret4", account=";answermode=auto", **secure)
    hub.wait_for_registrations("1001", "1002", "1003", "1004")

    calls = ((alice, bob, "1002", 440, 1000), (bob, alice, "1001", 1000, 440), (alice, carol, "1003", 440, 700))
    for done, (caller, called, number, tone, other) in enumerate(calls):
        for phone in (caller, called):
            phone.mark()
        caller.dial(number)
        for phone in (caller, called):
            phone.wait_for("CALL_ESTABLISHED")
        caller.wait_to_hear(other, f"the {other} Hz of {called.name}")
        called.wait_to_hear(tone, f"the {tone} Hz of {caller.name}")
        call, = hub.calls()
        legs = hub.json("calls", "show", call["id"])["legs"]
        wanted = ["" if phone is bob else "AES_CM_128_HMAC_SHA1_80" for phone in (caller, called)]
        suites = [leg["srtp"] for leg in legs]
        expect_equal([bool(suite) for suite in suites], [bool(suite) for suite in wanted], f"encrypted legs ({suites})")
        shown = hub.cli("calls", "show", call["id"])
        expect(all((suite or "off") in shown for suite in suites), f"{suites} are shown:\n{shown}")
        keys = keys_by_phone(hub, call["id"])
        expect_equal(len(keys), sum(map(bool, wanted)), f"phones that are told keys ({keys})")
        expect_equal(len(set().union(*keys.values())), sum(map(len, keys.values())), "keys that two legs share")
        caller.command("hangup")
        called.wait_for("CALL_CLOSED")
        hub.closed_records(done + 1)

    dave.dial("1002")
    expect("488" in dave.wait_for("CALL_CLOSED")["param"], "plain audio of one who must not is refused")
    hub.expect_nothing_left()


run(body)
