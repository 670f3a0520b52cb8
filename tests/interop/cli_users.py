"""Users are added, get a new password and are removed while the hub runs; a phone feels each change at once."""
from harness import Baresip, Hub, expect, run

REFUSED = "reg: sip:2001@.*: 40[13] "


def body(test):
    hub = Hub(test)
    hub.cli("user", "add", "2001", "--display-name", "Dora", "--password-file", "-", stdin="first\n")
    hub.cli("user", "add", "2001", "--password-file", "-", stdin="first\n", code=1)
    hub.cli("user", "add", "1001", "--password-file", "-", stdin="first\n", code=1)
    phone = Baresip(test, "dora", hub, "2001", "first")
    hub.wait_for_registrations("2001")
    phone.process.stop()
    hub.wait_for_registrations()

    hub.cli("user", "passwd", "2001", "--password-file", "-", stdin="second\n")
    old = Baresip(test, "dora-old", hub, "2001", "first")
    old.process.wait_for_output(REFUSED)
    Baresip(test, "dora-new", hub, "2001", "second")
    hub.wait_for_registrations("2001")

    hub.process.stop()
    hub.start()
    hub.wait_for_registrations("2001")
    hub.cli("user", "remove", "2001")
    hub.cli("user", "remove", "2001", code=1)
    hub.wait_for_registrations()
    gone = Baresip(test, "dora-gone", hub, "2001", "second")
    gone.process.wait_for_output(REFUSED)
    with open(test.path("data", "junctor.db"), "rb") as database:
        content = database.read()
    expect(b"second" not in content and b"secret1" not in content, "no password in clear text in the database")


run(body)
