// A stranger who knows the port can neither speak into a call nor draw its audio to himself.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(RtpStealing, AStrangerIsNotHeardAndHearsNothing) {
  Sim sim{Seed{141}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  const Address target = *alice.line().audio().remote();
  const Address thief{IpAddress::v4(10, 9, 9, 9), 7000};
  int drawn = 0;
  sim.net().bind(thief, [&](const Address&, std::span<const std::uint8_t>) { ++drawn; });
  std::string packet(172, '\x2a');
  packet[0] = '\x80';
  packet[1] = '\x08';
  for (int i = 0; i < 500; ++i) {
    packet[3] = static_cast<char>(i);
    packet[2] = static_cast<char>(i >> 8);
    sim.net().send(thief, target, bytes_of(packet));
    sim.run_for(10ms);
  }
  EXPECT_EQ(drawn, 0);
  EXPECT_TRUE(alice.hears(880) && bob.hears(440));
  EXPECT_EQ(bob.line().audio().sequence_jumps(), 0u);
  sim.net().unbind(thief);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(RtpStealing, AudioFollowsAPhoneWhoseNatMovesIt) {
  Sim sim{Seed{142}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  alice.line().audio().be_quiet();
  sim.run_for(3s);  // two seconds of silence release the lock
  const Address target = *alice.line().audio().remote();
  const Address moved{IpAddress::v4(10, 1, 0, 200), 7000};
  int heard = 0;
  sim.net().bind(moved, [&](const Address&, std::span<const std::uint8_t>) { ++heard; });
  std::string packet(172, '\xd5');
  packet[0] = '\x80';
  packet[1] = '\x08';
  for (int i = 0; i < 100; ++i) {
    packet[3] = static_cast<char>(i);
    packet[6] = static_cast<char>(i * 160 >> 8);
    packet[7] = static_cast<char>(i * 160);
    sim.net().send(moved, target, bytes_of(packet));
    sim.run_for(20ms);
  }
  EXPECT_GT(heard, 20);
  sim.net().unbind(moved);
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
