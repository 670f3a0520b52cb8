"""Over HTTP a running hub is looked at and changed: probes, metrics, tokens, users, calls, records; HTTPS."""
import json
import re
import ssl
import subprocess
import urllib.error
import urllib.request

from harness import USERS, Baresip, Hub, expect, expect_equal, run, wait_until

TOKENS = """
[[rwi.tokens]]
name = "operator"
token = "sesame"
scopes = ["observe_all", "call.control", "admin"]
[[rwi.tokens]]
name = "reader"
token = "glance"
scopes = ["observe_all"]
"""


class Api:
    def __init__(self, hub, token="sesame", scheme="http", context=None):
        self.base, self.token, self.context = f"{scheme}://127.0.0.1:{hub.http}", token, context

    def ask(self, method, path, body=None):
        """Status, and the body: parsed where it is JSON."""
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            answer = urllib.request.urlopen(request, timeout=20, context=self.context)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            text = answer.read().decode()
            kind = answer.headers.get("Content-Type", "")
            return answer.status, json.loads(text) if "json" in kind else text

    def get(self, path):
        status, body = self.ask("GET", path)
        expect_equal(status, 200, f"GET {path}: {body}")
        return body

    def metric(self, sample):
        found = re.search(rf"^{re.escape(sample)} (\S+)$", self.get("/metrics"), re.M)
        return float(found.group(1)) if found else None


def refusals(hub, api):
    expect_equal(Api(hub, "").ask("GET", "/api/v1/calls")[0], 401, "without a token")
    expect_equal(Api(hub, "wrong").ask("GET", "/api/v1/calls")[0], 401, "with a wrong one")
    status, problem = Api(hub, "glance").ask("DELETE", "/api/v1/calls/n1-1-1")
    expect_equal((status, problem["code"], problem["status"]), (403, "forbidden", 403), "a reader hangs up")
    expect_equal(api.ask("GET", "/api/v1/nothing")[0], 404, "nothing there")
    expect_equal(api.ask("POST", "/api/v1/calls/n1-1-1")[0], 405, "no such method")
    expect_equal(Api(hub, "").ask("GET", "/api/v1/openapi.json")[1]["openapi"], "3.1.0", "description")


def users(test, hub, api):
    """A user that REST has made registers, with the password that REST has changed, and is gone when REST removes it."""
    status, user = api.ask("POST", "/api/v1/users", {"username": "1009", "password": "first", "display_name": "Dora"})
    expect_equal((status, user["source"], user["display_name"]), (201, "database", "Dora"), "new user")
    expect_equal(api.ask("POST", "/api/v1/users", {"username": "1009", "password": "x"})[0], 409, "a second one")
    expect_equal(api.ask("PUT", "/api/v1/users/1009", {"password": "second"})[0], 200, "new password")
    Baresip(test, "dora", hub, "1009", "second", tone=500)
    hub.wait_for_registrations("1001", "1002", "1009")
    expect_equal(api.get("/api/v1/users/1009")["contacts"], 1, "contacts")
    expect_equal([u["username"] for u in api.get("/api/v1/users?limit=3")["items"]], ["1001", "1002", "1003"], "page")
    expect_equal([u["username"] for u in api.get("/api/v1/users?limit=3&cursor=1003")["items"]], ["1009"], "next page")
    expect_equal(api.ask("DELETE", "/api/v1/users/1009")[0], 204, "removal")
    hub.wait_for_registrations("1001", "1002")
    expect_equal(api.ask("DELETE", "/api/v1/users/1001")[0], 409, "a user of the file")


def calls(api, alice, bob):
    alice.dial("1002")
    alice.wait_for("CALL_ESTABLISHED")
    bob.wait_for("CALL_ESTABLISHED")

    def answered():
        found = api.get("/api/v1/calls")["items"]
        return found if [c["state"] for c in found] == ["answered"] else None
    call = wait_until(answered, "the call is listed")[0]
    expect_equal((call["from"], call["to"], len(call["legs"])), ("1001", "1002", 2), "call")
    expect_equal(api.get(f"/api/v1/calls/{call['id']}?messages=true")["id"], call["id"], "call by id")
    wait_until(lambda: api.metric("junctor_calls") == 1, "the call is in the metrics")
    packets = api.metric("junctor_media_packets_received_total")
    wait_until(lambda: api.metric("junctor_media_packets_received_total") > packets, "packets are counted")
    expect_equal(api.ask("DELETE", f"/api/v1/calls/{call['id']}")[0], 204, "hanging up")
    alice.wait_for("CALL_CLOSED")
    bob.wait_for("CALL_CLOSED")
    alice.mark()
    bob.mark()
    return call["id"]


def click_to_dial(api, alice, bob):
    """Alice is rung and answers, then Bob; they hear each other; Bob hangs up and so does she."""
    expect_equal(api.ask("POST", "/api/v1/calls", {"from": "1001", "to": "4711"})[0] // 100, 4, "to nobody")
    status, call = api.ask("POST", "/api/v1/calls", {"from": "1001", "to": "1002"})
    expect_equal(status, 201, f"{call}")
    alice.wait_for("CALL_INCOMING")
    alice.command("accept")
    bob.wait_for("CALL_ESTABLISHED")
    alice.wait_to_hear(1000, "Bob's tone")
    bob.wait_to_hear(440, "Alice's tone")
    bob.command("hangup")
    alice.wait_for("CALL_CLOSED")
    alice.mark()
    bob.mark()
    return call["id"]


def click_to_dial_rings(test, hub, api, alice):
    """Who is rung first hears the other one ring (440 and 480 Hz)."""
    carol = Baresip(test, "carol", hub, "1003", "secret3", tone=880)
    hub.wait_for_registrations("1001", "1002", "1003")
    expect_equal(api.ask("POST", "/api/v1/calls", {"from": "1001", "to": "1003"})[0], 201, "click to dial")
    alice.wait_for("CALL_INCOMING")
    alice.command("accept")
    carol.wait_for("CALL_INCOMING")

    def rings():
        newest = alice.heard().last(0.5)
        return newest.level_dbfs() > -40 and newest.share(440) + newest.share(480) > 0.9
    wait_until(rings, "alice hears carol's phone ring")
    carol.command("accept")
    alice.wait_to_hear(880, "carol's tone")
    alice.command("hangup")
    carol.wait_for("CALL_CLOSED")
    alice.mark()


def records(api, ids):
    def all_there():
        found = api.get("/api/v1/records?number=1002")["items"]
        return found if [r["id"] for r in found if r["end"]] == list(reversed(ids)) else None
    newest = wait_until(all_there, "the records")[0]
    expect_equal(api.get(f"/api/v1/records/{newest['id']}")["disposition"], "answered", "record")
    pages, cursor = [], ""
    while cursor is not None:
        page = api.get("/api/v1/records?limit=1" + (f"&cursor={cursor}" if cursor else ""))
        pages += [r["id"] for r in page["items"]]
        cursor = page["next_cursor"]
    expect_equal(pages, list(reversed(ids)), "records page by page")
    expect_equal(api.get("/api/v1/records?to=2000-01-01")["items"], [], "records of long ago")
    expect_equal(api.ask("GET", "/api/v1/records?from=soon")[0], 400, "no time")


def https(test):
    key, certificate = test.path("key.pem"), test.path("certificate.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "1", "-subj", "/CN=hub", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)
    files = (f'certificate_file = "{certificate}"\nprivate_key_file = "{key}"\nclient_ca_file = "{certificate}"\n')
    hub = Hub(test, rest=files + USERS + TOKENS, name="secure", http=True)
    context = ssl.create_default_context(cafile=certificate)
    api = Api(hub, scheme="https", context=context)
    try:
        api.get("/livez")
        expect(False, "let in without a certificate")
    except (ssl.SSLError, urllib.error.URLError, ConnectionError):
        pass
    context.load_cert_chain(certificate, key)  # self-signed, and so its own authority
    expect_equal(api.get("/livez"), "ok\n", "over https")
    expect_equal(api.get("/api/v1/calls")["items"], [], "calls")
    expect(f"https 127.0.0.1:{hub.http}" in hub.process.output(), "the ready line names the listener")


def body(test):
    hub = Hub(test, rest=USERS + TOKENS, http=True)
    api = Api(hub)
    expect_equal((api.get("/livez"), api.get("/readyz")), ("ok\n", "ok\n"), "probes")
    expect(f"http 127.0.0.1:{hub.http}" in hub.json("status")["listeners"], "status names the listener")
    refusals(hub, api)
    bob = Baresip(test, "bob", hub, "1002", "secret2", tone=1000, account=";answermode=auto")
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001", "1002")
    expect_equal(api.metric("junctor_registrations"), 2, "registrations")
    expect(api.metric('junctor_register_total{outcome="ok"}') >= 2, "REGISTER requests are counted")
    expect_equal(len(api.get("/api/v1/registrations")["items"]), 2, "contacts")
    users(test, hub, api)
    records(api, [calls(api, alice, bob), calls(api, alice, bob), click_to_dial(api, alice, bob)])
    click_to_dial_rings(test, hub, api, alice)
    expect(re.search(r"http method=GET path=/api/v1/calls status=200 ", hub.process.output()), "access log")
    expect("sesame" not in hub.process.output(), "no token in the log")
    https(test)

    alice.dial("1002")
    alice.wait_for("CALL_ESTABLISHED")
    hub.cli("drain", "--timeout", "60")
    status, problem = api.ask("GET", "/readyz")
    expect_equal((status, problem["code"]), (503, "draining"), "readiness while draining")
    expect_equal((api.get("/livez"), api.metric("junctor_draining")), ("ok\n", 1), "life while draining")
    alice.command("hangup")
    hub.process.wait()


run(body)
