#include "registrar/authenticator.hpp"

#include <gtest/gtest.h>

#include "registrar/test_setup.hpp"

namespace junctor::registrar {
namespace {

using sip::HeaderId;
using sip::Message;

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    User user;
    user.username = "1001";
    user.display_name = "Alice";
    set_password(user, "junctor", "secret", test_hashes());
    users.put(user);
  }

  AuthResult verify(const Message& request, Role role = Role::user_agent) {
    const AuthVerdict verdict = authenticator.verify(request, role, now);
    reason = verdict.reason;
    return verdict.result;
  }
  /// Challenged and signed.
  Message signed_request() {
    Message request = phone.request();
    phone.take_challenge(authenticator.challenge(request, Role::user_agent, AuthResult::challenge, now));
    request = phone.request();
    phone.sign(request);
    return request;
  }

  SeededRandom random{3};
  Counters counters;
  Users users;
  TimePoint now{seconds(5000)};
  Authenticator authenticator{{}, users, test_hashes(), test_mac, random, counters};
  TestPhone phone;
  std::string_view reason;
};

TEST_F(AuthenticatorTest, ChallengesSha256ThenMd5AndTakesTheRightPassword) {
  EXPECT_EQ(verify(phone.request()), AuthResult::challenge);
  const Message request = signed_request();
  ASSERT_EQ(phone.challenges.size(), 2u);
  EXPECT_EQ(phone.challenges[0].algorithm, "SHA-256");
  EXPECT_EQ(phone.challenges[1].algorithm, "MD5");
  EXPECT_EQ(phone.challenges[0].realm, "junctor");
  EXPECT_FALSE(phone.challenges[0].stale);
  const AuthVerdict verdict = authenticator.verify(request, Role::user_agent, now);
  ASSERT_EQ(verdict.result, AuthResult::ok);
  EXPECT_EQ(verdict.user->display_name, "Alice");
}

TEST_F(AuthenticatorTest, Md5OnlyPhones) {
  Message request = phone.request();
  phone.take_challenge(authenticator.challenge(request, Role::user_agent, AuthResult::challenge, now));
  phone.challenges.erase(phone.challenges.begin());
  phone.sign(request);
  EXPECT_EQ(verify(request), AuthResult::ok);
}

TEST_F(AuthenticatorTest, Md5OnlyAgentsAreOfferedNothingElse) {
  const Message request = phone.request({"User-Agent: baresip v1.0.0 (x86_64/linux)"});
  phone.take_challenge(authenticator.challenge(request, Role::user_agent, AuthResult::challenge, now));
  ASSERT_EQ(phone.challenges.size(), 1u);
  EXPECT_EQ(phone.challenges[0].algorithm, "MD5");
}

TEST_F(AuthenticatorTest, AsAProxyItIs407AndItsOwnHeaders) {
  Message request = phone.request();
  const Message response = authenticator.challenge(request, Role::proxy, AuthResult::challenge, now);
  EXPECT_EQ(response.status(), 407);
  phone.take_challenge(response, HeaderId::proxy_authenticate);
  phone.sign(request, HeaderId::proxy_authorization);
  EXPECT_EQ(verify(request, Role::user_agent), AuthResult::challenge);
  EXPECT_EQ(verify(request, Role::proxy), AuthResult::ok);
}

TEST_F(AuthenticatorTest, NothingCanBeReplayed) {
  const Message request = signed_request();
  EXPECT_EQ(verify(request), AuthResult::ok);
  EXPECT_EQ(verify(request), AuthResult::stale);
  EXPECT_EQ(reason, "replayed");
  Message next = phone.request();
  phone.sign(next);  // the same nonce, nc 2
  EXPECT_EQ(verify(next), AuthResult::ok);
  EXPECT_EQ(verify(next), AuthResult::stale);
  EXPECT_EQ(verify(request), AuthResult::stale);
  EXPECT_EQ(counters.get("auth_replayed").value(), 3u);
}

TEST_F(AuthenticatorTest, WithoutQopANonceIsGoodOnce) {
  Message request = phone.request();
  phone.take_challenge(authenticator.challenge(request, Role::user_agent, AuthResult::challenge, now));
  for (auto& challenge : phone.challenges) challenge.qop.clear();
  phone.sign(request);
  EXPECT_EQ(verify(request), AuthResult::ok);
  EXPECT_EQ(verify(request), AuthResult::stale);
}

TEST_F(AuthenticatorTest, AnOldNonceIsStaleOnlyWithTheRightPassword) {
  const Message request = signed_request();
  phone.password = "wrong";
  Message wrong = phone.request();
  phone.sign(wrong);
  now += seconds(301);
  EXPECT_EQ(verify(request), AuthResult::stale);
  EXPECT_EQ(reason, "expired");
  EXPECT_EQ(verify(wrong), AuthResult::denied);
  EXPECT_EQ(reason, "wrong_password");
  const Message again = authenticator.challenge(request, Role::user_agent, AuthResult::stale, now);
  phone.take_challenge(again);
  EXPECT_TRUE(phone.challenges[0].stale);
}

TEST_F(AuthenticatorTest, ANonceOfBeforeARestartIsStale) {
  const Message request = signed_request();
  Authenticator restarted({}, users, test_hashes(), test_mac, random, counters);
  const AuthVerdict verdict = restarted.verify(request, Role::user_agent, now);
  EXPECT_EQ(verdict.result, AuthResult::stale);
  EXPECT_EQ(verdict.reason, "foreign");
}

TEST_F(AuthenticatorTest, AFailedTryDoesNotUseUpTheNonce) {
  const Message request = signed_request();
  TestPhone thief = phone;
  thief.password = "guess";
  thief.nc = 0;
  Message wrong = thief.request();
  thief.sign(wrong);
  EXPECT_EQ(verify(wrong), AuthResult::denied);
  EXPECT_EQ(verify(request), AuthResult::ok);
}

TEST_F(AuthenticatorTest, CredentialsForOneNumberDoNotCallAnother) {
  phone.method = "INVITE";
  phone.uri = "sip:1002@junctor.example";
  Message request = signed_request();
  request.set_request_uri("sip:1002@192.0.2.1:5060");  // a proxy in front
  EXPECT_EQ(verify(request), AuthResult::ok);
  request = signed_request();
  request.set_request_uri("sip:0900123@junctor.example");
  EXPECT_EQ(verify(request), AuthResult::denied);
  EXPECT_EQ(reason, "other_uri");
}

TEST_F(AuthenticatorTest, AuthIntCoversTheBody) {
  phone.method = "MESSAGE";
  Message request = phone.request();
  request.set_body("text/plain", "hello");
  phone.take_challenge(authenticator.challenge(request, Role::user_agent, AuthResult::challenge, now));
  for (auto& challenge : phone.challenges) challenge.qop = "auth-int";
  phone.sign(request);
  Message changed = request;
  changed.set_body("text/plain", "hallo");
  EXPECT_EQ(verify(changed), AuthResult::denied);
  EXPECT_EQ(verify(request), AuthResult::ok);
}

TEST_F(AuthenticatorTest, Denials) {
  Message request = signed_request();
  phone.user = "9999";
  phone.sign(request);
  EXPECT_EQ(verify(request), AuthResult::denied);
  EXPECT_EQ(reason, "unknown_user");
  request.set(HeaderId::authorization, "Digest username=");
  EXPECT_EQ(verify(request), AuthResult::denied);
  EXPECT_EQ(reason, "malformed");
  request.set(HeaderId::authorization,
              R"(Digest username="1001", realm="elsewhere", nonce="x", uri="sip:junctor.example", response="x")");
  EXPECT_EQ(verify(request), AuthResult::challenge);  // for somebody else on the way
  request.set(HeaderId::authorization, R"(Digest username="1001", realm="junctor", nonce="x", )"
                                       R"(uri="sip:junctor.example", response="x", algorithm=WHIRLPOOL)");
  EXPECT_EQ(verify(request), AuthResult::denied);
  EXPECT_EQ(reason, "unsupported_algorithm");
}

// The challenges to a user, to one who is known by one hash only, and to nobody, but for the nonce.
TEST_F(AuthenticatorTest, AChallengeDoesNotTellWhoIsAUser) {
  const auto asked = [&](const std::string& name, std::string_view agent) {
    phone.user = name;
    const auto request = phone.request({"User-Agent: " + std::string(agent)});
    phone.take_challenge(authenticator.challenge(request, Role::user_agent, AuthResult::challenge, now));
    std::string out;
    for (const auto& challenge : phone.challenges) out += challenge.algorithm + ' ';
    return out;
  };
  User legacy;
  legacy.username = "1002";
  set_password(legacy, "junctor", "secret", test_hashes());
  const auto expect_everywhere = [&](const std::string& expected) {
    for (const char* name : {"1001", "1002", "stranger"}) {
      EXPECT_EQ(asked(name, "Phone"), expected) << name;
      EXPECT_EQ(asked(name, "baresip v1.0"), expected.ends_with("MD5 ") ? "MD5 " : expected) << name;
    }
  };
  users.put(legacy);
  expect_everywhere("SHA-256 MD5 ");
  User md5_only = legacy, sha256_only = legacy, other = legacy;
  md5_only.ha1_sha256 = {}, md5_only.ha1_sha512_256 = {};
  sha256_only.ha1_md5 = {}, sha256_only.ha1_sha512_256 = {};
  users.put(md5_only);
  expect_everywhere("MD5 ");
  phone.user = "1002";
  Message request = phone.request();
  phone.take_challenge(authenticator.challenge(request, Role::user_agent, AuthResult::challenge, now));
  phone.sign(request);
  EXPECT_EQ(verify(request), AuthResult::ok);
  users.put(sha256_only);
  expect_everywhere("SHA-256 ");
  other.username = "1003";
  other.ha1_sha256 = {};
  users.put(other);  // nothing in common any more
  expect_everywhere("SHA-256 MD5 ");
  users.remove("1002");
  expect_everywhere("MD5 ");
  users.remove("1003");
  expect_everywhere("SHA-256 MD5 ");
}

TEST_F(AuthenticatorTest, AUserWithOneHashIsAskedForThatOne) {
  User user = *users.find("1001");
  user.ha1_sha256 = {};
  users.put(user);
  Message request = phone.request();
  phone.take_challenge(authenticator.challenge(request, Role::user_agent, AuthResult::challenge, now));
  ASSERT_EQ(phone.challenges.size(), 1u);
  EXPECT_EQ(phone.challenges[0].algorithm, "MD5");
  user.ha1_md5 = {};
  users.put(user);
  phone.take_challenge(authenticator.challenge(request, Role::user_agent, AuthResult::challenge, now));
  ASSERT_EQ(phone.challenges.size(), 1u);
  EXPECT_EQ(phone.challenges[0].algorithm, "SHA-512-256");
  phone.sign(request);
  EXPECT_EQ(verify(request), AuthResult::ok);
}

TEST(Users, TheFileGoesBeforeTheDatabase) {
  Users users;
  User file;
  file.username = "1001";
  file.from_file = true;
  file.display_name = "file";
  EXPECT_TRUE(users.put(file));
  User database = file;
  database.from_file = false;
  database.display_name = "database";
  EXPECT_FALSE(users.put(database));
  EXPECT_EQ(users.find("1001")->display_name, "file");
  EXPECT_TRUE(users.remove("1001"));
  EXPECT_TRUE(users.put(database));
  EXPECT_EQ(users.find("1002"), nullptr);
}

TEST(Users, SurviveAsRowsWithoutTheirPassword) {
  User user;
  user.username = "1001";
  user.display_name = "Alice";
  user.forward_to({.busy = "voicemail:1001"});
  user.ring_secs = 7;
  set_password(user, "junctor", "secret", test_hashes());
  const User back = from_row(to_row(user, "junctor"));
  EXPECT_EQ(back.ha1_md5, user.ha1_md5);
  EXPECT_EQ(back.ha1_sha512_256, user.ha1_sha512_256);
  EXPECT_EQ(back.forward().busy, "voicemail:1001");
  EXPECT_EQ(back.ring_secs, 7u);
  EXPECT_FALSE(back.from_file);
}

}  // namespace
}  // namespace junctor::registrar
