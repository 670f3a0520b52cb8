// Calls to and from a carrier that is known by its address.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(Trunk, OutAndIn) {
  Sim sim{Seed{181}};
  Phone& alice = sim.phone("1001");
  Phone& carrier = sim.carrier();
  ASSERT_TRUE(connect(sim, alice, carrier, "0301234"));
  ASSERT_TRUE(talk(sim, alice, carrier));
  const auto* r = record(sim, alice.line());
  carrier.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle(); }));
  r = record(sim, alice.line());
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->call.trunk, "carrier");
  EXPECT_EQ(r->call.route, "to the carrier");
  EXPECT_EQ(r->call.direction, store::Direction::outbound);

  ASSERT_TRUE(connect(sim, carrier, alice, std::string(carrier_number)));
  ASSERT_TRUE(talk(sim, alice, carrier));
  alice.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return carrier.idle(); }));
  r = record(sim, carrier.line());
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->call.direction, store::Direction::inbound);
  EXPECT_EQ(r->call.route, "from the carrier");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Trunk, ByNameThroughSrvWithFailover) {
  Sim sim{Seed{182},
          {.config = "[[trunks]]\nname = \"named\"\nhost = \"carrier.example\"\n"
                     "[[routes]]\nname = \"by name\"\npriority = 50\nmatch = { to = \"^7\" }\naction = \"dial\"\n"
                     "target = \"sip:*@named\"\n"}};
  sim.names().service("_sip._udp.carrier.example", "a.carrier.example", 5060, 10);
  sim.names().service("_sip._udp.carrier.example", "b.carrier.example", 5060, 20);
  sim.names().host("a.carrier.example", IpAddress::v4(10, 3, 0, 10));
  sim.names().host("b.carrier.example", IpAddress::v4(10, 3, 0, 11));
  sim.crash_hub();  // it asks for its trunks when it starts
  sim.start_hub();
  Phone& alice = sim.phone("1001");
  Phone& first = sim.carrier(10);
  Phone& second = sim.carrier(11);
  first.habits().rejects_with = 503;
  second.habits().answers_after = 100ms;
  alice.dial("7123");
  ASSERT_TRUE(sim.until(10s, [&] { return alice.up(); }));
  EXPECT_TRUE(second.up());
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Trunk, NobodyThere) {
  Sim sim{Seed{183}};
  Phone& alice = sim.phone("1001");
  Line& line = alice.dial("0301234");  // the carrier is not up
  ASSERT_TRUE(sim.until(60s, [&] { return line.ended(); }));
  EXPECT_GE(line.status(), 480);
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
