"""Kamailio is a carrier: the hub registers there with a digest (SHA-256), is called at its Contact, calls through it,
says so when its password is not taken any more, and takes its Contact back when it stops."""
import signal

from harness import Baresip, Hub, Process, expect, expect_equal, run, wait_until

CARRIER = """#!KAMAILIO
debug=2
log_stderror=yes
children=1
disable_tcp=yes
listen=udp:127.0.0.1:{port}
listen=udp:127.0.0.5:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 60)
modparam("registrar", "max_expires", 60)
modparam("auth", "algorithm", "SHA-256")
modparam("auth", "qop", "auth")
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (has_totag()) {{
    if (loose_route()) t_relay();
    else if (is_method("ACK") && t_check_trans()) t_relay();
    exit;
  }}
  if (is_method("REGISTER")) {{
    if ($fU != "1001" && !pv_auth_check("carrier", "open sesame", "0", "0")) {{  # her phone knows no SHA-256
      xlog("L_WARN", "carrier: challenges $fU\\n");
      auth_challenge("carrier", "1");
      exit;
    }}
    xlog("L_WARN", "carrier: REGISTER of $fU for $hdr(Expires) s as $ct\\n");
    save("location");
    exit;
  }}
  if (is_method("INVITE")) {{
    if ($si == "127.0.0.5" || $sp == {hub}) {{
      if (!pv_auth_check("carrier", "open sesame", "0", "0")) {{ auth_challenge("carrier", "1"); exit; }}
      consume_credentials();
    }}
    record_route();
    if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    if ($rp == {hub}) $fs = "udp:127.0.0.5:{port}";
  }}
  t_relay();
}}
"""

TRUNK = """
[[users]]
username = "1002"
password = "secret2"
[[trunks]]
name = "carrier"
host = "127.0.0.5:{port}"
register = true
username = "line7"
password = "{password}"
[[routes]]
name = "in"
match = {{ trunk = "carrier", direction = "inbound", to = "^line7$" }}
action = "ring"
targets = ["user:1002"]
[[routes]]
name = "out"
match = {{ to = "^9(.*)$" }}
action = "dial"
target = "sip:$1@carrier"
"""


class BehindCarrier:
    """What a phone needs to know of a hub: here, the carrier's port in its place."""

    def __init__(self, port):
        self.port = port


def body(test):
    port = test.ports.take()
    hub_port = test.ports.take()
    config = test.write("kamailio.cfg", CARRIER.format(port=port, hub=hub_port))
    carrier = Process(test, "kamailio", ["kamailio", "-f", config, "-DD", "-E", "-m", "64", "-M", "8", "-Y", test.folder,
                                         "-P", test.path("kamailio.pid")])
    carrier.wait_for_output(f"udp: 127.0.0.5:{port}|Listening on")
    hub = Hub(test, TRUNK.format(port=port, password="open sesame"), port=hub_port)
    trunk = lambda: hub.json("trunks")[0]
    wait_until(lambda: trunk()["state"] == "registered", "the hub registers at the carrier")
    expect(0 < trunk()["expires_secs"] <= 60, f"what the carrier grants counts: {trunk()}")
    expect_equal(trunk()["reason"], "", "reason")

    alice = Baresip(test, "alice", BehindCarrier(port), "1001", "any", tone=440)
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    hub.wait_for_registrations("1002")
    carrier.wait_for_output("REGISTER of 1001")
    alice.dial("line7")
    alice.wait_for("CALL_ESTABLISHED")
    bob.wait_for("CALL_ESTABLISHED")
    alice.wait_to_hear(1000, "bob")
    bob.wait_to_hear(440, "alice")
    alice.command("hangup")
    bob.wait_for("CALL_CLOSED")
    record = hub.closed_records(1)[0]
    expect_equal((record["trunk"], record["route"]), ("carrier", "in"), "trunk and route of the call that came in")

    bob.mark()
    alice.mark()
    bob.dial("91001")
    alice.wait_for("CALL_INCOMING")
    alice.command("accept")
    bob.wait_for("CALL_ESTABLISHED")
    alice.wait_to_hear(1000, "bob")
    bob.command("hangup")
    alice.wait_for("CALL_CLOSED")
    hub.closed_records(2)

    with open(hub.config) as file:
        text = file.read()
    with open(hub.config, "w") as file:
        file.write(text.replace("open sesame", "wrong"))
    hub.cli("reload")
    wait_until(lambda: trunk()["state"] == "failed", "a wrong password is told")
    expect("password" in trunk()["reason"] and trunk()["next_try_secs"] > 100, f"and why: {trunk()}")
    expect("failed: 401" in hub.cli("trunks"), "the table says so, too")
    with open(hub.config, "w") as file:
        file.write(text)
    hub.cli("reload")
    wait_until(lambda: trunk()["state"] == "registered", "the right one is taken again")

    hub.process.signal(signal.SIGTERM)
    carrier.wait_for_output("REGISTER of line7 for 0 s")
    hub.process.wait()


run(body)
