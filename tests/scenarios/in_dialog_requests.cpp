// An app has a leg send MESSAGE, NOTIFY, INFO and OPTIONS, and takes those that come.
#include "told_legs.hpp"

namespace junctor::sim {
namespace {

bool ask(Sim& sim, const Place& place, Method method, const call::Payload& payload, Replies& replies) {
  return sim.hub()
      .core()
      .calls()
      .request(place.call, place.leg, method, payload, replies.callback(), sim.now())
      .has_value();
}

TEST(InDialogRequests, GoOutAndTheirAnswerComesBack) {
  Sim sim{Seed{721}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  sim.link(bob).delay(40ms, 0ms);
  const Place place = place_of(sim, bob.line());
  Replies message, notify, info, options;
  ASSERT_TRUE(ask(sim, place, Method::message, {"text/plain", "hello", {}}, message));
  ASSERT_TRUE(sim.until(2s, [&] { return message.any(); }));
  EXPECT_EQ(message.status(), 200);
  EXPECT_EQ(message.all[0].content_type, "text/plain");
  EXPECT_EQ(message.all[0].body, "heard");
  EXPECT_GE(message.all[0].round_trip, 80ms);
  EXPECT_LT(message.all[0].round_trip, 120ms);
  ASSERT_NE(bob.line().last_got(Method::message), nullptr);
  EXPECT_EQ(bob.line().last_got(Method::message)->body, "hello");
  EXPECT_EQ(bob.line().last_got(Method::message)->header("Content-Type"), "text/plain");

  const call::Payload talk_event{"application/json", "{}", {{"Event", "talk"}, {"Subscription-State", "active"}}};
  ASSERT_TRUE(ask(sim, place, Method::notify, talk_event, notify));
  ASSERT_TRUE(ask(sim, place, Method::info, {"application/x-test", "abc", {}}, info));
  ASSERT_TRUE(ask(sim, place, Method::options, {}, options));
  ASSERT_TRUE(sim.until(2s, [&] { return notify.any() && info.any() && options.any(); }));
  EXPECT_EQ(bob.line().last_got(Method::notify)->header("Event"), "talk");
  EXPECT_EQ(bob.line().last_got(Method::notify)->header("Subscription-State"), "active");
  EXPECT_EQ(bob.line().last_got(Method::info)->body, "abc");
  EXPECT_EQ(bob.line().count(Method::options), 1);
  bob.habits().answers_message = 488;
  Replies refused;
  ASSERT_TRUE(ask(sim, place, Method::message, {"text/html", "x", {}}, refused));
  ASSERT_TRUE(sim.until(2s, [&] { return refused.any(); }));
  EXPECT_EQ(refused.status(), 488);
  EXPECT_EQ(alice.line().got().size(), 0u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(InDialogRequests, NoAnswerAndTheEndOfTheCall) {
  Sim sim{Seed{722}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  const Place place = place_of(sim, bob.line());
  bob.habits().never_answers = true;
  Replies lost, cut;
  ASSERT_TRUE(ask(sim, place, Method::options, {}, lost));
  ASSERT_TRUE(sim.until(40s, [&] { return lost.any(); }));
  EXPECT_EQ(lost.status(), 408);
  bob.habits().never_answers = false;
  bob.habits().answers_message_after = 3s;
  ASSERT_TRUE(ask(sim, place, Method::message, {"text/plain", "hello", {}}, cut));
  sim.run_for(100ms);
  alice.hang_up();
  ASSERT_TRUE(sim.until(1s, [&] { return cut.any(); }));
  EXPECT_EQ(cut.status(), 0);
  sim.run_for(60s);
  EXPECT_EQ(lost.all.size() + cut.all.size(), 2u);
  EXPECT_FALSE(ask(sim, place, Method::message, {"text/plain", "late", {}}, cut));
  EXPECT_THAT(sim.close(), IsEmpty());
}

/// An app that takes what `fate` says.
struct Taker {
  explicit Taker(Sim& sim) {
    sim.hub().core().calls().set_message_taker([this](CallId call, const call::MessageReceived& message, TimePoint) {
      calls.push_back(call);
      heard.push_back(message);
      return fate;
    });
  }
  call::MessageFate fate;
  std::vector<CallId> calls;
  std::vector<call::MessageReceived> heard;
};

TEST(InDialogRequests, AnAppHearsAndTheyPass) {
  Sim sim{Seed{723}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  Taker taker(sim);
  taker.fate.listens = true;
  alice.line().send(Method::notify, "text/plain", "n", {{"Event", "talk"}, {"Subscription-State", "active"}});
  alice.line().send(Method::info, "application/dtmf-relay", "Signal=5\r\n");  // a key, no message
  alice.line().send(Method::info, "application/x-test", "i");
  ASSERT_TRUE(
      sim.until(2s, [&] { return bob.line().count(Method::info) == 1 && bob.line().count(Method::notify) == 1; }));
  ASSERT_EQ(taker.heard.size(), 2u);
  EXPECT_EQ(taker.heard[0].method, "NOTIFY");
  EXPECT_EQ(taker.heard[0].event_package, "talk");
  EXPECT_EQ(taker.heard[0].body, "n");
  EXPECT_EQ(taker.heard[0].leg, place_of(sim, alice.line()).leg);
  EXPECT_EQ(taker.heard[1].content_type, "application/x-test");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(InDialogRequests, WhoHasNoPeerIsAnsweredWhereAnAppListens) {
  Sim sim{Seed{724}};
  Phone& alice = sim.phone("1001");
  alice.dial("9196");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.up(); }));
  Taker taker(sim);
  alice.line().send(Method::message, "text/plain", "a");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::message) != 0; }));
  EXPECT_EQ(alice.line().last_asked(Method::message), 405);
  taker.fate.listens = true;
  alice.line().send(Method::message, "text/plain", "b");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::message) != 0; }));
  EXPECT_EQ(alice.line().last_asked(Method::message), 200);

  taker.fate.take = 2s;  // and then does nothing
  alice.line().send(Method::message, "text/plain", "c");
  alice.line().send(Method::options);
  sim.run_for(1900ms);
  EXPECT_EQ(alice.line().last_asked(Method::message), 0);
  sim.run_for(300ms);
  EXPECT_EQ(alice.line().last_asked(Method::message), 480);
  EXPECT_EQ(alice.line().last_asked(Method::options), 200);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(InDialogRequests, AnAppAnswersLater) {
  Sim sim{Seed{725}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  Taker taker(sim);
  taker.fate.take = 5s;
  call::Calls& calls = sim.hub().core().calls();
  const Place place = place_of(sim, alice.line());

  alice.line().send(Method::info, "application/x-test", "1");
  ASSERT_TRUE(sim.until(1s, [&] { return taker.heard.size() == 1; }));
  sim.run_for(3s);
  ASSERT_TRUE(calls.respond(place.call, place.leg, taker.heard[0].request, 202, {"text/plain", "done", {}}, sim.now())
                  .has_value());
  EXPECT_EQ(calls.respond(place.call, place.leg, taker.heard[0].request, 200, {}, sim.now()).error(),
            call::Refusal::no_such_request);
  ASSERT_TRUE(sim.until(1s, [&] { return alice.line().last_asked(Method::info) == 202; }));

  alice.line().send(Method::message, "text/plain", "2");
  ASSERT_TRUE(sim.until(1s, [&] { return taker.heard.size() == 2; }));
  sim.run_for(1s);
  ASSERT_TRUE(calls.pass_on(place.call, place.leg, taker.heard[1].request, sim.now()).has_value());
  ASSERT_TRUE(sim.until(1s, [&] { return alice.line().last_asked(Method::message) == 200; }));
  EXPECT_EQ(bob.line().last_got(Method::message)->body, "2");
  EXPECT_EQ(calls.respond(place.call, place.leg, taker.heard[1].request, 200, {}, sim.now()).error(),
            call::Refusal::no_such_request);

  alice.line().send(Method::message, "text/plain", "3");  // nobody answers: it goes to the peer
  sim.run_for(4900ms);
  EXPECT_EQ(bob.line().count(Method::message), 1);
  sim.run_for(300ms);
  EXPECT_EQ(bob.line().count(Method::message), 2);
  EXPECT_EQ(alice.line().last_asked(Method::message), 200);
  EXPECT_EQ(bob.line().count(Method::info), 0);

  alice.line().send(Method::message, "text/plain", "4");  // and one that the end of the call meets
  ASSERT_TRUE(sim.until(1s, [&] { return taker.heard.size() == 4; }));
  bob.hang_up();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::message) == 481; }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(InDialogRequests, TheEndSaysWhy) {
  Sim sim{Seed{726}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  const Place place = place_of(sim, bob.line());
  (void)sim.hub().core().calls().hang_up(place.call, call::cause_of_status(486, "no time"), sim.now());
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle() && bob.idle(); }));
  EXPECT_EQ(bob.line().reason(), "SIP;cause=486;text=\"no time\", Q.850;cause=17;text=\"no time\"");

  bob.on_incoming([&](Line& line) { line.ring(); });
  alice.dial("1002");
  ASSERT_TRUE(sim.until(2s, [&] { return alice.ringback(); }));
  const Place first = place_of(sim, alice.line());
  ASSERT_TRUE(
      sim.hub()
          .core()
          .calls()
          .reject(first.call, first.leg, {603, 21, "not today"}, sim.now(), call::HangupBy::hub, {{"X-Why", "holiday"}})
          .has_value());
  ASSERT_TRUE(sim.until(2s, [&] { return alice.idle() && bob.idle(); }));
  EXPECT_EQ(alice.line().status(), 603);
  EXPECT_EQ(alice.line().reason(), "Q.850;cause=21;text=\"not today\"");
  EXPECT_EQ(alice.line().last_words()->header("X-Why").value_or(""), "holiday");
  EXPECT_EQ(bob.line().reason(), "SIP;cause=603;text=\"not today\", Q.850;cause=21;text=\"not today\"");
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
