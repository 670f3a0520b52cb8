// Encrypted audio (SDES): who talks with whom, by both phones' tones; keys and rollover counters over re-INVITEs; what
// is refused.
#include <array>

#include "scenario.hpp"

namespace junctor::sim {
namespace {

using srtp::Suite;

/// Users 2001 (required), 2002 (optional) and 2003 (off). No scripted phone speaks TLS.
SimSettings with_keys(std::string_view more = "srtp_over_plain_sip = true\n") {
  // With this, keys could go over TLS: "required" may stand there.
  std::string config =
      "[sip]\ntls = [\"10.0.0.1:5061\"]\ncertificate_file = \"hub.pem\"\nprivate_key_file = \"hub.key\"\n";
  config += "[rtp]\n" + std::string(more);
  for (const auto& [user, policy] : {std::pair{"2001", "required"}, {"2002", "optional"}, {"2003", "off"}})
    config += "[[users]]\nusername = \"" + std::string(user) + "\"\npassword = \"secret-" + user + "\"\nsrtp = \"" +
              policy + "\"\n";
  return {.config = config};
}

std::string protocol(const Line& line) {
  return line.local_sdp() ? line.local_sdp()->media.front().protocol : "";
}

TEST(Srtp, AnEncryptedPhoneAndAPlainOneHearEachOther) {
  for (const auto& [caller, called] : {std::pair{"2001", "2003"}, {"2003", "2001"}}) {
    Sim sim{Seed{611}, with_keys()};
    Phone& a = sim.phone(caller);
    Phone& b = sim.phone(called);
    Phone& secure = a.user() == "2001" ? a : b;
    Phone& plain = a.user() == "2001" ? b : a;
    secure.habits().srtp = PhoneSrtp::required;
    ASSERT_TRUE(connect(sim, a, b));
    ASSERT_TRUE(talk(sim, a, b));
    EXPECT_EQ(protocol(secure.line()), "RTP/SAVP");
    EXPECT_EQ(protocol(plain.line()), "RTP/AVP");
    ASSERT_TRUE(secure.line().audio().srtp_keys());
    EXPECT_FALSE(plain.line().audio().srtp_keys());
    EXPECT_EQ(plain.line().remote_sdp()->media.front().find("crypto"), nullptr);
    sim.run_for(15s);
    EXPECT_GT(secure.line().audio().rtcp_received(), 0u);
    EXPECT_EQ(secure.line().audio().unreadable(), 0u);
    a.line().audio().press('5');
    b.line().audio().press('7');
    sim.run_for(1s);
    EXPECT_EQ(b.line().audio().digits(), "5");
    EXPECT_EQ(a.line().audio().digits(), "7");
    EXPECT_THAT(sim.close(), IsEmpty());
  }
}

TEST(Srtp, EachLegHasKeysOfItsOwnInEverySuite) {
  for (const Suite suite : srtp::preferred_suites) {
    Sim sim{Seed{612}, with_keys()};
    Phone& alice = sim.phone("2001");
    Phone& bob = sim.phone("2002");
    alice.habits().srtp = bob.habits().srtp = PhoneSrtp::required;
    alice.habits().suites = {suite};
    ASSERT_TRUE(connect(sim, alice, bob));  // 2002 is offered RTP/AVP with keys, and answers with one
    ASSERT_TRUE(talk(sim, alice, bob)) << srtp::name_of(suite);
    const auto a = alice.line().audio().srtp_keys(), b = bob.line().audio().srtp_keys();
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->send.suite, suite);
    for (const auto& ours : {a->send, a->receive})
      for (const auto& theirs : {b->send, b->receive}) EXPECT_NE(ours.key, theirs.key);
    EXPECT_EQ(protocol(bob.line()), "RTP/AVP");
    EXPECT_THAT(sim.close(), IsEmpty());
  }
}

TEST(Srtp, TheFirstSuiteOfAnOfferIsTaken) {
  Sim sim{Seed{613}, with_keys()};
  Phone& alice = sim.phone("2002");
  Phone& bob = sim.phone("2003");
  alice.habits().srtp = PhoneSrtp::optional;
  alice.habits().suites = {Suite::aes_cm_128_hmac_sha1_32, Suite::aead_aes_256_gcm};
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  EXPECT_EQ(alice.line().audio().srtp_keys()->send.suite, Suite::aes_cm_128_hmac_sha1_32);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Srtp, EchoAndToneAndLateOffers) {
  Sim sim{Seed{614}, with_keys()};
  Phone& alice = sim.phone("2001");
  alice.habits().srtp = PhoneSrtp::required;
  alice.dial("9197");
  ASSERT_TRUE(sim.until(5s, [&] { return alice.hears(1004); }));
  alice.hang_up();
  ASSERT_TRUE(sim.until(5s, [&] { return alice.idle(); }));
  alice.dial("9196", {.late_offer = true});
  ASSERT_TRUE(sim.until(5s, [&] { return alice.up(); }));
  EXPECT_EQ(protocol(alice.line()), "RTP/SAVP");
  alice.speak(440);
  ASSERT_TRUE(sim.until(5s, [&] { return alice.hears(440); }));
  EXPECT_TRUE(alice.line().audio().srtp_keys());
  alice.hang_up();
  Phone& bob = sim.phone("2003");
  ASSERT_TRUE(connect(sim, alice, bob, "2003", {.late_offer = true}));
  ASSERT_TRUE(talk(sim, alice, bob));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Srtp, KeysAndRolloverCountersOutliveHoldAndReinvites) {
  Sim sim{Seed{615}, with_keys()};
  Phone& alice = sim.phone("2001");
  Phone& bob = sim.phone("2002");
  alice.habits().srtp = bob.habits().srtp = PhoneSrtp::required;
  alice.habits().session_expires = 600;
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  const auto a = alice.line().audio().srtp_keys(), b = bob.line().audio().srtp_keys();
  for (int quarter = 0; quarter < 4; ++quarter) {
    sim.run_for(375s);  // 75,000 packets in all: every sequence number rolls over
    for (Phone* const phone : {&alice, &bob}) {
      phone->line().hold();
      sim.run_for(2s);
      phone->line().unhold();
      sim.run_for(2s);
    }
    alice.line().reinvite_late();
    sim.run_for(2s);
    ASSERT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); })) << quarter;
    EXPECT_EQ(alice.line().audio().srtp_keys(), a);
    EXPECT_EQ(bob.line().audio().srtp_keys(), b);
  }
  EXPECT_GT(alice.line().audio().sent(), 1u << 16);
  EXPECT_EQ(alice.line().audio().unreadable() + bob.line().audio().unreadable(), 0u);
  EXPECT_EQ(alice.line().audio().ssrc_changes(), 0u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Srtp, ATransferBetweenMediaWorkersKeepsTheRolloverCounter) {
  Sim sim{Seed{620}, with_keys("srtp_over_plain_sip = true\nworkers = 2\n")};
  Phone& alice = sim.phone("2003");
  Phone& bob = sim.phone("2002");
  Phone& carol = sim.phone("2001");
  carol.habits().srtp = bob.habits().srtp = PhoneSrtp::required;
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  Line& first = bob.line();
  Line& second = bob.dial("2001");
  ASSERT_TRUE(sim.until(2s, [&] { return carol.ringing(); }));
  carol.answer();
  ASSERT_TRUE(sim.until(2s, [&] { return second.up() && carol.up(); }));
  ASSERT_TRUE(talk(sim, second, carol.line()));
  sim.run_for(1500s);  // carol's stream has rolled over; her port is the one that moves
  EXPECT_GT(carol.line().audio().sent(), 1u << 16);
  const auto port_of = [](Phone& phone) { return phone.line().audio().remote()->port; };
  const std::array ports{port_of(alice), port_of(carol)};
  ASSERT_NE(ports[0] / 2 % 2, ports[1] / 2 % 2) << "of two workers";
  alice.speak(600);
  carol.speak(1200);
  first.refer(second);
  ASSERT_TRUE(sim.until(3s, [&] { return alice.hears(1200) && carol.hears(600); }));
  EXPECT_EQ(ports, (std::array{port_of(alice), port_of(carol)}));
  EXPECT_EQ(alice.line().count(Method::invite) + carol.line().count(Method::invite), 0);
  EXPECT_EQ(carol.line().audio().unreadable(), 0u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Srtp, ANewKeyOfTheFarEndIsTakenAndOursStays) {
  Sim sim{Seed{616}, with_keys()};
  Phone& alice = sim.phone("2001");
  Phone& bob = sim.phone("2002");
  alice.habits().srtp = bob.habits().srtp = PhoneSrtp::required;
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  const auto a = alice.line().audio().srtp_keys(), b = bob.line().audio().srtp_keys();
  alice.line().change_key();
  ASSERT_TRUE(sim.until(2s, [&] { return alice.line().reinvites_done() == 1; }));
  sim.run_for(1s);
  EXPECT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
  EXPECT_NE(alice.line().audio().srtp_keys()->send, a->send);
  EXPECT_EQ(alice.line().audio().srtp_keys()->receive, a->receive);
  EXPECT_EQ(bob.line().audio().srtp_keys(), b);  // and nothing of it reaches the other leg
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Srtp, APhoneWithAnotherKeyThanItSaidIsNotHeard) {
  Sim sim{Seed{617}, with_keys("srtp_over_plain_sip = true\ntimeout_secs = 0\n")};
  Phone& alice = sim.phone("2001");
  Phone& bob = sim.phone("2003");
  alice.habits().srtp = PhoneSrtp::required;
  ASSERT_TRUE(connect(sim, alice, bob));
  ASSERT_TRUE(talk(sim, alice, bob));
  auto wrong = alice.line().audio().srtp_keys();
  wrong->send.key[3] ^= 1;
  alice.line().audio().use_keys(wrong);
  ASSERT_TRUE(sim.until(2s, [&] { return bob.line().audio().hears_nothing(); }));
  EXPECT_TRUE(alice.hears(880));
  const auto verdict_told = [&] {
    bool told = false;
    sim.hub().core().calls().for_each([&](const call::Call& call) {
      for (const call::LegFacts& leg : call.all_legs()) told = told || leg.verdict == "srtp_failed";
    });
    return told;
  };
  EXPECT_TRUE(sim.until(5s, verdict_told));
  const auto dropped = [&] { return sim.hub().counters().get("media_dropped_auth_failed").value(); };
  sim.run_for(20s);
  EXPECT_GT(dropped(), 500u);
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Srtp, WhatDoesNotMeetIsRefused) {
  Sim sim{Seed{618}, with_keys()};
  Phone& required = sim.phone("2001");
  Phone& never = sim.phone("2003");
  // A phone that wants plain RTP, and may not have it.
  required.dial("9197");
  ASSERT_TRUE(sim.until(5s, [&] { return required.idle(); }));
  EXPECT_EQ(required.line().status(), 488);
  never.habits().srtp = PhoneSrtp::required;
  never.dial("9197");
  ASSERT_TRUE(sim.until(5s, [&] { return never.idle(); }));
  EXPECT_EQ(never.line().status(), 488);
  // Called, they refuse what the hub offers them.
  Phone& alice = sim.phone("1001");
  for (Phone* const called : {&required, &never}) {
    called->habits().answers_after = 100ms;
    alice.dial(called->user());
    ASSERT_TRUE(sim.until(5s, [&] { return alice.idle(); }));
    EXPECT_EQ(alice.line().status(), 488);
  }
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(Srtp, NoKeysOverSignallingThatOthersCanRead) {
  Sim sim{Seed{619}, with_keys("")};
  Phone& required = sim.phone("2001");
  required.habits().srtp = PhoneSrtp::required;
  Phone& optional = sim.phone("2002");
  optional.habits().srtp = PhoneSrtp::optional;
  for (const bool late : {false, true}) {
    required.dial("9197", {.late_offer = late});
    ASSERT_TRUE(sim.until(5s, [&] { return required.idle(); }));
    EXPECT_EQ(required.line().status(), 488);
  }
  Phone& alice = sim.phone("1001");
  alice.dial("2001");
  ASSERT_TRUE(sim.until(5s, [&] { return alice.idle(); }));
  EXPECT_EQ(alice.line().status(), 488);
  ASSERT_TRUE(connect(sim, alice, optional));
  ASSERT_TRUE(talk(sim, alice, optional));
  EXPECT_EQ(optional.line().remote_sdp()->media.front().find("crypto"), nullptr);
  EXPECT_FALSE(optional.line().audio().srtp_keys());
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
