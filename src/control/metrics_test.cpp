#include "control/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

#include "base/counters.hpp"
#include "control/probes.hpp"
#include "control/test_commands.hpp"
#include "control/test_web.hpp"
#include "control/web_router.hpp"

namespace junctor::control {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Samples by name and labels, as a scraper reads them.
std::map<std::string, double> scrape(const std::string& page) {
  std::map<std::string, double> out;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const auto space = line.rfind(' ');
    EXPECT_TRUE(out.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second) << line << " twice";
  }
  return out;
}

struct Metrics : ::testing::Test {
  TestCommands commands;
  TestWeb web;
  std::vector<Network> allowed{*Network::parse("192.0.2.0/24")};
  Probes probes{web, commands, [this] { return allowed; }};
  WebRouter router{web};
  std::uint64_t last = 0;

  Metrics() {
    for (const char* path : {"/livez", "/readyz", "/metrics"}) router.serve(path, probes);
  }
  WebResponse ask(const std::string& target, const std::string& method = "GET",
                  IpAddress from = IpAddress::v4(192, 0, 2, 7)) {
    WebRequest request;
    request.method = method;
    request.target = target;
    request.remote = {from, 1};
    const WebId id{++last};
    router.on_request(id, std::move(request), TimePoint{});
    EXPECT_TRUE(web.responses.contains(id));
    return web.responses[id];
  }
};

TEST_F(Metrics, ProbesAnswer) {
  EXPECT_EQ(ask("/livez").status, 200);
  EXPECT_EQ(ask("/readyz?verbose").status, 200);
  commands.draining = true;
  EXPECT_EQ(ask("/livez").status, 200);
  const WebResponse draining = ask("/readyz");
  EXPECT_EQ(draining.status, 503);
  EXPECT_EQ(draining.content_type, "application/problem+json");
  EXPECT_THAT(draining.body, HasSubstr("\"code\":\"draining\""));
}

TEST_F(Metrics, OnlyThoseWhoMayAsk) {
  for (const char* path : {"/livez", "/readyz", "/metrics"})
    EXPECT_EQ(ask(path, "GET", IpAddress::v4(198, 51, 100, 1)).status, 403);
  const WebResponse post = ask("/metrics", "POST");
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post.headers, (WebHeaders{{"Allow", "GET"}}));
  EXPECT_EQ(ask("/metrics/x").status, 404);
  EXPECT_EQ(ask("/livezz").status, 404);
}

TEST_F(Metrics, EveryDocumentedCounterMoves) {
  Counters counters;
  std::set<std::string_view> names;
  Status status;
  for (const CounterMetric& metric : counter_metrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_TRUE(metric.name.starts_with("junctor_") && metric.name.ends_with("_total")) << metric.name;
    EXPECT_TRUE(metric.help.ends_with('.')) << metric.name;
    std::string counter(metric.counter), sample(metric.name);
    if (metric.label == "action,code") {
      counter += "call.answer,not_found";
      sample += "{action=\"call.answer\",code=\"not_found\"}";
    } else if (!metric.label.empty()) {
      counter += "reason";
      sample += "{" + std::string(metric.label) + "=\"reason\"}";
    }
    EXPECT_EQ(find_metric(counter), &metric) << counter;
    counters.get(counter);
    status.counters = counters.snapshot();
    EXPECT_EQ(scrape(metrics_text(status, {})).at(sample), 0);
    counters.get(counter).add(2'000);
    status.counters = counters.snapshot();
    EXPECT_DOUBLE_EQ(scrape(metrics_text(status, {})).at(sample), 2'000 * metric.unit);
  }
}

TEST_F(Metrics, EveryGaugeMoves) {
  Status status;
  status.version = "1 \"a\\b\"";
  status.draining = true;
  status.calls = 2, status.legs = 3, status.registrations = 4, status.users = 5, status.trunks = 6;
  status.transactions = 7, status.media_ports = 8, status.store_backlog = 9;
  status.blocked.resize(10);
  status.started = WallTime(milliseconds(11'500));
  status.longest_turn = milliseconds(12);
  status.rwi_sessions = 13;
  const auto before = scrape(metrics_text(Status(), {})), after = scrape(metrics_text(status, {}));
  for (const GaugeMetric& gauge : gauge_metrics())
    EXPECT_NE(before.at(std::string(gauge.name)), after.at(std::string(gauge.name))) << gauge.name;
  EXPECT_EQ(after.at("junctor_calls"), 2);
  EXPECT_EQ(after.at("junctor_legs"), 3);
  EXPECT_EQ(after.at("junctor_registrations"), 4);
  EXPECT_EQ(after.at("junctor_media_ports"), 8);
  EXPECT_EQ(after.at("junctor_store_backlog_writes"), 9);
  EXPECT_EQ(after.at("junctor_blocked_addresses"), 10);
  EXPECT_EQ(after.at("junctor_start_time_seconds"), 11.5);
  EXPECT_EQ(after.at("junctor_rwi_sessions"), 13);
  EXPECT_EQ(after.at("junctor_longest_turn_seconds"), 0.012);
  EXPECT_EQ(after.at("junctor_build_info{version=\"1 \\\"a\\\\b\\\"\"}"), 1);
}

TEST_F(Metrics, TurnsAreACumulativeHistogramInSeconds) {
  Status status;
  status.turns = {{{microseconds(1), 1}, {microseconds(2'000), 4}}, 2, milliseconds(35)};
  const auto samples = scrape(metrics_text(status, {}));
  EXPECT_EQ(samples.at("junctor_control_turn_seconds_bucket{le=\"1e-06\"}"), 1);
  EXPECT_EQ(samples.at("junctor_control_turn_seconds_bucket{le=\"0.002\"}"), 5);
  EXPECT_EQ(samples.at("junctor_control_turn_seconds_bucket{le=\"+Inf\"}"), 7);
  EXPECT_EQ(samples.at("junctor_control_turn_seconds_count"), 7);
  EXPECT_EQ(samples.at("junctor_control_turn_seconds_sum"), 0.035);
  status.ticks = {{{microseconds(1), 3}}, 0, milliseconds(2)};
  EXPECT_EQ(scrape(metrics_text(status, {})).at("junctor_media_tick_lateness_seconds_sum"), 0.002);
}

TEST_F(Metrics, TrunksAreLabelled) {
  const WebResponse page = ask("/metrics");
  EXPECT_THAT(page.content_type, HasSubstr("version=0.0.4"));
  const auto samples = scrape(page.body);
  EXPECT_EQ(samples.at("junctor_trunk_calls{trunk=\"carrier\"}"), 1);
  EXPECT_EQ(samples.at("junctor_trunk_state{trunk=\"carrier\",state=\"static\"}"), 1);
  EXPECT_THAT(page.body, Not(HasSubstr("sip_dropped"))) << "that counter is not documented";
}

// --- the router

class TestService final : public WebService {
 public:
  std::vector<std::string> asked, heard;
  std::set<WebId> own;
  void on_request(WebId id, WebRequest&& request, TimePoint) override {
    asked.push_back(request.target);
    own.insert(id);
  }
  bool owns(WebId id) const override { return own.contains(id); }
  void on_text(WebId, std::string&& message, TimePoint) override { heard.push_back("text " + message); }
  void on_binary(WebId, std::string&& message, TimePoint) override { heard.push_back("binary " + message); }
  void on_closed(WebId id, const WebClose&, TimePoint) override {
    heard.push_back("closed");
    own.erase(id);
  }
};

TEST(WebRouterTest, TheLongestPrefixServesAndHearsItsOwn) {
  TestWeb web;
  WebRouter router(web);
  TestService wide, narrow;
  router.serve("/api", wide);
  router.serve("/api/v1", narrow);
  const auto ask = [&](std::uint64_t id, std::string target) {
    WebRequest request;
    request.method = "GET";
    request.target = std::move(target);
    router.on_request(WebId{id}, std::move(request), {});
  };
  ask(1, "/api/v1/calls?x=/api");
  ask(2, "/api/v2");
  ask(3, "/api/v1");
  ask(4, "/apis");
  EXPECT_EQ(narrow.asked, (std::vector<std::string>{"/api/v1/calls?x=/api", "/api/v1"}));
  EXPECT_EQ(wide.asked, std::vector<std::string>{"/api/v2"});
  EXPECT_EQ(web.responses.at(WebId{4}).status, 404);
  router.on_text(WebId{3}, "a", {});
  router.on_binary(WebId{2}, "b", {});
  router.on_closed(WebId{3}, {}, {});
  router.on_text(WebId{3}, "late", {});
  EXPECT_EQ(narrow.heard, (std::vector<std::string>{"text a", "closed"}));
  EXPECT_EQ(wide.heard, std::vector<std::string>{"binary b"});
}

}  // namespace
}  // namespace junctor::control
