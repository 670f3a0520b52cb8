// REFER with Replaces (RFC 3891): first ask, then connect.
#include <array>

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

std::uint16_t port_of(const Line& line) {
  return line.remote_sdp()->media.front().port;
}
/// Which of two media workers that port was taken from.
std::uint32_t home_of(const Line& line) {
  return port_of(line) / 2u % 2u;
}

// The ports come together without anybody being told: the same addresses, the same streams, and no pause beside the
// one that a transfer is.
TEST(TransferAttended, BetweenCallsOnTwoWorkers) {
  for (const bool held : {false, true}) {
    Sim sim{Seed{103}, {.config = "[rtp]\nworkers = 2\n"}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    Phone& carol = sim.phone("1003");
    ASSERT_TRUE(connect(sim, alice, bob));
    ASSERT_TRUE(talk(sim, alice, bob));
    Line& first = bob.line();
    if (held) {
      first.hold();
      ASSERT_TRUE(sim.until(2s, [&] { return alice.line().on_hold_by_peer(); }));
    }
    Line& second = bob.dial("1003");
    ASSERT_TRUE(sim.until(2s, [&] { return carol.ringing(); }));
    carol.answer();
    ASSERT_TRUE(sim.until(2s, [&] { return second.up() && carol.up(); }));
    ASSERT_TRUE(talk(sim, second, carol.line()));
    ASSERT_NE(home_of(alice.line()), home_of(carol.line()));
    const std::array ports{port_of(alice.line()), port_of(carol.line())};
    const std::array invites{alice.line().count(Method::invite), carol.line().count(Method::invite)};
    alice.speak(600);  // what nobody said before
    carol.speak(1200);
    for (Phone* phone : {&alice, &carol}) phone->line().audio().watch_gaps();

    first.refer(second);
    const TimePoint referred = sim.now();
    ASSERT_TRUE(sim.until(3s, [&] { return alice.hears(1200) && carol.hears(600); }));
    EXPECT_LT(sim.now() - referred, 250ms) << "100 ms of it are what hearing takes";
    ASSERT_TRUE(sim.until(3s, [&] { return bob.idle(); }));
    EXPECT_EQ(ports, (std::array{port_of(alice.line()), port_of(carol.line())}));
    // Who was on hold is told that it is over, and then whoever it talks to now.
    EXPECT_EQ(alice.line().count(Method::invite), invites[0] + held);
    EXPECT_EQ(carol.line().count(Method::invite), invites[1] + held);

    sim.run_for(5s);
    for (const Phone* phone : {&alice, &carol}) {
      const Speaker& heard = phone->lines().back()->audio();
      EXPECT_EQ(heard.ssrc_changes(), 0u);
      EXPECT_EQ(heard.sequence_jumps(), 0u);
      EXPECT_EQ(heard.timestamp_faults(), 0u);
      if (phone == &alice && held) continue;
      // A frame is 20 ms and one may be missing.
      EXPECT_LE(heard.longest_gap(), 40ms);
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
