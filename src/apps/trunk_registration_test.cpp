#include "apps/trunk_registration.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "registrar/test_setup.hpp"
#include "sip/headers.hpp"
#include "transport/test_world.hpp"

namespace junctor::apps {
namespace {

using sip::HeaderId;
using sip::Message;
using sip::Method;
using transport::Party;
using transport::World;

/// A carrier's registrar: answers as `rule` says, else 200 with what was asked for.
struct Registrar {
  Registrar(World& world_, const char* where) : world(world_), party(world_, where) {
    party.when_request = [this](std::size_t which) {
      times.push_back(world.now);
      Message answer = Message::response(party.requests[which], 200);
      answer.set(HeaderId::to, std::string(*answer.header(HeaderId::to)) + ";tag=registrar");
      answer.add(HeaderId::contact, std::string(*party.requests[which].header(HeaderId::contact)) +
                                        ";expires=" + std::string(*party.requests[which].header(HeaderId::expires)));
      if (rule && !rule(party.requests[which], answer)) return;
      party.endpoint->respond(party.servers[which], answer, world.now);
    };
  }
  const Message& last() const { return party.requests.back(); }
  std::size_t count() const { return party.requests.size(); }
  std::string header(HeaderId id) const { return std::string(last().header(id).value_or("")); }

  World& world;
  Party party;
  std::vector<TimePoint> times;
  std::function<bool(const Message& request, Message& answer)> rule;
};

bool has_right_credentials(const Message& request, HeaderId header, const std::string& password = "secret") {
  const auto value = request.header(header);
  if (!value) return false;
  const auto credentials = sip::digest::parse_credentials(*value);
  if (!credentials) return false;
  const auto hashes = registrar::test_hashes();
  const std::string ha1 = sip::digest::make_ha1(hashes.md5, credentials->username, credentials->realm, password);
  return credentials->uri == request.request_uri() &&
         sip::digest::verify(*credentials, ha1, "REGISTER", "", hashes) == sip::digest::Verdict::ok;
}

void refuse(Message& answer, const Message& request, int status, HeaderId header = HeaderId::warning,
            std::string_view value = {}) {
  answer = Message::response(request, status);
  answer.set(HeaderId::to, std::string(*answer.header(HeaderId::to)) + ";tag=registrar");
  if (!value.empty()) answer.add(header, value);
}

class TrunkRegistrationTest : public ::testing::Test {
 protected:
  TrunkRegistrationTest() {
    hub.when_response = [this](const Party::Response& r) {
      registrations.on_response(r.owner, r.id, r.message, r.origin, world.now);
    };
    hub.when_located = [this](std::uint64_t owner, std::span<const transport::Hop> hops) {
      registrations.on_located(owner, hops, world.now);
    };
  }
  static TrunkAccount account(const std::string& name, const std::string& host,
                              const std::string& password = "secret") {
    return {name, host.substr(0, host.find(':')), "sip:" + host, {"line7", password, {}, {}}, seconds(600)};
  }
  RegistrationFacts facts(std::string_view trunk = "carrier") { return *registrations.find(trunk, world.now); }
  void start(std::vector<TrunkAccount> accounts) { registrations.set_accounts(std::move(accounts), world.now); }
  /// The user part of the Contact of that REGISTER.
  static std::string contact_user(const Message& request) { return std::string(request.contact()->uri.user); }

  World world;
  NullLog log;
  Party hub{world, "10.0.0.1:5060"};
  TrunkRegistrations registrations{
      {*hub.endpoint, world.timers, world.random, world.counters, log, registrar::test_hashes(), "Junctor"}};
  Registrar carrier{world, "10.0.0.2:5060"};
};

TEST_F(TrunkRegistrationTest, IsRenewedBeforeItExpires) {
  start({account("carrier", "10.0.0.2:5060")});
  EXPECT_EQ(facts().state, RegistrationState::registering);
  world.run(seconds(1));
  ASSERT_EQ(carrier.count(), 1u);
  EXPECT_EQ(carrier.last().request_uri(), "sip:10.0.0.2");
  EXPECT_EQ(carrier.last().to()->uri.user, "line7");
  EXPECT_EQ(carrier.last().contact()->uri.host, "10.0.0.1");
  EXPECT_EQ(carrier.header(HeaderId::expires), "600");
  EXPECT_EQ(facts().state, RegistrationState::registered);
  EXPECT_EQ(registrations.trunk_of_contact(contact_user(carrier.last())), "carrier");
  EXPECT_EQ(registrations.trunk_of_contact("line7"), "");
  EXPECT_EQ(registrations.standing_timers(), 1u);
  world.run(hours(3));
  ASSERT_GT(carrier.count(), 10u);
  for (std::size_t i = 1; i < carrier.count(); ++i) {
    const auto apart = carrier.times[i] - carrier.times[i - 1];
    EXPECT_GE(apart, seconds(480));
    EXPECT_LE(apart, seconds(517));
    EXPECT_EQ(carrier.party.requests[i].call_id(), carrier.party.requests[0].call_id());
    EXPECT_EQ(carrier.party.requests[i].cseq().number, carrier.party.requests[0].cseq().number + i);
    EXPECT_EQ(contact_user(carrier.party.requests[i]), contact_user(carrier.party.requests[0]));
  }
  EXPECT_NE(carrier.times[2] - carrier.times[1], carrier.times[1] - carrier.times[0]);  // never in step with others
}

TEST_F(TrunkRegistrationTest, WhatTheRegistrarGrantsCounts) {
  carrier.rule = [](const Message& request, Message& answer) {
    answer.remove(HeaderId::contact);
    answer.add(HeaderId::contact, "<sip:other@10.9.9.9>;expires=5");
    answer.add(HeaderId::contact, std::string(*request.header(HeaderId::contact)) + ";expires=100");
    answer.add(HeaderId::expires, "3600");
    return true;
  };
  start({account("carrier", "10.0.0.2:5060")});
  world.run(seconds(1));
  EXPECT_LE(*facts().expires - world.now, seconds(100));
  world.run(seconds(90));
  EXPECT_EQ(carrier.count(), 2u);
}

TEST_F(TrunkRegistrationTest, ChallengesOfProxyAndRegistrar) {
  carrier.rule = [](const Message& request, Message& answer) {
    if (!has_right_credentials(request, HeaderId::proxy_authorization))
      return refuse(answer, request, 407, HeaderId::proxy_authenticate,
                    R"(Digest realm="edge", nonce="e", qop="auth")"),
             true;
    if (!has_right_credentials(request, HeaderId::authorization))
      return refuse(answer, request, 401, HeaderId::www_authenticate,
                    R"(Digest realm="r", nonce="n", qop="auth,auth-int", opaque="o", domain="sip:10.0.0.2")"),
             true;
    return true;
  };
  start({account("carrier", "10.0.0.2:5060")});
  world.run(seconds(1));
  EXPECT_EQ(carrier.count(), 3u);
  EXPECT_EQ(facts().state, RegistrationState::registered);
  world.run(seconds(520));  // the second time it is known what they will ask
  EXPECT_EQ(carrier.count(), 4u);
  EXPECT_THAT(carrier.header(HeaderId::authorization), ::testing::HasSubstr("nc=00000002"));
}

TEST_F(TrunkRegistrationTest, AStaleNonceIsReplaced) {
  std::string nonce = "first";
  carrier.rule = [&](const Message& request, Message& answer) {
    const bool current =
        request.header(HeaderId::authorization).value_or("").find('"' + nonce + '"') != std::string::npos;
    if (current && has_right_credentials(request, HeaderId::authorization)) return true;
    refuse(answer, request, 401, HeaderId::www_authenticate,
           "Digest realm=\"r\", nonce=\"" + nonce +
               "\", stale=" + (request.has(HeaderId::authorization) ? "true" : "false"));
    return true;
  };
  start({account("carrier", "10.0.0.2:5060")});
  world.run(seconds(1));
  nonce = "second";
  world.run(seconds(520));
  EXPECT_EQ(carrier.count(), 4u);
  EXPECT_EQ(facts().state, RegistrationState::registered);
  EXPECT_EQ(facts().reason, "");
}

TEST_F(TrunkRegistrationTest, AWrongPassword) {
  int nonce = 0;
  carrier.rule = [&](const Message& request, Message& answer) {
    refuse(answer, request, 401, HeaderId::www_authenticate,
           "Digest realm=\"r\", qop=\"auth\", nonce=\"" + std::to_string(++nonce) + '"');
    return true;
  };
  start({account("carrier", "10.0.0.2:5060", "wrong")});
  world.run(seconds(1));
  EXPECT_EQ(carrier.count(), 3u);
  EXPECT_EQ(facts().state, RegistrationState::failed);
  EXPECT_EQ(facts().reason, "401: username or password are not taken");
  EXPECT_GE(*facts().next_try - world.now, seconds(235));
  world.run(seconds(230));
  EXPECT_EQ(carrier.count(), 3u);
}

TEST_F(TrunkRegistrationTest, IntervalTooBrief) {
  carrier.rule = [](const Message& request, Message& answer) {
    if (request.header(HeaderId::expires) != "1800") refuse(answer, request, 423, HeaderId::min_expires, "1800");
    return true;
  };
  start({account("carrier", "10.0.0.2:5060")});
  world.run(seconds(1));
  EXPECT_EQ(carrier.count(), 2u);
  EXPECT_EQ(facts().state, RegistrationState::registered);
  EXPECT_GT(*facts().expires - world.now, seconds(1700));
}

TEST_F(TrunkRegistrationTest, TriesAreFurtherAndFurtherApart) {
  carrier.rule = [](const Message& request, Message& answer) { return refuse(answer, request, 500), true; };
  start({account("carrier", "10.0.0.2:5060")});
  world.run(minutes(40));
  ASSERT_GE(carrier.count(), 12u);
  double usual = 5;
  for (std::size_t i = 1; i < carrier.count(); ++i) {
    const double apart = std::chrono::duration<double>(carrier.times[i] - carrier.times[i - 1]).count();
    EXPECT_GE(apart, usual * 0.79);
    EXPECT_LE(apart, usual * 1.21);
    usual = std::min(usual * 2, 300.0);
  }
  carrier.rule = nullptr;
  for (int i = 0; i < 361 && facts().state != RegistrationState::registered; ++i) world.run(seconds(1));
  EXPECT_EQ(facts().state, RegistrationState::registered);
  carrier.rule = [](const Message& request, Message& answer) { return refuse(answer, request, 500), true; };
  world.run(seconds(518));  // and from the beginning again
  EXPECT_EQ(facts().reason, "500 Server Internal Error");
  EXPECT_EQ(facts().state, RegistrationState::registered);  // what was granted still holds
  world.run(seconds(110));
  EXPECT_EQ(facts().state, RegistrationState::failed);
}

TEST_F(TrunkRegistrationTest, RetryAfterAndSlowRefusals) {
  carrier.rule = [](const Message& request, Message& answer) {
    return refuse(answer, request, 500, HeaderId::retry_after, "1200"), true;
  };
  start({account("carrier", "10.0.0.2:5060")});
  world.run(seconds(1199));
  EXPECT_EQ(carrier.count(), 1u);
  carrier.rule = [](const Message& request, Message& answer) { return refuse(answer, request, 403), true; };
  world.run(seconds(130));
  EXPECT_EQ(carrier.count(), 2u);
  EXPECT_EQ(facts().reason, "403 Forbidden");
  EXPECT_GE(*facts().next_try - carrier.times.back(), seconds(240));
}

TEST_F(TrunkRegistrationTest, ADeadOneDelaysNoOther) {
  start({account("dead", "10.0.0.9:5060"), account("unknown", "nowhere.example"), account("carrier", "10.0.0.2:5060")});
  world.run(seconds(1));
  EXPECT_EQ(facts("carrier").state, RegistrationState::registered);
  EXPECT_EQ(facts("dead").state, RegistrationState::registering);
  EXPECT_EQ(facts("unknown").state, RegistrationState::failed);
  EXPECT_EQ(facts("unknown").reason, "no address for nowhere.example");
  world.run(seconds(35));
  EXPECT_EQ(facts("dead").state, RegistrationState::failed);
  EXPECT_EQ(facts("dead").reason, "no response");
}

TEST_F(TrunkRegistrationTest, TheNextServerOfTheName) {
  Registrar second{world, "10.0.0.3:5060"};
  world.name("a.carrier.example", "10.0.0.2");
  world.name("b.carrier.example", "10.0.0.3");
  world.srv("_sip._udp.carrier.example", 10, 0, 5060, "a.carrier.example");
  world.srv("_sip._udp.carrier.example", 20, 0, 5060, "b.carrier.example");
  carrier.rule = [](const Message& request, Message& answer) { return refuse(answer, request, 503), true; };
  start({account("carrier", "carrier.example")});
  world.run(seconds(2));
  EXPECT_EQ(carrier.count(), 1u);
  EXPECT_EQ(second.count(), 1u);
  EXPECT_EQ(second.last().request_uri(), "sip:carrier.example");
  EXPECT_EQ(facts().state, RegistrationState::registered);
}

TEST_F(TrunkRegistrationTest, TakesItsContactBack) {
  carrier.rule = [](const Message& request, Message& answer) {
    if (!has_right_credentials(request, HeaderId::authorization))
      refuse(answer, request, 401, HeaderId::www_authenticate, R"(Digest realm="r", nonce="n", stale=true)");
    return true;
  };
  start({account("carrier", "10.0.0.2:5060"), account("dead", "10.0.0.9:5060")});
  world.run(seconds(1));
  const std::string user = contact_user(carrier.last());
  registrations.stop(world.now);
  EXPECT_EQ(registrations.leaving(), 2u);
  world.run(seconds(1));
  EXPECT_EQ(carrier.header(HeaderId::expires), "0");
  EXPECT_EQ(contact_user(carrier.last()), user);
  EXPECT_FALSE(registrations.find("carrier", world.now));
  EXPECT_EQ(registrations.trunk_of_contact(user), "");
  EXPECT_EQ(registrations.leaving(), 1u);  // the other one has not answered its first REGISTER yet
  world.run(seconds(40));
  EXPECT_EQ(registrations.leaving(), 0u);
  const std::size_t sent = carrier.count();
  world.run(hours(1));
  EXPECT_EQ(carrier.count(), sent);
  EXPECT_EQ(world.timers.pending(), 0u);
}

TEST_F(TrunkRegistrationTest, LeavesWhileTheFirstOneIsUnderWay) {
  start({account("carrier", "10.0.0.2:5060")});
  registrations.stop(world.now);
  world.run(seconds(5));
  EXPECT_EQ(carrier.count(), 2u);
  EXPECT_EQ(carrier.header(HeaderId::expires), "0");
  EXPECT_EQ(registrations.leaving(), 0u);
}

TEST_F(TrunkRegistrationTest, AReloadTouchesWhatHasChanged) {
  Registrar other{world, "10.0.0.3:5060"};
  start({account("carrier", "10.0.0.2:5060"), account("other", "10.0.0.3:5060")});
  world.run(seconds(1));
  const std::string before = contact_user(carrier.last());
  start({account("carrier", "10.0.0.2:5060", "new password"), account("other", "10.0.0.3:5060")});
  world.run(seconds(1));
  EXPECT_EQ(other.count(), 1u);
  ASSERT_EQ(carrier.count(), 3u);
  std::map<std::string, std::string> expires;
  for (std::size_t i = 1; i < 3; ++i)
    expires[contact_user(carrier.party.requests[i])] = *carrier.party.requests[i].header(HeaderId::expires);
  EXPECT_EQ(expires[before], "0");
  EXPECT_EQ(expires.size(), 2u);
  EXPECT_EQ(facts().state, RegistrationState::registered);
  start({account("other", "10.0.0.3:5060")});
  world.run(seconds(1));
  EXPECT_EQ(carrier.header(HeaderId::expires), "0");
  EXPECT_FALSE(registrations.find("carrier", world.now));
  EXPECT_EQ(other.count(), 1u);
}

}  // namespace
}  // namespace junctor::apps
