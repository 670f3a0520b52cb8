"""What the called party says no with is what the caller hears: busy, declined, and what else a carrier may answer."""
from harness import expect_equal, run
from sipp import Callee, Caller, TrunkHub, play

# called party's answer → the caller's, disposition, Q.850 cause
REFUSALS = [(486, 486, "busy", 17), (603, 603, "rejected", 21), (403, 403, "rejected", 21), (404, 404, "failed", 1),
            (480, 480, "no_answer", None), (500, 500, "failed", None), (600, 600, "busy", 17), (302, 480, "no_answer", 18)]


def body(test):
    hub = TrunkHub(test)
    # A refusal may overtake the 180, which waits until the call is in the journal.
    for number, (answer, heard, disposition, cause) in enumerate(REFUSALS, 1):
        play(Callee(hub).ringing().refuse(answer), Caller(hub).invite().trying().response(180, optional=True).refused(heard))
        record = hub.closed_records(number)[0]
        expect_equal((record["disposition"], record["sip_status"]), (disposition, heard), f"record after {answer}")
        if cause:
            expect_equal(record["q850"], cause, f"Q.850 cause after {answer}")
    hub.expect_nothing_left()


run(body)
