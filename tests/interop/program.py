"""A program over WebSockets: its control connection of RWI, and the media sockets of its streams."""
import json
import queue
import threading

from harness import PATIENCE, Failure, expect
from rwi import Closed, WebSocket


class Connection:
    """What comes is kept in order: texts as JSON in a queue, binary frames in `frames`."""

    def __init__(self, port, path, token):
        self.socket = WebSocket(("127.0.0.1", port), path, {"Authorization": f"Bearer {token}"})
        self.texts, self.frames, self.closed = queue.Queue(), [], False
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while True:
                message = self.socket.receive(timeout=600)
                if isinstance(message, bytes):
                    self.frames.append(message)
                else:
                    self.texts.put(json.loads(message))
        except (Closed, OSError):
            self.closed = True

    def send(self, message):
        self.socket.send(message)

    def next(self, what, wanted, patience=PATIENCE):
        """The next text for which wanted(text) holds; those before it are gone."""
        while True:
            try:
                text = self.texts.get(timeout=patience)
            except queue.Empty:
                raise Failure(f"waited {patience} s in vain: {what}") from None
            if wanted(text):
                return text

    def event(self, name):
        return self.next(f"event {name}", lambda text: text.get("event") == name)


class Program(Connection):
    def __init__(self, port, token):
        super().__init__(port, "/rwi/v1", token)
        self.port, self.token, self.actions = port, token, 0

    def command(self, action, **params):
        """Gives a command; returns its result, whatever it is."""
        self.actions += 1
        action_id = f"a{self.actions}"
        self.send({"action": action, "action_id": action_id, "params": params})
        return self.next(f"result of {action}", lambda text: text.get("action_id") == action_id)

    def do(self, action, **params):
        """The same, and it is done: returns its data."""
        result = self.command(action, **params)
        expect(result.get("status") == "success", f"{action}: {result}")
        return result.get("data")

    def media(self, opened):
        """The media socket of a stream that a command has opened."""
        return Connection(self.port, opened["media_url"], self.token)
