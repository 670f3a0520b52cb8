"""A phone registers over TLS, calls and is called; a renewed certificate is taken over by a reload, and the call goes on."""
import socket
import ssl

from harness import Authority, Baresip, Hub, expect, expect_equal, run, tls_keys, wait_until


def shown_certificate(port):
    """What a TLS client is shown now."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as secure:
        return secure.getpeercert(binary_form=True)


def transports(hub, call):
    messages = hub.json("calls", "show", call, "--messages")["messages"]
    return sorted({message["transport"] for message in messages})


def body(test):
    authority, port = Authority(test), test.ports.take()
    hub = Hub(test, sip=tls_keys(port, *authority.issue("hub")))
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440, account=";answermode=auto", transport="tls",
                    port=port, config=f"sip_cafile {authority.file}")
    hub.wait_for_registrations("1001", "1002")

    alice.dial("1002")
    for phone in (alice, bob):
        phone.wait_for("CALL_ESTABLISHED")
    alice.wait_to_hear(1000, "bob's 1000 Hz")
    bob.wait_to_hear(440, "alice's 440 Hz")
    call = hub.calls()[0]["id"]
    expect_equal(transports(hub, call), ["tls", "udp"], "transports of the call's messages")

    before = shown_certificate(port)
    authority.issue("hub")
    expect_equal(shown_certificate(port), before, "files are read when told so")
    expect_equal(hub.cli("reload"), "reloaded\n", "a renewed certificate needs no restart")
    wait_until(lambda: shown_certificate(port) != before, "the new certificate is shown")
    expect_equal([c["state"] for c in hub.calls()], ["answered"], "calls going on")
    alice.wait_to_hear(1000, "bob's 1000 Hz still")

    alice.command("hangup")
    bob.wait_for("CALL_CLOSED")
    hub.closed_records()

    # The other way: over the connection that the phone registered by.
    for phone in (alice, bob):
        phone.mark()
    bob.dial("1001")
    for phone in (alice, bob):
        phone.wait_for("CALL_ESTABLISHED")
    alice.wait_to_hear(1000, "bob's 1000 Hz again")
    bob.command("hangup")
    alice.wait_for("CALL_CLOSED")
    hub.closed_records(2)
    hub.expect_nothing_left()

    # A pair that does not fit together changes nothing.
    before = shown_certificate(port)
    test.write("hub.key", "nonsense\n")
    expect("hub.key: " in hub.cli("reload", code=3, errors=True), "the fault names the file")
    expect_equal(shown_certificate(port), before, "the certificate that works stays")


run(body)
