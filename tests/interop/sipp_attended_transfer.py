"""Attended transfer between two calls: the desk, in a call with A, has called C, and sends REFER with Replaces; A and C
stay in one call, and the desk is let go in both."""
import re
from urllib.parse import quote

from harness import expect, expect_equal, run, wait_until
from sipp import Callee, Caller, TrunkHub

DESK = """
[[routes]]
name = "desk"
match = {{ trunk = "carrier", to = "^78" }}
action = "dial"
target = "sip:$0@127.0.0.4:{port}"
"""


def answered(hub, number):
    return next((c for c in hub.calls() if c["state"] == "answered" and c["to"] == number), None)


def body(test):
    port = test.ports.take()
    hub = TrunkHub(test, routes=DESK.format(port=port))
    c = Callee(hub, name="c").ringing().answer().answer_bye().start()
    wait_until(c.is_listening, "C listens")
    consultation = Caller(hub, "77", name="consultation").invite().ringing().answered().answer_bye().start()
    call = wait_until(lambda: answered(hub, "77"), "the desk talks to C")

    answers = [m["text"] for m in hub.json("calls", "show", call["id"], "--messages")["messages"]
               if m["sent"] and m["text"].startswith("SIP/2.0 200") and m["remote"].startswith("127.0.0.2:")]
    own, hubs, dialog = (re.search(f"^{name}: .*?{tag}(.+?)\r$", answers[0], re.MULTILINE).group(1)
                         for name, tag in (("From", "tag="), ("To", "tag="), ("Call-ID", "")))
    replaces = quote(f"{dialog};to-tag={hubs};from-tag={own}", safe="")
    desk = Callee(hub, name="desk", ip="127.0.0.4", port=port).ringing().answer()
    desk.request("REFER", headers=[f"Refer-To: <sip:77@127.0.0.1:{hub.port}?Replaces={replaces}>"]).response(202)
    for progress in ("SIP/2.0 100", "SIP/2.0 200"):
        desk.expect("NOTIFY", ("Event", "refer"), ("", progress)).reply(200)
    desk.answer_bye().start()
    wait_until(desk.is_listening, "the desk listens")
    a = Caller(hub, "78", name="a", port=test.ports.take()).invite().ringing().answered().answer_bye().start()
    desk.finish()
    consultation.finish()

    left, = wait_until(lambda: [c for c in hub.calls() if c["state"] == "answered"], "one call is left")
    up = sorted(leg["address"].split(":")[0] for leg in left["legs"] if leg["state"] == "established")
    expect_equal(up, ["127.0.0.2", "127.0.0.3"], "who is in the call")
    hub.cli("calls", "hangup", left["id"])
    a.finish()
    c.finish()
    records = hub.closed_records(2)
    expect(all(record["disposition"] == "answered" for record in records), "two answered calls")
    hub.expect_nothing_left()


run(body)
