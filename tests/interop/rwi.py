"""A program that controls a hub over RWI, for tests."""

import json
import os
import time

from harness import Failure, PATIENCE, expect
from web_socket import WebSocket

TOKENS = """
[rwi]
originate_rate_limit = 1000
[[rwi.tokens]]
name = "bot"
token = "secret-bot-token"
scopes = ["call.control", "record.control", "media.stream"]
[[rwi.tokens]]
name = "supervisor"
token = "secret-supervisor-token"
scopes = ["call.control", "supervisor.control"]
[[rwi.tokens]]
name = "viewer"
token = "secret-viewer-token"
scopes = ["observe_all"]
[[rwi.contexts]]
name = "ivr_bot"
no_answer_timeout_secs = 10
[[routes]]
name = "bot"
match = { to = "^7777$" }
action = "rwi"
target = "ivr_bot"
"""


class Rwi:
    def __init__(self, hub, token="secret-bot-token", query="", protocol="rwi-v1"):
        self.socket = WebSocket(("127.0.0.1", hub.http), f"/rwi/v1?token={token}{query}", protocol=protocol)
        self.events, self.results, self.number, self.order = [], {}, 0, []
        self.prefix = os.urandom(4).hex()  # action_ids are the token's, not the socket's
        self.started = None if query or protocol.endswith("flat") else self.wait_for("session.started")

    def _take(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        try:
            message = json.loads(self.socket.receive(left))
        except TimeoutError:
            return False
        self.order.append(message)
        if "action_id" in message:
            self.results.setdefault(message["action_id"], []).append(message)
        else:
            self.events.append(message)
        return True

    def send(self, action, params=None, **members):
        self.number += 1
        action_id = f"{self.prefix}-{self.number}"
        self.socket.send({"action_id": action_id, "action": action, "params": params or {}, **members})
        return action_id

    def result(self, action_id, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while not self.results.get(action_id):
            if not self._take(deadline):
                raise Failure(f"no result of {action_id}; events: {[e.get('event') or e.get('event_type') for e in self.events]}")
        return self.results[action_id].pop(0)

    def command(self, action, params=None, **members):
        """What came of it, done."""
        result = self.result(self.send(action, params, **members))
        expect(result["status"] == "success", f"{action} {params}: {result}")
        return result.get("data")

    def refused(self, action, params=None, **members):
        """The code with which it was refused."""
        result = self.result(self.send(action, params, **members))
        expect(result["status"] == "error", f"{action} {params} was done: {result}")
        return result["code"]

    def wait_for(self, name, call_id=None, patience=PATIENCE):
        """Takes the first event of that name (and call)."""
        deadline = time.monotonic() + patience
        while True:
            for index, event in enumerate(self.events):
                same = name in (event.get("event"), event.get("event_type"))
                if same and call_id in (None, event.get("call_id")):
                    return self.events.pop(index)
            if not self._take(deadline):
                raise Failure(f"no {name} of {call_id}; there were {self.events}")

    def quiet(self, secs=0.3):
        """All that comes in a while."""
        deadline = time.monotonic() + secs
        while self._take(deadline):
            pass
        events, self.events = self.events, []
        return events

    def close(self):
        self.socket.close()
