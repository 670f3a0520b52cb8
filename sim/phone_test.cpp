// The simulated phones against each other, with no hub between them: what they are judged by must itself be right.
#include "sim/phone.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>

namespace junctor::sim {
namespace {

using namespace std::chrono_literals;

class PhonesTest : public ::testing::Test {
 protected:
  Phone& make(const std::string& user, std::uint8_t host, std::uint8_t other, Wire::Kind wire = Wire::Kind::udp) {
    PhoneSetup setup;
    setup.user = user;
    setup.domain = "sim";
    setup.local = {IpAddress::v4(10, 1, 0, host), 5060};
    setup.hub = {IpAddress::v4(10, 1, 0, other), 5060};
    setup.wire = wire;
    phones_.push_back(std::make_unique<Phone>(world, net, setup));
    return *phones_.back();
  }
  void expect_no_complaints() {
    for (const auto& phone : phones_) EXPECT_THAT(phone->complaints(), ::testing::ElementsAre());
  }

  World world{Seed{7}};
  Net net{world};
  std::vector<std::unique_ptr<Phone>> phones_;
};

TEST_F(PhonesTest, CallAnswerSpeakHangUp) {
  Phone& alice = make("alice", 1, 2);
  Phone& bob = make("bob", 2, 1);
  alice.dial("bob");
  ASSERT_TRUE(world.until(1s, [&] { return bob.ringing() && alice.ringback(); }));
  bob.answer();
  ASSERT_TRUE(world.until(1s, [&] { return alice.up() && bob.up(); }));
  alice.speak(440);
  bob.speak(880);
  ASSERT_TRUE(world.until(2s, [&] { return bob.hears(440) && alice.hears(880); }));
  EXPECT_FALSE(bob.hears(880));
  alice.hang_up();
  ASSERT_TRUE(world.until(1s, [&] { return alice.idle() && bob.idle(); }));
  EXPECT_TRUE(bob.line().hung_up_by_peer());
  world.run_for(70s);
  EXPECT_EQ(alice.pending_transactions() + bob.pending_transactions(), 0u);
  expect_no_complaints();
}

TEST_F(PhonesTest, BadLineStillConnects) {
  Phone& alice = make("alice", 1, 2);
  Phone& bob = make("bob", 2, 1);
  net.link(alice.address().ip).loss(0.3).delay(40ms, 20ms).duplicate(0.2).reorder(0.2);
  bob.habits().answers_after = 2s;
  bob.habits().rings_reliably = true;
  alice.dial("bob");
  ASSERT_TRUE(world.until(30s, [&] { return alice.up() && bob.up(); }));
  alice.line().hold();
  ASSERT_TRUE(world.until(30s, [&] { return bob.line().on_hold_by_peer() && bob.line().reinvites_done() == 1; }));
  bob.hang_up();
  ASSERT_TRUE(world.until(30s, [&] { return alice.idle() && bob.idle(); }));
  expect_no_complaints();
}

TEST_F(PhonesTest, CancelRejectLateOffer) {
  Phone& alice = make("alice", 1, 2);
  Phone& bob = make("bob", 2, 1);
  Line& first = alice.dial("bob");
  ASSERT_TRUE(world.until(1s, [&] { return alice.ringback(); }));
  first.cancel();
  ASSERT_TRUE(world.until(1s, [&] { return first.ended() && bob.idle(); }));
  EXPECT_EQ(first.status(), 487);
  Line& second = alice.dial("bob");
  ASSERT_TRUE(world.until(1s, [&] { return bob.ringing(); }));
  bob.reject(486);
  ASSERT_TRUE(world.until(1s, [&] { return second.ended(); }));
  EXPECT_EQ(second.status(), 486);
  bob.habits().answers_after = 1s;
  bob.habits().early_media = true;
  bob.habits().rings_reliably = true;
  alice.dial("bob", {.late_offer = true});
  ASSERT_TRUE(world.until(5s, [&] { return alice.up() && bob.up(); }));
  EXPECT_TRUE(alice.line().early_media());
  expect_no_complaints();
}

TEST_F(PhonesTest, GlareIsSettled) {
  Phone& alice = make("alice", 1, 2);
  Phone& bob = make("bob", 2, 1);
  bob.habits().answers_after = 10ms;
  alice.dial("bob");
  ASSERT_TRUE(world.until(5s, [&] { return alice.up() && bob.up(); }));
  alice.line().hold();
  bob.line().reinvite(sip::sdp::Direction::sendrecv);
  ASSERT_TRUE(world.until(1s, [&] { return alice.line().glares() == 1 && bob.line().glares() == 1; }));
  ASSERT_TRUE(world.until(10s, [&] { return alice.line().reinvites_done() == 2 && bob.line().reinvites_done() == 2; }));
  expect_no_complaints();
}

TEST_F(PhonesTest, SessionTimerIsRefreshed) {
  Phone& alice = make("alice", 1, 2);
  Phone& bob = make("bob", 2, 1);
  alice.habits().session_expires = 120;
  bob.habits().answers_after = 10ms;
  alice.dial("bob");
  ASSERT_TRUE(world.until(5s, [&] { return alice.up() && bob.up(); }));
  world.run_for(10min);
  EXPECT_TRUE(alice.up() && bob.up());
  EXPECT_GE(bob.line().count(sip::Method::update), 9);
  alice.habits().refuses_to_refresh = true;
  ASSERT_TRUE(world.until(5min, [&] { return alice.idle() && bob.idle(); }));
  EXPECT_EQ(bob.complaints().size(), 1u);
}

TEST_F(PhonesTest, OverTcpInPieces) {
  Phone& alice = make("alice", 1, 2, Wire::Kind::tcp);
  Phone& bob = make("bob", 2, 1, Wire::Kind::tcp);
  net.link(alice.address().ip).loss(0.2).delay(30ms, 20ms);
  bob.habits().answers_after = 100ms;
  alice.dial("bob");
  ASSERT_TRUE(world.until(20s, [&] { return alice.up() && bob.up(); }));
  alice.line().hold();
  ASSERT_TRUE(world.until(20s, [&] { return alice.line().reinvites_done() == 1; }));
  bob.hang_up();
  ASSERT_TRUE(world.until(20s, [&] { return alice.idle() && bob.idle(); }));
  expect_no_complaints();
}

}  // namespace
}  // namespace junctor::sim
