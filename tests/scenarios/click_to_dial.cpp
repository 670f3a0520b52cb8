// A call that somebody else asks for: what the first party hears until the second one is there.
#include "hub/programs.hpp"
#include "scenario.hpp"

namespace junctor::sim {
namespace {

bool hears_something(Phone& phone) {
  return phone.up() && phone.line().audio().level_dbm0() > -30;
}

class ClickToDial : public ::testing::TestWithParam<bool> {};

TEST_P(ClickToDial, TheFirstOneHearsTheSecondRing) {
  const bool early_media = GetParam();
  Sim sim{Seed{774}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  bob.habits().early_media = early_media;
  bool told = false;
  sim.hub().core().programs().click_to_dial().start(
      "1001", "1002", [&](const auto& started) { told = started.has_value(); }, sim.now());
  ASSERT_TRUE(sim.until(3s, [&] { return alice.ringing(); }));
  EXPECT_TRUE(told);
  alice.answer();
  ASSERT_TRUE(sim.until(3s, [&] { return alice.up() && bob.ringing(); }));
  if (early_media) {
    bob.speak(620);
    EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(620); }));
  } else {
    EXPECT_TRUE(sim.until(2s, [&] { return hears_something(alice); }));
    EXPECT_FALSE(alice.hears(880));  // it is the hub's tone: two at a time
  }
  bob.answer();
  ASSERT_TRUE(sim.until(3s, [&] { return bob.up(); }));
  sim.run_for(500ms);
  EXPECT_FALSE(hears_something(alice) && !alice.hears(620));
  EXPECT_TRUE(talk(sim, alice, bob));
  alice.hang_up();
  EXPECT_TRUE(sim.until(1s, [&] { return !bob.up(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Ways, ClickToDial, ::testing::Bool(),
                         [](const auto& one) { return std::string(one.param ? "early_media" : "ringing"); });

TEST(ClickToDialRefused, TheFirstOneIsReleased) {
  Sim sim{Seed{775}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  sim.hub().core().programs().click_to_dial().start("1001", "1002", [](const auto&) {}, sim.now());
  ASSERT_TRUE(sim.until(3s, [&] { return alice.ringing(); }));
  alice.answer();
  ASSERT_TRUE(sim.until(5s, [&] { return bob.ringing() && hears_something(alice); }));
  bob.reject(486);
  EXPECT_TRUE(sim.until(2s, [&] { return !alice.up(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
