// One request to a service over loopback, plain and over TLS, whatever the service does.
#include "net/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/clock.hpp"
#include "net/test_certificates.hpp"
#include "net/test_service.hpp"

namespace junctor::net {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const TlsContexts> certificate_of(const TestCa& ca, const TestCertificate& what) {
  auto contexts = TlsContexts::load({.identity = ca.issue("service", what), .peers = {}});
  EXPECT_TRUE(contexts);
  return contexts.value_or(nullptr);
}

TEST(HttpClient, SaysWhatItWasToldAndGetsWhatCame) {
  TestService::Request got;
  const std::string body(300'000, 'x');
  TestService service({.on_request = [&](const TestService::Request& request) {
    got = request;
    return TestService::Answer{203, body};
  }});
  HttpClient client("");
  const auto response = client.fetch({.method = "POST",
                                      .url = "http://" + service.authority() + "/say?voice=a",
                                      .headers = {{"Authorization", "Bearer secret"}},
                                      .body = "Hello."});
  ASSERT_TRUE(response) << response.error();
  EXPECT_EQ(response->status, 203);
  EXPECT_EQ(response->body, body);
  EXPECT_EQ(got.method, "POST");
  EXPECT_EQ(got.target, "/say?voice=a");
  EXPECT_EQ(got.body, "Hello.");
  EXPECT_EQ(got.headers["Authorization"], "Bearer secret");
  EXPECT_EQ(got.headers["Host"], service.authority());
}

TEST(HttpClient, TlsIsVerified) {
  const TestFolder folder;
  const TestCa ours(folder, "ours"), other(folder, "other");
  TestService good({.on_request = [](const auto&) { return TestService::Answer{200, "safe"}; }},
                   certificate_of(ours, {.alt_names = "IP:127.0.0.1"}));
  TestService wrong_name({.on_request = [](const auto&) { return TestService::Answer{200, "safe"}; }},
                         certificate_of(ours, {.alt_names = "DNS:elsewhere.test"}));
  HttpClient client(ours.file());
  const auto response = client.fetch({.url = "https://" + good.authority() + "/"});
  ASSERT_TRUE(response) << response.error();
  EXPECT_EQ(response->body, "safe");
  const auto misnamed = client.fetch({.url = "https://" + wrong_name.authority() + "/"});
  ASSERT_FALSE(misnamed);
  EXPECT_THAT(misnamed.error(), HasSubstr("hostname mismatch"));
  EXPECT_FALSE(HttpClient(other.file()).fetch({.url = "https://" + good.authority() + "/"}));
  EXPECT_FALSE(HttpClient("").fetch({.url = "https://" + good.authority() + "/"}));
  EXPECT_FALSE(HttpClient("/nowhere.pem").fetch({.url = "https://" + good.authority() + "/"}));
  EXPECT_FALSE(client.fetch({.url = "http://" + good.authority() + "/"}));
}

TEST(HttpClient, BoundsHold) {
  TestService service({.on_request = [](const TestService::Request& request) {
    return TestService::Answer{200, std::string(1001, 'x'), request.target != "/never"};
  }});
  HttpClient client("");
  const auto large = client.fetch({.url = "http://" + service.authority() + "/", .body_max = 1000});
  ASSERT_FALSE(large);
  EXPECT_THAT(large.error(), HasSubstr("more than it may"));
  const TimePoint before = now();
  const auto never = client.fetch({.url = "http://" + service.authority() + "/never", .timeout = milliseconds(100)});
  ASSERT_FALSE(never);
  EXPECT_THAT(never.error(), HasSubstr("took too long"));
  EXPECT_LT(now() - before, seconds(5));
}

TEST(HttpClient, NobodyThere) {
  std::string gone;
  {
    TestService service({});
    gone = service.authority();
  }
  HttpClient client("");
  EXPECT_FALSE(client.fetch({.url = "http://" + gone + "/"}));
  EXPECT_FALSE(client.fetch({.url = "ws://" + gone + "/"}));
  EXPECT_FALSE(client.fetch({.url = "gone"}));
}

}  // namespace
}  // namespace junctor::net
