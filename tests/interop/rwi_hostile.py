"""Programs that mean no good, over real sockets: too many, too large, too fast, and one that never reads. And RWI over plain HTTP:
a command by POST, its events as a stream."""
import http.client
import json
import socket
import time

from harness import USERS, Baresip, Hub, expect, expect_equal, run, wait_until
from rwi import TOKENS, Closed, Refused, Rwi, WebSocket

BEARER = {"Authorization": "Bearer secret-bot-token"}
CONNECTIONS = 4


def post(hub, action_id, action, params):
    """A command by POST: status and result."""
    connection = http.client.HTTPConnection("127.0.0.1", hub.http, timeout=20)
    connection.request("POST", "/rwi/v1/command", headers=BEARER,
                       body=json.dumps({"action_id": action_id, "action": action, "params": params}))
    answer = connection.getresponse()
    result = json.loads(answer.read())
    connection.close()
    return answer.status, result


def over_http(hub, alice):
    connection = http.client.HTTPConnection("127.0.0.1", hub.http, timeout=20)
    connection.request("GET", "/rwi/v1/events", headers=BEARER)
    stream = connection.getresponse()
    expect_equal((stream.status, stream.getheader("Content-Type")), (200, "text/event-stream"), "the stream")

    def next_event():
        line = stream.readline().decode().rstrip("\n")
        while not line.startswith("data: "):
            line = stream.readline().decode().rstrip("\n")
        return json.loads(line[len("data: "):])

    status, result = post(hub, "h1", "call.originate", {"call_id": "leg", "destination": "sip:1001@local"})
    expect_equal((status, result["data"]), (200, {"call_id": "leg"}), "originate by POST")
    alice.wait_for("CALL_INCOMING")
    event = next_event()
    expect_equal((event["event"], event["call_id"]), ("call.ringing", "leg"), "the first event")
    expect_equal(post(hub, "h1", "call.originate", {"call_id": "leg", "destination": "sip:1001@local"})[1]["duplicate"], True,
                 "the same once more")
    expect_equal(post(hub, "h2", "call.hold", {"call_id": "leg"})[1]["code"], "invalid_state", "a call that rings is held")
    expect_equal(post(hub, "h3", "call.hangup", {"call_id": "leg"})[0], 200, "hangup by POST")
    last = next_event()
    expect_equal((last["event"], last["data"]["reason"]), ("call.hangup", "canceled"), "the last event")
    expect(last["seq"] > event["seq"], "numbers grow")
    alice.wait_for("CALL_CLOSED")
    connection.close()


def connect(hub):
    """When those who were there before are really gone."""
    def try_it():
        try:
            return WebSocket(("127.0.0.1", hub.http), "/rwi/v1", BEARER)
        except Refused:
            return None
    return wait_until(try_it, "room for one more")


def too_many(hub):
    programs = [Rwi(hub) for _ in range(CONNECTIONS - 1)]  # the session of HTTP commands is one, too
    try:
        Rwi(hub)
        expect(False, "one too many was let in")
    except Refused as refused:
        expect_equal(refused.status, 503, "one too many")
        expect("Retry-After:" in refused.head, refused.head)
    return programs


def too_large(hub, other):
    big = connect(hub)
    big.receive()
    try:
        big.send(" " * 10_000_000)
    except OSError:
        pass  # it is not even read to its end
    try:
        big.receive()
        expect(False, "ten megabytes were taken")
    except Closed as closed:
        expect(closed.code in (1009, 0), f"closed with {closed.code}")
    except ConnectionError:
        pass
    expect("ts" in other.done("session.ping"), "others go on")


def resident_megabytes(hub):
    with open(f"/proc/{hub.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def never_reads(hub, other):
    """Commands as fast as they are taken, and no result is ever read."""
    before = resident_megabytes(hub)
    flood = connect(hub)
    flood.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    given, deadline = 0, time.monotonic() + 2
    try:
        while time.monotonic() < deadline:
            pings = [{"action": "session.ping", "action_id": f"f{given + i}"} for i in range(100)]
            flood.send(pings)
            given += 100
    except (OSError, Closed):
        pass  # nobody reads any more, or the connection is gone: as it should be
    begun = time.monotonic()
    other.done("session.ping")
    expect(time.monotonic() - begun < 1, "others are answered at once")
    grown = resident_megabytes(hub) - before
    expect(grown < 120, f"{given} commands made the hub {grown:.0f} MB larger")
    flood.socket.close()


def body(test):
    hub = Hub(test, rest=USERS + TOKENS.replace("[rwi]", f"[rwi]\nmax_connections = {CONNECTIONS}", 1), http=True)
    alice = Baresip(test, "alice", hub, "1001", "secret1", tone=440)
    hub.wait_for_registrations("1001")
    over_http(hub, alice)
    programs = too_many(hub)
    programs.pop().close()
    too_large(hub, programs[0])
    never_reads(hub, programs[0])
    hub.expect_nothing_left()


run(body)
