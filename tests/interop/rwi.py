"""A program that controls a hub over RWI, for tests: the Python client, with the harness' way to fail."""

import os
import sys
import time

from harness import PATIENCE, Failure, expect

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "clients", "python"))
from junctor_rwi import Client, Closed, Refused, WebSocket  # noqa: E402, F401

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


class Rwi(Client):
    def __init__(self, hub, token="secret-bot-token", **more):
        super().__init__(f"ws://127.0.0.1:{hub.http}", token, reconnect=False, **more)

    def done(self, action, params=None, **members):
        """The data of a command that must succeed."""
        result = self.result(self.send(action, params, **members), PATIENCE)
        expect(result["status"] == "success", f"{action} {params}: {result}")
        return result.get("data")

    def refused(self, action, params=None, **members):
        """The code with which a command must be refused."""
        result = self.result(self.send(action, params, **members), PATIENCE)
        expect(result["status"] == "error", f"{action} {params} was done: {result}")
        return result.get("code")

    def wait_for(self, name, call_id=None):
        try:
            return self.next(name, call_id=call_id, patience=PATIENCE)
        except TimeoutError as error:
            raise Failure(f"{error}; there were {self.events}") from None

    def quiet(self, secs=0.3):
        """All events that come in a while."""
        deadline = time.monotonic() + secs
        while self._take(deadline):
            pass
        events, self.events = self.events, []
        return events
