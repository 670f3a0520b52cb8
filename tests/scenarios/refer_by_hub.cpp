// An app has a far end call somebody else (RFC 3515, RFC 3891), and is told how that goes.
#include "told_legs.hpp"

namespace junctor::sim {
namespace {

using Step = call::ReferNews::Step;

struct News {
  std::vector<call::ReferNews> all;
  std::vector<Step> steps() const {
    std::vector<Step> out;
    for (const auto& each : all) out.push_back(each.step);
    return out;
  }
  bool over() const { return !all.empty() && all.back().step != Step::accepted && all.back().step != Step::trying; }
};

bool refer(Sim& sim, const Place& place, const call::Leg::Refer& what, News& news) {
  return sim.hub()
      .core()
      .calls()
      .refer(
          place.call, place.leg, what, [&news](const call::ReferNews& told, TimePoint) { news.all.push_back(told); },
          sim.now())
      .has_value();
}

TEST(ReferByHub, ThePhoneCallsTheTarget) {
  Sim sim{Seed{711}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  ASSERT_TRUE(connect(sim, alice, bob));
  const Place place = place_of(sim, bob.line());
  Line& before = bob.line();
  News news;
  ASSERT_TRUE(refer(sim, place, {.target = "sip:1003@10.0.0.1", .referred_by = "sip:desk@10.0.0.1"}, news));
  EXPECT_FALSE(refer(sim, place, {.target = "sip:1004@10.0.0.1"}, news));
  ASSERT_TRUE(sim.until(3s, [&] { return carol.ringing(); }));
  ASSERT_NE(before.last_got(Method::refer), nullptr);
  EXPECT_EQ(before.last_got(Method::refer)->header("Refer-To"), "<sip:1003@10.0.0.1>");
  EXPECT_EQ(before.last_got(Method::refer)->header("Referred-By"), "<sip:desk@10.0.0.1>");
  sim.run_for(100ms);
  carol.answer();
  ASSERT_TRUE(sim.until(3s, [&] { return news.over(); }));
  EXPECT_EQ(news.steps(), (std::vector{Step::accepted, Step::trying, Step::trying, Step::succeeded}));
  EXPECT_EQ(news.all[2].status, 180);
  EXPECT_EQ(news.all[3].status, 200);
  EXPECT_TRUE(talk(sim, bob, carol));
  EXPECT_EQ(before.last_asked(Method::notify), 200);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ReferByHub, TakingThePlaceOfAnotherCall) {
  Sim sim{Seed{712}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Phone& carol = sim.phone("1003");
  Phone& dave = sim.phone("1004");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(connect(sim, dave, carol));
  const Line& consulted = dave.line();
  const std::string replaces =
      consulted.call_id() + ";to-tag=" + consulted.remote_tag() + ";from-tag=" + consulted.local_tag();
  News news;
  ASSERT_TRUE(refer(sim, place_of(sim, bob.line()), {.target = "sip:1003@10.0.0.1", .replaces = replaces}, news));
  ASSERT_TRUE(sim.until(3s, [&] { return news.over(); }));
  EXPECT_EQ(news.all.back().step, Step::succeeded);
  EXPECT_TRUE(sim.until(3s, [&] { return dave.idle(); }));
  EXPECT_TRUE(talk(sim, bob, carol));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ReferByHub, Refused) {
  for (const int status : {405, 501, 603}) {
    Sim sim{Seed{713}};
    Phone& alice = sim.phone("1001");
    Phone& bob = sim.phone("1002");
    ASSERT_TRUE(connect(sim, alice, bob));
    bob.habits().refuses_refer = status;
    News news;
    ASSERT_TRUE(refer(sim, place_of(sim, bob.line()), {.target = "sip:1003@10.0.0.1"}, news));
    ASSERT_TRUE(sim.until(3s, [&] { return news.over(); }));
    EXPECT_EQ(news.steps(), std::vector{Step::refused});
    EXPECT_EQ(news.all.back().status, status);
    EXPECT_TRUE(talk(sim, alice, bob));
    EXPECT_THAT(sim.close(), IsEmpty());
  }
}

TEST(ReferByHub, TheTargetDoesNotAnswer) {
  Sim sim{Seed{714}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  bob.habits().tells_of_refer = {100, 180, 486};
  News news;
  ASSERT_TRUE(refer(sim, place_of(sim, bob.line()), {.target = "sip:1003@10.0.0.1"}, news));
  ASSERT_TRUE(sim.until(3s, [&] { return news.over(); }));
  EXPECT_EQ(news.steps(), (std::vector{Step::accepted, Step::trying, Step::trying, Step::failed}));
  EXPECT_EQ(news.all.back().status, 486);
  EXPECT_TRUE(talk(sim, alice, bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(ReferByHub, NothingMoreIsHeardOfIt) {
  Sim sim{Seed{715}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  bob.habits().tells_of_refer = {100};
  News news, second;
  const Place place = place_of(sim, bob.line());
  ASSERT_TRUE(refer(sim, place, {.target = "sip:1003@10.0.0.1", .deadline = 5s}, news));
  sim.run_for(4900ms);
  EXPECT_FALSE(news.over());
  sim.run_for(200ms);
  EXPECT_EQ(news.steps(), (std::vector{Step::accepted, Step::trying, Step::timeout}));
  ASSERT_TRUE(refer(sim, place, {.target = "sip:1004@10.0.0.1"}, second));  // the next one is welcome
  sim.run_for(100ms);
  bob.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return second.over(); }));
  EXPECT_EQ(second.all.back().step, Step::gone);
  EXPECT_EQ(news.all.size(), 3u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
