"""Two phones without a common codec hear each other, and the recording of their call has each of them on its channel."""
import glob

from harness import USERS, Audio, Baresip, Hub, expect, expect_equal, run, wait_until


def body(test):
    for codecs, module, name in (("g722/16000/1", "g722.so", "G722"), ("opus/48000/2", "opus.so", "opus")):
        hub = Hub(test, USERS + "[recording]\ncalls = true\n", name=f"hub-{name}")
        bob = Baresip(test, f"bob-{name}", hub, "1002", "secret2", tone=1000, account=";answermode=auto",
                      config=f"module {module}", codecs=codecs)
        alice = Baresip(test, f"alice-{name}", hub, "1001", "secret1", tone=440)
        hub.wait_for_registrations("1001", "1002")
        alice.dial("1002")
        alice.wait_to_hear(1000, "bob's tone")
        bob.wait_to_hear(440, "alice's tone")
        call, = hub.calls()
        expect_equal({leg["codec_plan"] for leg in hub.json("calls", "show", call["id"])["legs"]},
                     {"mixer at 8000 Hz: recording"}, "plan")
        alice.command("hangup")
        bob.wait_for("CALL_CLOSED")
        record, = hub.closed_records()
        expect_equal([leg["codec"] for leg in record["legs"]], ["PCMU", name], "codecs")
        expect_equal([leg["verdict"] for leg in record["legs"]], ["", ""], "verdicts")
        manifest = record["recordings"][0]["manifest"]
        wait_until(lambda: glob.glob(manifest), "the manifest is written")
        file = manifest.removesuffix(".json") + ".wav"
        left, right = Audio(file).last(0.7), Audio(file, channel=1).last(0.7)
        expect(left.is_tone(440), f"alice on the left: {left.level_dbfs()} {left.share(440)}")
        expect(right.is_tone(1000), f"bob on the right: {right.level_dbfs()} {right.share(1000)}")
        hub.expect_nothing_left()


run(body)
