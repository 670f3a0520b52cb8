// The last messages of a call are kept, also after its end, for a while.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

TEST(MessageRing, KeepsACallsMessagesForTenMinutesAfterItsEnd) {
  Sim sim{Seed{211}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  const std::vector<std::string> call_ids{alice.line().call_id(), bob.line().call_id()};
  alice.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return bob.idle(); }));
  sim.run_for(1s);
  const auto kept = sim.hub().core().messages().find(call_ids);
  ASSERT_GE(kept.size(), 15u);
  EXPECT_THAT(kept.front().text, HasSubstr("INVITE sip:1002"));
  EXPECT_THAT(kept.back().text, HasSubstr("BYE"));
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.at < b.at; }));
  sim.run_for(9min);
  EXPECT_FALSE(sim.hub().core().messages().find(call_ids).empty());
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
