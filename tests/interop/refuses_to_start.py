"""A port in use, a folder that cannot be written to, a broken database, a second hub on the same data: one clear line,
exit code 1, and nothing half started."""
import os
import socket

from harness import Hub, expect, expect_equal, run


def refused(hub, *words):
    shown = hub.cli("run", code=1, errors=True)
    lines = [line for line in shown.splitlines() if line]
    expect_equal(len(lines), 1, f"lines in {shown!r}")
    for word in words:
        expect(word in lines[0], f"{word!r} in {lines[0]!r}")
    expect(not shown.startswith("ready"), "it did not say ready")


def body(test):
    hub = Hub(test, start=False)
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as occupant:
            occupant.bind(("127.0.0.1", hub.port))
            if kind == socket.SOCK_STREAM:
                occupant.listen()
            refused(hub, str(hub.port), "in use")

    hub.start()
    second = Hub(test, start=False)  # other ports, the same folder
    refused(second, "data")
    hub.process.stop()

    with open(test.path("data", "junctor.db"), "wb") as database:
        database.write(b"this is no database\n" * 400)
    refused(hub, "junctor.db")

    test.write("in-the-way", "")
    with open(hub.config) as file:
        text = file.read()
    test.write(os.path.basename(hub.config), text.replace(test.path("data"), os.path.join(test.path("in-the-way"), "data")))
    refused(hub, "in-the-way")


run(body)
