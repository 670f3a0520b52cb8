// REFER with Replaces (RFC 3891): first ask, then connect.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(TransferAttended, TheOthersTalk) {
  Sim sim{Seed{101}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  Line& first = bob.line();
  first.hold();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().on_hold_by_peer(); }));
  Line& second = bob.dial("1003");
  ASSERT_TRUE(sim.until(2s, [&] { return carol.ringing(); }));
  carol.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return second.up() && carol.up(); }));
  first.refer(second);
  ASSERT_TRUE(sim.until(5s, [&] { return bob.idle(); }));
  EXPECT_TRUE(alice.up() && carol.up());
  ASSERT_TRUE(talk(sim, alice, carol));
  alice.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return carol.idle(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

/// Which of two media workers has the port that this line was told to send to.
std::uint32_t worker_of(const Line& line) {
  return line.remote_sdp()->media.front().port / 2 % 2;
}

// The one who was asked first gets a new port, beside the other's; the pause is short, and the audio is whole after it.
TEST(TransferAttended, BetweenCallsOnTwoWorkers) {
  for (const bool keeps_hearing_on_hold : {false, true}) {
    Sim sim{Seed{103}, {.config = "[rtp]\nworkers = 2\n"}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    Phone& carol = sim.phone("1003");
    ASSERT_TRUE(connect(sim, alice, bob));
    ASSERT_TRUE(talk(sim, alice, bob));
    Line& first = bob.line();
    if (!keeps_hearing_on_hold) {
      first.hold();
      ASSERT_TRUE(sim.until(2s, [&] { return alice.line().on_hold_by_peer(); }));
    }
    Line& second = bob.dial("1003");
    ASSERT_TRUE(sim.until(2s, [&] { return carol.ringing(); }));
    carol.answer();
    ASSERT_TRUE(sim.until(2s, [&] { return second.up() && carol.up(); }));
    ASSERT_TRUE(talk(sim, second, carol.line()));
    ASSERT_NE(worker_of(alice.line()), worker_of(carol.line()));
    alice.speak(600);  // what nobody said before
    carol.speak(1200);

    first.refer(second);
    const TimePoint referred = sim.now();
    ASSERT_TRUE(sim.until(3s, [&] { return alice.hears(1200) && carol.hears(600); }));
    EXPECT_LT(sim.now() - referred, 500ms) << "100 ms of it are what hearing takes";
    EXPECT_EQ(worker_of(alice.line()), worker_of(carol.line()));
    ASSERT_TRUE(sim.until(3s, [&] { return bob.idle(); }));

    struct Books {
      std::uint64_t received, jumps, ssrcs, faults;
    };
    const auto books = [](const Phone& phone) {
      const Speaker& s = phone.lines().back()->audio();
      return Books{s.received(), s.sequence_jumps(), s.ssrc_changes(), s.timestamp_faults()};
    };
    for (const Phone* phone : {&alice, &carol}) {
      const Books before = books(*phone);
      sim.run_for(5s);
      const Books after = books(*phone);
      EXPECT_NEAR(static_cast<double>(after.received - before.received), 250, 2);
      EXPECT_EQ(after.jumps, before.jumps);
      EXPECT_EQ(after.ssrcs, before.ssrcs);
      EXPECT_EQ(after.faults, before.faults);
    }
    EXPECT_TRUE(alice.hears(1200) && carol.hears(600));
    alice.hang_up();
    ASSERT_TRUE(sim.until(2s, [&] { return carol.idle(); }));
    EXPECT_THAT(sim.close(), IsEmpty());
  }
}

TEST(TransferAttended, ToACallThatIsGone) {
  Sim sim{Seed{102}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  Line& first = bob.line();
  Line& second = bob.dial("1003");
  ASSERT_TRUE(sim.until(2s, [&] { return carol.ringing(); }));
  carol.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return second.up() && carol.up(); }));
  carol.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return second.ended(); }));
  first.refer(second);
  ASSERT_TRUE(
      sim.until(5s, [&] { return !first.transfer_progress().empty() && first.transfer_progress().back() >= 300; }));
  EXPECT_GE(first.transfer_progress().back(), 480);
  EXPECT_TRUE(alice.up() && first.up());
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
