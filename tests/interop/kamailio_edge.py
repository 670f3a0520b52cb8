"""Kamailio stands in front as an edge proxy (Path on REGISTER, Record-Route on INVITE): two phones behind it register
through it and call through it, every request within the dialog follows the route set, and the audio goes directly."""
from harness import Baresip, Hub, Process, expect, run

EDGE = """#!KAMAILIO
debug=2
log_stderror=yes
children=1
disable_tcp=yes
listen=udp:127.0.0.1:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "path.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  xlog("L_WARN", "edge: $rm from $sp to-tag $tt\\n");
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ xlog("L_WARN", "edge: $rm follows the route set\\n"); t_relay(); }}
    else if (is_method("ACK") && t_check_trans()) t_relay();
    else if (!is_method("ACK")) sl_send_reply("404", "No route");
    exit;
  }}
  loose_route();
  if (is_method("REGISTER")) add_path();
  if (is_method("INVITE")) record_route();
  if ($sp != {hub}) $du = "sip:127.0.0.1:{hub}";
  t_relay();
}}
"""


class BehindEdge:
    """What a phone needs to know of a hub: here, the edge's port in its place."""

    def __init__(self, port):
        self.port = port


def body(test):
    hub = Hub(test)
    port = test.ports.take()
    config = test.write("kamailio.cfg", EDGE.format(port=port, hub=hub.port))
    edge = Process(test, "kamailio", ["kamailio", "-f", config, "-DD", "-E", "-m", "64", "-M", "8", "-Y", test.folder,
                                      "-P", test.path("kamailio.pid")])
    edge.wait_for_output("udp: 127.0.0.1:%d|Listening on" % port)
    behind = BehindEdge(port)
    bob = Baresip(test, "bob", behind, "1002", "secret2", tone=1000, account=";answermode=auto")
    alice = Baresip(test, "alice", behind, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001", "1002")
    for registration in hub.json("registrations"):
        expect(f"127.0.0.1:{port}" in registration["path"], f"Path is kept: {registration}")

    for first, second in [(alice, bob), (bob, alice)]:
        alice.dial("1002")
        alice.wait_for("CALL_ESTABLISHED")
        bob.wait_for("CALL_ESTABLISHED")
        alice.wait_to_hear(1000, "bob")
        bob.wait_to_hear(440, "alice")
        alice.command("hold")
        bob.process.wait_for_output("^a=sendonly")
        alice.command("resume")
        alice.wait_for_audio()
        first.command("hangup")
        second.wait_for("CALL_CLOSED")
        alice.mark()
        bob.mark()
    hub.closed_records(2)
    for method in ("ACK", "INVITE", "BYE"):
        edge.wait_for_output(f"edge: {method} follows the route set")
    for phone in (alice, bob):
        direct = f"127.0.0.1:{hub.port} -> " in phone.process.output()
        expect(not direct, f"{phone.name} hears of the hub through the edge only")
        media = [line for line in phone.process.output().splitlines() if "receiving from" in line]
        expect(media and all(f":{port}" not in line for line in media), "audio does not pass the edge")
    hub.expect_nothing_left()


run(body)
