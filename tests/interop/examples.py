"""The programs of examples/ against a hub: a bot that collects digits and transfers, click to dial, and a voice bot that is
interrupted."""
import os
import re
import sys

from harness import Baresip, Hub, Process, expect, expect_equal, run, wait_until

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")


def configuration():
    """examples/junctor.toml without its [hub], which the harness writes."""
    with open(os.path.join(EXAMPLES, "junctor.toml")) as file:
        return re.sub(r"\[hub\]\n(?:[^\[\n].*\n|\n)*", "", file.read(), count=1)


def example(test, hub, name, *words):
    return Process(test, name, [sys.executable, os.path.join(EXAMPLES, f"{name}.py"), *words, f"ws://127.0.0.1:{hub.http}"])


def body(test):
    hub = Hub(test, rest=configuration(), http=True)
    alice = Baresip(test, "alice", hub, "1001", "examples-1001", tone=440)
    bob = Baresip(test, "bob", hub, "1002", "examples-1002", tone=660)
    hub.wait_for_registrations("1001", "1002")

    # Click to dial.
    click = example(test, hub, "click_to_dial", "1001", "1002")
    for phone in (alice, bob):
        phone.wait_for("CALL_INCOMING")
        phone.command("accept")
    click.wait_for_output("^talking")
    alice.wait_to_hear(660, "bob")
    bob.wait_to_hear(440, "alice")
    alice.command("hangup")
    bob.wait_for("CALL_CLOSED")
    expect_equal(click.wait(), 0, "its exit code")

    # A bot that is dialled, gets a number, and sends the caller there.
    bot = example(test, hub, "inbound_bot")
    bot.wait_for_output("^waiting")
    alice.dial(f"sip:7777@127.0.0.1:{hub.port}")
    alice.wait_for("CALL_ESTABLISHED")
    bot.wait_for_output("^asking")
    for key in "1002#":
        alice.press(key)
    bot.wait_for_output("^pressed 1002")
    bob.wait_for("CALL_INCOMING")
    bob.command("accept")
    bot.wait_for_output("^call.transferred|^call.hangup")
    alice.wait_to_hear(660, "bob after the transfer")
    bob.wait_to_hear(440, "alice after the transfer")
    alice.command("hangup")
    bob.wait_for("CALL_CLOSED")

    # A bot that listens; a phone that never stops speaking is told to be quiet by hanging up.
    voice = example(test, hub, "voice_bot")
    voice.wait_for_output("^waiting")
    alice.dial(f"sip:7778@127.0.0.1:{hub.port}")
    alice.wait_for("CALL_ESTABLISHED")
    voice.wait_for_output("^listening")
    before = alice.received()
    wait_until(lambda: alice.received() >= before + 100, "two seconds of listening")
    alice.command("mute")
    voice.wait_for_output(r"^heard \d+ ms")
    alice.wait_to_hear(440, "itself, said back by the bot")
    alice.command("hangup")
    voice.wait_for_output("^done")
    expect(bot.is_running() and voice.is_running(), "the bots go on")
    hub.expect_nothing_left()


run(body)
