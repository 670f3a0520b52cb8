// 18x with a description: the caller hears what the called side plays before anybody answers.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(EarlyMedia, IsHeardBeforeTheAnswer) {
  Sim sim{Seed{41}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  bob.habits().early_media = true;
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return bob.ringing() && alice.line().early_media(); }));
  EXPECT_THAT(alice.line().provisionals(), Contains(183));
  bob.speak(620);
  alice.speak(440);
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(620); }));
  bob.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up() && bob.up(); }));
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(620) && bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(EarlyMedia, AfterPlainRingingAndThenRefused) {
  Sim sim{Seed{42}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return bob.ringing() && alice.ringback(); }));
  EXPECT_FALSE(alice.line().early_media());
  bob.ring({.status = 183, .with_sdp = true});
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().early_media(); }));
  bob.reject(486);
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle(); }));
  EXPECT_EQ(alice.line().status(), 486);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(EarlyMedia, FromTheCarrier) {
  Sim sim{Seed{43}};
  Phone& alice = sim.phone("1001");
  Phone& carrier = sim.carrier();
  carrier.habits().early_media = true;
  alice.dial("030123");
  ASSERT_TRUE(sim.until(2s, [&] { return carrier.ringing() && alice.line().early_media(); }));
  carrier.speak(425);
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(425); }));
  carrier.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
