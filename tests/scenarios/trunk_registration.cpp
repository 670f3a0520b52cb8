// The hub registers at a carrier, which then knows where to call it.
#include "told_legs.hpp"

namespace junctor::sim {
namespace {

constexpr const char* registering = R"(
[[trunks]]
name = "line"
host = "10.3.0.7"
register = true
register_expires_secs = 120
username = "line7"
password = "secret"
[[routes]]
name = "from the line"
priority = 10
match = { trunk = "line", direction = "inbound", to = "^0307700$" }
action = "ring"
targets = ["user:1002"]
[[routes]]
name = "to the line"
priority = 10
match = { to = "^9" }
action = "dial"
target = "sip:*@line"
)";

std::optional<apps::RegistrationFacts> facts(Sim& sim) {
  return sim.hub().core().trunk_registrations().find("line", sim.now());
}

/// The URI that the hub registered with.
std::string contact_of(const sip::Message& request) {
  return sip::to_string(request.contact()->uri);
}

TEST(TrunkRegistration, CallsComeToTheContactFromWhereverTheyLike) {
  Sim sim{Seed{731}, {.config = registering}};
  Phone& registrar = sim.carrier(7);
  sim.hub().core();
  ASSERT_TRUE(sim.until(40s, [&] { return !registrar.inbox().empty() && facts(sim)->expires.has_value(); }));
  const sip::Message first = registrar.inbox().back();
  ASSERT_EQ(first.method(), Method::register_);
  EXPECT_EQ(first.header(HeaderId::expires).value_or(""), "120");
  EXPECT_EQ(facts(sim)->state, apps::RegistrationState::registered);

  // A server of the carrier that nobody has heard of; the number called stands in To alone.
  Phone& bob = sim.phone("1002");
  Phone& gateway = sim.carrier(99);
  DialOptions options;
  options.headers = {{"P-Called-Party-ID", "<sip:0307700@carrier.example>"}};
  gateway.dial(contact_of(first), std::move(options));
  ASSERT_TRUE(sim.until(3s, [&] { return bob.ringing(); }));
  bob.answer();
  ASSERT_TRUE(sim.until(3s, [&] { return gateway.up(); }));
  EXPECT_TRUE(talk(sim, gateway, bob));
  gateway.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return bob.idle(); }));
  const auto* r = record(sim, gateway.line());
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->call.trunk, "line");
  EXPECT_EQ(r->call.route, "from the line");

  // Another user part is nobody's.
  gateway.dial("sip:line7@10.0.0.1");
  ASSERT_TRUE(sim.until(3s, [&] { return gateway.line().ended(); }));
  EXPECT_EQ(gateway.line().status(), 407);

  const std::size_t before = registrar.inbox().size();
  sim.run_for(105s);
  EXPECT_EQ(registrar.inbox().size(), before + 1);  // renewed
  sim.hub().core().drain(30s, sim.now());
  EXPECT_EQ(sim.hub().core().ledger().unregistering, 1u);
  sim.run_for(1s);
  EXPECT_EQ(registrar.inbox().back().header(HeaderId::expires).value_or(""), "0");
  EXPECT_EQ(contact_of(registrar.inbox().back()), contact_of(first));
  EXPECT_EQ(sim.hub().core().ledger().unregistering, 0u);
  EXPECT_FALSE(facts(sim));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(TrunkRegistration, ACarrierThatIsNotThere) {
  Sim sim{Seed{732}, {.config = registering}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  sim.run_for(50s);
  EXPECT_EQ(facts(sim)->state, apps::RegistrationState::failed);
  EXPECT_NE(facts(sim)->reason, "");
  EXPECT_TRUE(connect(sim, alice, bob));  // everything else goes on
  Phone& registrar = sim.carrier(7);
  ASSERT_TRUE(sim.until(120s, [&] { return facts(sim)->state == apps::RegistrationState::registered; }));
  EXPECT_EQ(facts(sim)->reason, "");
  registrar.dial("0307700");  // by its address, too
  ASSERT_TRUE(sim.until(3s, [&] { return bob.lines().size() == 2 && bob.ringing(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
