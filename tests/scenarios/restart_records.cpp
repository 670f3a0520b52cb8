// kill -9 in the middle of calls: every call has exactly one record, the cut ones marked so.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(RestartRecords, EveryCallHasOneRecordWheneverItIsCut) {
  for (int ms = 0; ms < 80; ms += 2) {
    Sim sim{Seed{400 + static_cast<std::uint64_t>(ms)}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    Phone& carol = sim.phone("1003");
    bob.habits().answers_after = 10ms;
    carol.habits().rejects_with = 486;
    Line& answered = alice.dial("1002");
    Line& refused = alice.dial("1003");
    sim.run_for(milliseconds(ms));
    const bool heard = answered.ringback() || answered.up();
    for (Phone* phone : {&alice, &bob, &carol}) phone->crash();
    sim.crash_hub();
    sim.run_for(1s);
    sim.start_hub();
    sim.run_for(1s);
    std::size_t of_answered = 0, of_refused = 0;
    for (const auto& [id, record] : sim.disk().calls) {
      EXPECT_NE(record.call.disposition, store::Disposition::open);
      if (!record.legs.empty() && record.legs.front().sip_call_id == answered.call_id()) ++of_answered;
      if (!record.legs.empty() && record.legs.front().sip_call_id == refused.call_id()) ++of_refused;
    }
    EXPECT_LE(of_answered, 1u) << ms << " ms";
    EXPECT_LE(of_refused, 1u) << ms << " ms";
    // What the caller has heard of was safe before.
    if (heard) {
      EXPECT_EQ(of_answered, 1u) << ms << " ms";
    }
  }
}

TEST(RestartRecords, ACutCallSaysSo) {
  Sim sim{Seed{131}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  sim.run_for(1s);
  const std::string call_id = alice.line().call_id();
  alice.line().vanish();
  bob.line().vanish();
  sim.crash_hub();
  sim.start_hub();
  ASSERT_EQ(sim.disk().calls.size(), 1u);
  const auto& record = sim.disk().calls.begin()->second;
  EXPECT_EQ(record.call.disposition, store::Disposition::interrupted);
  EXPECT_NE(record.call.answer_ms, 0);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(RestartRecords, NoRingingBeforeTheRowIsSafe) {
  Sim sim{Seed{132}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  sim.hub().store().faults.stuck = true;
  alice.dial("1002");
  sim.run_for(2s);
  EXPECT_FALSE(alice.ringback());
  sim.hub().store().faults.stuck = false;
  ASSERT_TRUE(sim.until(5s, [&] { return bob.ringing() && alice.ringback(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
