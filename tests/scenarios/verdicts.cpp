// Each way in which a leg can have no good audio is told by its name within five seconds, on either leg, and no
// healthy call is told to be ill.
#include "scenario.hpp"

namespace junctor::sim {
namespace {

/// What was said of one end of a call, and when.
struct Said {
  TimePoint at;
  std::string verdict;  // empty: good
};

class VerdictTest : public ::testing::TestWithParam<bool> {
 protected:
  /// `ill` is the caller or the called phone, `other` whom it talks with.
  VerdictTest() : sim({161}), alice(sim.phone("1001")), bob(sim.phone("1002")) {}

  Phone& ill() { return GetParam() ? alice : bob; }
  Phone& other() { return GetParam() ? bob : alice; }

  bool connect_both() {
    const bool up = connect(sim, alice, bob);
    answered = sim.now();
    for (Phone* phone : {&alice, &bob}) phone->line().audio().report_every(2s);
    return up;
  }
  /// What `calls show` says of the leg to that phone.
  std::string verdict_of(const Phone& phone) {
    std::string out = "no leg";
    sim.hub().core().calls().for_each([&](const call::Call& call) {
      for (const call::LegFacts& leg : call.all_legs())
        if (leg.sip_call_id == phone.lines().back()->call_id()) out = leg.verdict;
    });
    return out;
  }
  /// Runs on; every change on either leg is noted.
  void watch(Duration time) {
    const TimePoint end = sim.now() + time;
    while (sim.now() < end) {
      sim.run_for(50ms);
      note(ill(), ill_said);
      note(other(), other_said);
    }
  }
  void note(const Phone& phone, std::vector<Said>& said) {
    const std::string now = verdict_of(phone);
    if ((said.empty() ? std::string() : said.back().verdict) != now) said.push_back({sim.now(), now});
  }
  /// The fault began at `began`; the one word came in time, nothing else did, and the record has it.
  void expect_only(const std::string& verdict, TimePoint began) {
    ASSERT_EQ(ill_said.size(), 1u) << (ill_said.empty() ? "nothing" : ill_said.back().verdict);
    EXPECT_EQ(ill_said[0].verdict, verdict);
    EXPECT_LE(ill_said[0].at - began, 5s);
    EXPECT_TRUE(other_said.empty()) << other_said.back().verdict;
    ill().hang_up();
    const auto* r = record(sim, ill().line());
    ASSERT_NE(r, nullptr);
    ASSERT_EQ(r->legs.size(), 2u);
    EXPECT_EQ(r->legs[GetParam() ? 0 : 1].verdict, verdict);
    EXPECT_EQ(r->legs[GetParam() ? 1 : 0].verdict, "");
  }
  void expect_healthy() {
    EXPECT_TRUE(ill_said.empty()) << ill_said.back().verdict;
    EXPECT_TRUE(other_said.empty()) << other_said.back().verdict;
    ill().hang_up();
    const auto* r = record(sim, ill().line());
    ASSERT_NE(r, nullptr);
    for (const auto& leg : r->legs) EXPECT_EQ(leg.verdict, "");
  }

  Sim sim;
  Phone& alice;
  Phone& bob;
  TimePoint answered{};
  std::vector<Said> ill_said, other_said;
};

using AudioFault = VerdictTest;
using HealthyAudio = VerdictTest;

INSTANTIATE_TEST_SUITE_P(EachLeg, AudioFault, ::testing::Bool(),
                         [](const auto& leg) { return leg.param ? "caller" : "called"; });
INSTANTIATE_TEST_SUITE_P(EachLeg, HealthyAudio, ::testing::Bool(),
                         [](const auto& leg) { return leg.param ? "caller" : "called"; });

// -------------------------------------------------------------------------------------------------------------- faults

TEST_P(AudioFault, NothingComesFromTheBeginning) {
  ASSERT_TRUE(connect_both());
  other().speak(440);
  watch(10s);
  expect_only("no_packets", answered);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(AudioFault, ItStopsInTheMiddleAndComesBack) {
  ASSERT_TRUE(connect_both());
  ASSERT_TRUE(talk(sim, alice, bob));
  watch(10s);
  sim.link(ill()).cut();
  const TimePoint cut = sim.now();
  watch(8s);
  ASSERT_EQ(ill_said.size(), 1u);
  EXPECT_EQ(ill_said[0].verdict, "no_packets");
  EXPECT_LE(ill_said[0].at - cut, 5s);
  EXPECT_TRUE(other_said.empty());
  sim.link(ill()).heal();
  watch(3s);
  ASSERT_EQ(ill_said.size(), 2u);
  EXPECT_EQ(ill_said[1].verdict, "");
  ill().hang_up();  // what was wrong stays in the record
  const auto* r = record(sim, ill().line());
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->legs[GetParam() ? 0 : 1].verdict, "no_packets");
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(AudioFault, PacketsComeFromAnAddressThatChangesWithEachOfThem) {
  ASSERT_TRUE(connect_both());
  other().speak(440);
  const Address target = *ill().line().audio().remote();
  std::string packet(172, '\x2a');
  packet[0] = '\x80';
  packet[1] = '\x08';
  for (int i = 0; i < 500; ++i) {
    packet[3] = static_cast<char>(i);
    packet[2] = static_cast<char>(i >> 8);
    sim.net().send({ill().address().ip, static_cast<std::uint16_t>(40000 + i % 100)}, target, bytes_of(packet));
    watch(20ms);
  }
  expect_only("other_address", answered);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(AudioFault, APayloadTypeThatNobodyAgreedOn) {
  ASSERT_TRUE(connect_both());
  other().speak(440);
  ill().speak(880);
  ill().line().audio().use_payload_type(18);
  watch(10s);
  expect_only("wrong_payload_type", answered);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(AudioFault, PacketsThatAreNoRtp) {
  ASSERT_TRUE(connect_both());
  other().speak(440);
  const Address target = *ill().line().audio().remote();
  for (int i = 0; i < 500; ++i) {
    ill().line().audio().send_raw(target, bytes_of("no RTP at all, but something else"));
    watch(20ms);
  }
  expect_only("unusable", answered);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(AudioFault, TheFarEndReportsThatItHearsNothing) {
  ASSERT_TRUE(connect_both());
  ill().line().audio().be_deaf();
  other().speak(440);
  ill().speak(880);
  watch(10s);
  expect_only("one_way", answered);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(AudioFault, SilenceFromTheFirstPacketOn) {
  ASSERT_TRUE(connect_both());
  other().speak(440);
  ill().speak(0);
  watch(10s);
  expect_only("silence", answered);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(AudioFault, SilenceIsForgottenWhenASoundComes) {
  ASSERT_TRUE(connect_both());
  other().speak(440);
  ill().speak(0);
  watch(10s);
  ASSERT_EQ(ill_said.size(), 1u);
  ill().speak(880);
  watch(3s);
  ASSERT_EQ(ill_said.size(), 2u);
  EXPECT_EQ(ill_said[1].verdict, "");
  ill().speak(0);  // mute
  watch(20s);
  EXPECT_EQ(ill_said.size(), 2u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(AudioFault, NobodyIsAtItsPort) {
  ASSERT_TRUE(connect_both());
  other().speak(440);
  ill().line().audio().close_socket();
  watch(10s);
  expect_only("unreachable", answered);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(AudioFault, NobodyIsAtItsPortAnyMore) {
  ASSERT_TRUE(connect_both());
  ASSERT_TRUE(talk(sim, alice, bob));
  watch(10s);
  const TimePoint closed = sim.now();
  ill().line().audio().close_socket();
  watch(10s);
  expect_only("unreachable", closed);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(AudioVerdicts, TheAckNeverCame) {
  Sim sim({162});
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  alice.habits().never_acks_answers = true;
  alice.dial("1002");
  ASSERT_TRUE(sim.until(5s, [&] { return bob.ringing(); }));
  bob.answer();
  ASSERT_TRUE(sim.until(5s, [&] { return alice.up() && bob.up(); }));
  const TimePoint answered = sim.now();
  ASSERT_TRUE(talk(sim, alice, bob));
  const auto verdicts = [&] {
    std::vector<std::string> out;
    sim.hub().core().calls().for_each([&](const call::Call& call) {
      for (const call::LegFacts& leg : call.all_legs()) out.push_back(leg.verdict);
    });
    return out;
  };
  ASSERT_TRUE(sim.until(10s, [&] { return verdicts() == std::vector<std::string>{"no_ack", ""}; }));
  EXPECT_LE(sim.now() - answered, 5s);
  ASSERT_TRUE(sim.until(60s, [&] { return bob.idle(); }));
  const auto* r = record(sim, alice.line());
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->legs[0].verdict, "no_ack");
  EXPECT_EQ(r->legs[1].verdict, "");
  sim.excuse(alice);
  EXPECT_THAT(sim.close(), IsEmpty());
}

// ------------------------------------------------------------------------------------------------------------- healthy

TEST_P(HealthyAudio, BothTalk) {
  ASSERT_TRUE(connect_both());
  ASSERT_TRUE(talk(sim, alice, bob));
  watch(30s);
  const auto* before = sim.record_of(alice.line());
  ASSERT_NE(before, nullptr);
  expect_healthy();
  // And what it was like, both ways.
  const auto* r = sim.record_of(alice.line());
  EXPECT_THAT(r->legs[0].quality, HasSubstr(R"("in":{"codec":"PCMA","packets":)"));
  EXPECT_THAT(r->legs[0].quality, HasSubstr(R"("level_dbm0":-10.)"));
  EXPECT_THAT(r->legs[0].quality, HasSubstr(R"("loss":0.0000,)"));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(HealthyAudio, ItStartsFourSecondsAfterTheAnswer) {
  ASSERT_TRUE(connect_both());
  other().speak(440);
  watch(3900ms);
  ill().speak(880);
  watch(26s);
  expect_healthy();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(HealthyAudio, HoldInEveryDirection) {
  for (const Direction direction : {Direction::sendonly, Direction::recvonly, Direction::inactive}) {
    for (const bool sends : {false, true}) {
      Sim world({163});
      Phone& a = world.phone("1001");
      Phone& b = world.phone("1002");
      ASSERT_TRUE(connect(world, a, b));
      for (Phone* phone : {&a, &b}) phone->line().audio().report_every(2s);
      ASSERT_TRUE(talk(world, a, b));
      Phone& holder = GetParam() ? a : b;
      holder.line().reinvite(direction);
      if (!sends) holder.line().audio().be_quiet();  // no music
      world.run_for(30s);
      holder.line().reinvite(Direction::sendrecv);
      world.run_for(3s);
      holder.speak(880);
      world.run_for(5s);
      holder.hang_up();
      const auto* r = record(world, a.line());
      ASSERT_NE(r, nullptr);
      for (const auto& leg : r->legs) EXPECT_EQ(leg.verdict, "") << static_cast<int>(direction) << sends;
      EXPECT_THAT(world.close(), IsEmpty());
    }
  }
}

TEST_P(HealthyAudio, BothHold) {
  ASSERT_TRUE(connect_both());
  ASSERT_TRUE(talk(sim, alice, bob));
  watch(5s);
  alice.line().hold();
  sim.run_for(1s);
  bob.line().hold();
  for (Phone* phone : {&alice, &bob}) phone->line().audio().be_quiet();
  watch(30s);
  expect_healthy();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(HealthyAudio, MuteBySilence) {
  ASSERT_TRUE(connect_both());
  ASSERT_TRUE(talk(sim, alice, bob));
  watch(2s);
  ill().speak(0);
  watch(30s);
  expect_healthy();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(HealthyAudio, ComfortNoiseWhetherAgreedOrNot) {
  for (const bool agreed : {true, false}) {
    Sim world({164});
    Phone& a = world.phone("1001");
    Phone& b = world.phone("1002");
    if (agreed)
      for (Phone* phone : {&a, &b}) phone->habits().codecs = {"pcma", "cn", "telephone-event"};
    ASSERT_TRUE(connect(world, a, b));
    ASSERT_TRUE(talk(world, a, b));
    (GetParam() ? a : b).line().audio().pause();
    world.run_for(30s);
    (GetParam() ? a : b).hang_up();
    const auto* r = record(world, a.line());
    ASSERT_NE(r, nullptr);
    for (const auto& leg : r->legs) EXPECT_EQ(leg.verdict, "") << agreed;
    for (Phone* phone : {&a, &b}) world.excuse(*phone);
    for (const std::string& line : world.close()) EXPECT_THAT(line, HasSubstr("payload type"));
  }
}

TEST_P(HealthyAudio, TalkSpurtsWithPausesBetween) {
  ASSERT_TRUE(connect_both());
  other().speak(440);
  for (const Duration pause : {Duration(1s), Duration(2s), Duration(8s), Duration(10s)}) {
    ill().speak(880);
    watch(1500ms);
    ill().line().audio().be_quiet();
    watch(pause);
  }
  expect_healthy();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(HealthyAudio, EarlyMediaWhileItRings) {
  Phone& caller = alice;
  bob.habits().early_media = true;
  caller.dial("1002");
  ASSERT_TRUE(sim.until(5s, [&] { return caller.line().early_media(); }));
  bob.line().speak(425);
  watch(20s);  // the caller sends nothing yet
  bob.answer();
  ASSERT_TRUE(sim.until(5s, [&] { return alice.up() && bob.up(); }));
  ASSERT_TRUE(talk(sim, alice, bob));
  watch(10s);
  expect_healthy();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(HealthyAudio, ACallShorterThanTheWindow) {
  ASSERT_TRUE(connect_both());
  watch(3500ms);  // nobody has said a word
  expect_healthy();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(HealthyAudio, BehindANatAndOnABadLine) {
  sim.link(ill()).loss(0.1).delay(40ms, 40ms);
  ASSERT_TRUE(sim.until(30s, [&] {
    if (!alice.has_line()) connect(sim, alice, bob);
    return alice.up() && bob.up();
  }));
  for (Phone* phone : {&alice, &bob}) phone->line().audio().report_every(2s);
  alice.speak(440);
  bob.speak(880);
  watch(30s);
  EXPECT_TRUE(ill_said.empty());
  EXPECT_TRUE(other_said.empty());
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST_P(HealthyAudio, WithoutAnyRtcp) {
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  watch(30s);
  expect_healthy();
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
