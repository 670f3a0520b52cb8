// Key presses: by telephone-event, INFO or tones, told to the other side in the way that it understands, each once.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

const std::vector<std::string> with_events{"pcma", "telephone-event"};

/// INFOs that it got, as one text.
std::string infos(Phone& phone) {
  std::string out;
  for (const auto& got : phone.line().got())
    if (got.method == Method::info) out += got.body;
  return out;
}

std::string info_of(std::string_view digits, int duration_ms = 160) {
  std::string out;
  for (const char digit : digits)
    out += std::string("Signal=") + digit + "\r\nDuration=" + std::to_string(duration_ms) + "\r\n";
  return out;
}
constexpr int press_ms = 100;  // of Speaker::press()

void send_info(Phone& phone, char digit) {
  phone.line().send(Method::info, "application/dtmf-relay", info_of({&digit, 1}));
}

void press(Sim& sim, Phone& phone, std::string_view digits) {
  for (const char digit : digits) {
    phone.line().audio().press(digit);
    sim.run_for(200ms);
  }
}

void expect_one_stream(Phone& phone) {
  EXPECT_EQ(phone.line().audio().ssrc_changes(), 0u) << phone.user();
  EXPECT_EQ(phone.line().audio().sequence_jumps(), 0u) << phone.user();
  EXPECT_EQ(phone.line().audio().timestamp_faults(), 0u) << phone.user();
}

/// Alice's phone knows INFO only; with one codec on both sides they are relayed, with two they are mixed.
class InfoAndEvents : public ::testing::TestWithParam<std::tuple<const char*, bool>> {
 protected:
  void check(Sim& sim, Phone& alice, Phone& bob) {
    ASSERT_TRUE(talk(sim, alice, bob));
    EXPECT_FALSE(bob.line().audio().digits().size());

    for (const char digit : {'1', '9', '9', '#'}) {
      send_info(alice, digit);
      sim.run_for(300ms);
      EXPECT_EQ(alice.line().last_asked(Method::info), 200);
    }
    alice.line().send(Method::info, "application/dtmf", "D");
    sim.run_for(500ms);
    EXPECT_EQ(bob.line().audio().digits(), "199#D");
    EXPECT_EQ(infos(bob), "");

    press(sim, bob, "0588*");
    sim.run_for(500ms);
    EXPECT_EQ(infos(alice), info_of("0588*", press_ms));
    EXPECT_EQ(alice.line().audio().wrong_payload(), 0u);
    EXPECT_TRUE(sim.until(1s, [&] { return alice.hears(880) && bob.hears(440); }));
    expect_one_stream(alice);
    expect_one_stream(bob);
  }
};

TEST_P(InfoAndEvents, AreTranslatedBothWays) {
  const auto& [codec, alice_calls] = GetParam();
  Sim sim{Seed{451}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = {codec};
  bob.habits().codecs = with_events;
  ASSERT_TRUE(alice_calls ? connect(sim, alice, bob) : connect(sim, bob, alice));
  check(sim, alice, bob);
  EXPECT_THAT(sim.close(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Digits, InfoAndEvents,
                         ::testing::Combine(::testing::Values("pcma", "opus"), ::testing::Bool()), [](const auto& one) {
                           return std::string(std::get<0>(one.param)) +
                                  (std::get<1>(one.param) ? "_calls" : "_is_called");
                         });

TEST(Digits, BetweenTwoThatHaveNoEventsInfoStaysInfo) {
  Sim sim{Seed{452}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = bob.habits().codecs = {"pcma"};
  ASSERT_TRUE(connect(sim, alice, bob));
  send_info(alice, '5');
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::info) == 200; }));
  EXPECT_EQ(infos(bob), info_of("5"));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Digits, AFlashIsNoDigitAndPassesAsItIs) {
  Sim sim{Seed{453}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  send_info(alice, '!');
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().last_asked(Method::info) == 200; }));
  EXPECT_EQ(infos(bob), info_of("!"));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Digits, ToldInTwoWaysTheyArriveOnce) {
  Sim sim{Seed{454}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  for (const char digit : {'4', '4', '2'}) {
    alice.line().audio().press(digit);
    sim.run_for(60ms);
    send_info(alice, digit);
    sim.run_for(200ms);
    EXPECT_EQ(alice.line().last_asked(Method::info), 200);
  }
  EXPECT_EQ(bob.line().audio().digits(), "442");
  EXPECT_EQ(infos(bob), "");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Digits, InfosOfAHastyFingerArriveInOrderThroughLoss) {
  Sim sim{Seed{455}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = {"pcma"};
  bob.habits().codecs = with_events;
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  sim.link(alice).loss(0.3).delay(40ms, 30ms);
  press(sim, bob, "1234567890");
  EXPECT_TRUE(sim.until(90s, [&] { return infos(alice) == info_of("1234567890", press_ms); })) << infos(alice);
  sim.excuse(alice);
  EXPECT_THAT(sim.close(), IsEmpty());
}

/// Enters a conference whose PIN is 1134; one digit too many or too few, and the door stays shut.
class Pin : public ::testing::TestWithParam<const char*> {};

TEST_P(Pin, OpensTheDoor) {
  const std::string_view way = GetParam();
  Sim sim{Seed{456}, {.config = R"(
[[conferences]]
name = "board"
numbers = ["8002"]
pin = "1134"
tones = false
)"}};
  Phone& inside = sim.phone("1003");
  Phone& alice = sim.phone("1001");
  inside.dial("8002");
  ASSERT_TRUE(sim.until(3s, [&] { return inside.up(); }));
  press(sim, inside, "1134");
  inside.speak(620);
  const bool events = way == "events" || way == "events_and_info";
  alice.habits().codecs = events ? with_events : std::vector<std::string>{"pcmu"};
  alice.dial("8002");
  ASSERT_TRUE(sim.until(3s, [&] { return alice.up(); }));
  sim.run_for(1s);
  for (const char digit : std::string_view("1134")) {
    EXPECT_FALSE(alice.hears(620));
    if (way == "tones" || way == "tones_and_info") alice.line().audio().sound(digit);
    if (events) alice.line().audio().press(digit);
    if (way.ends_with("info")) send_info(alice, digit);
    sim.run_for(300ms);
  }
  EXPECT_TRUE(sim.until(1s, [&] { return alice.hears(620); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Digits, Pin, ::testing::Values("events", "info", "tones", "events_and_info", "tones_and_info"),
                         [](const auto& one) { return std::string(one.param); });

TEST(Digits, AnAppSendsThemInTheWayOfTheLeg) {
  Sim sim{Seed{457}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().codecs = {"pcma"};
  bob.habits().codecs = with_events;
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  call::Calls& calls = sim.hub().core().calls();
  CallId id;
  std::vector<LegId> legs;
  calls.for_each([&](const call::Call& call) {
    id = call.id();
    for (const auto& leg : call.legs()) legs.push_back(leg->id());
  });
  ASSERT_EQ(legs.size(), 2u);
  EXPECT_TRUE(calls.send_digits(id, legs[0], "12", 160ms, 60ms, sim.now()));
  EXPECT_TRUE(calls.send_digits(id, legs[1], "34", 160ms, 60ms, sim.now()));
  EXPECT_EQ(calls.send_digits(id, legs[1], "3x", 160ms, 60ms, sim.now()).error(), call::Refusal::bad_digits);
  EXPECT_EQ(calls.send_digits(id, legs[1], "3", 1ms, 60ms, sim.now()).error(), call::Refusal::bad_digits);
  sim.run_for(1s);
  EXPECT_EQ(infos(alice), info_of("12"));
  EXPECT_EQ(bob.line().audio().digits(), "34");
  EXPECT_THAT(sim.close(), IsEmpty());
}

/// Bob's side knows neither telephone-event nor INFO: it hears tones, alone, each once, as long and as far apart as
/// asked.
struct Tones {
  explicit Tones(const char* codec_of_bob) {
    alice.habits().codecs = with_events;
    bob.habits().codecs = {codec_of_bob};
    bob.habits().allows_info = false;
  }
  void expect_heard(std::string_view digits, Duration length, Duration gap) {
    std::string heard;
    std::optional<std::chrono::milliseconds> before;
    for (const auto& key : bob.line().audio().heard_keys()) {
      heard += key.digit;
      EXPECT_NEAR(static_cast<double>(key.duration.count()), static_cast<double>(length / 1ms), 16) << key.digit;
      if (before) {
        EXPECT_NEAR(static_cast<double>((key.ended - *before).count()), static_cast<double>((length + gap) / 1ms), 26);
      }
      before = key.ended;
    }
    EXPECT_EQ(heard, digits);
  }

  Sim sim{Seed{458}};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
};

class InBand : public ::testing::TestWithParam<const char*> {};

TEST_P(InBand, AnAppSendsTonesWhereNothingElseIsKnown) {
  Tones world(GetParam());
  auto& [sim, alice, bob] = world;
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));  // and alice goes on speaking
  call::Calls& calls = sim.hub().core().calls();
  CallId id;
  LegId leg;
  std::string plan_before;
  const auto plan = [&] { return calls.find(id)->all_legs().front().codec_plan; };
  calls.for_each([&](const call::Call& call) {
    id = call.id();
    leg = call.legs().back()->id();
    plan_before = call.all_legs().front().codec_plan;
  });
  bob.line().audio().record();
  // What comes later waits.
  EXPECT_TRUE(calls.send_digits(id, leg, "1590", 120ms, 80ms, sim.now()));
  EXPECT_TRUE(calls.send_digits(id, leg, "*#", 120ms, 80ms, sim.now()));
  EXPECT_TRUE(calls.send_digits(id, leg, "44D", 120ms, 80ms, sim.now()));
  EXPECT_EQ(calls.send_digits(id, leg, std::string(60, '1'), 120ms, 80ms, sim.now()).error(),
            call::Refusal::bad_digits);
  EXPECT_EQ(calls.send_digits(id, leg, "x", 120ms, 80ms, sim.now()).error(), call::Refusal::bad_digits);
  sim.run_for(9 * 200ms + 100ms);
  world.expect_heard("1590*#44D", 120ms, 80ms);
  EXPECT_TRUE(sim.until(1s, [&] { return bob.hears(440) && alice.hears(880); }));
  EXPECT_EQ(plan(), plan_before);
  expect_one_stream(bob);
  expect_one_stream(alice);
  EXPECT_THAT(sim.close(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Digits, InBand, ::testing::Values("pcma", "g722", "opus"),
                         [](const auto& one) { return std::string(one.param); });

TEST(Digits, EventsBecomeTonesWhereNothingElseIsKnown) {
  Tones world("opus");
  auto& [sim, alice, bob] = world;
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  bob.line().audio().record();
  press(sim, alice, "7");
  sim.run_for(500ms);
  press(sim, alice, "07");
  sim.run_for(1s);
  std::string heard;
  for (const auto& key : bob.line().audio().heard_keys()) heard += key.digit;
  EXPECT_EQ(heard, "707");
  EXPECT_TRUE(sim.until(1s, [&] { return bob.hears(440); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
