"""A hub calls another over a TLS trunk when that one proves who it is, and does not speak to it when it cannot."""
from harness import Authority, Baresip, Hub, USERS, expect, expect_equal, run, tls_keys

FAR = "127.0.0.2"  # whoever calls from a trunk's address is the trunk, so it is not the phone's
ROUTE = """
[[routes]]
name = "{name}"
match = {{ to = "^{prefix}(.+)$", direction = "outbound" }}
action = "dial"
target = "sip:$1@{name}"
"""


def trunk(name, port, authority, extra=""):
    return f"""
[[trunks]]
name = "{name}"
host = "{FAR}:{port}"
transport = "tls"
tls_ca_file = "{authority.file}"
{extra}"""


def body(test):
    authority, other = Authority(test), Authority(test, "other")
    here, there = test.ports.take(), test.ports.take()
    far = Hub(test, name="far_hub", rest="", sip=tls_keys(there, *authority.issue("far", f"IP:{FAR}"), FAR))
    near = Hub(test, rest=USERS + trunk("far", there, authority) + ROUTE.format(name="far", prefix="0"),
               sip=tls_keys(here, *authority.issue("near")))
    alice = Baresip(test, "alice", near, "1001", "secret1")
    near.wait_for_registrations("1001")

    alice.dial("09197")
    alice.wait_for("CALL_ESTABLISHED")
    alice.wait_to_hear(1004, "the far hub's tone")
    call, = far.calls()
    messages = far.json("calls", "show", call["id"], "--messages")["messages"]
    expect_equal({m["transport"] for m in messages}, {"tls"}, "transport toward the trunk")
    invite = next(m["text"] for m in messages if m["text"].startswith("INVITE"))
    expect("Via: SIP/2.0/TLS 127.0.0.1" in invite and ";transport=tls>" in invite, f"Via and Contact say so: {invite}")
    alice.command("hangup")
    near.closed_records()
    far.closed_records()

    # The far hub comes with a certificate of an authority that is not the trunk's.
    other.issue("far", f"IP:{FAR}")
    far.cli("reload")
    near.process.stop()
    near.start()
    near.wait_for_registrations("1001")
    alice.mark()
    alice.dial("09197")
    alice.wait_for("CALL_CLOSED")
    near.process.wait_for_output("unable to get local issuer certificate")
    expect_equal(len(far.records()), 1, "calls that reached the far hub")
    expect_equal(near.json("status")["counters"].get("edge_tls_failed_certificate"), 1, "refusals counted")


run(body)
