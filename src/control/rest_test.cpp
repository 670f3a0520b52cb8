#include "control/rest.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/counters.hpp"
#include "control/test_commands.hpp"
#include "control/test_web.hpp"

namespace junctor::control {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct RestTest : ::testing::Test {
  TestCommands commands;
  TestWeb web;
  Tokens tokens;
  Counters counters;
  Rest rest{web, commands, tokens, counters};
  std::uint64_t last = 0;
  std::string token = "all";

  RestTest() {
    tokens.set({{"all", "all", {"call.control", "observe_all", "admin"}, {}, {}},
                {"reader", "reader", {"observe_all"}, {}, {}},
                {"nothing", "nothing", {}, {}, {}}});
  }
  WebId send(const std::string& method, const std::string& target, const std::string& body = "") {
    WebRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    const WebId id{++last};
    rest.on_request(id, std::move(request), TimePoint{});
    return id;
  }
  WebResponse ask(const std::string& method, const std::string& target, const std::string& body = "") {
    const WebId id = send(method, target, body);
    EXPECT_TRUE(web.responses.contains(id)) << method << ' ' << target;
    EXPECT_FALSE(web.twice);
    return web.responses[id];
  }
  json::value get(const std::string& target) {
    const WebResponse response = ask("GET", target);
    EXPECT_EQ(response.status, 200) << response.body;
    return json::parse(response.body);
  }
  /// Its status and code.
  std::string refused(const std::string& method, const std::string& target, const std::string& body = "") {
    const WebResponse response = ask(method, target, body);
    EXPECT_EQ(response.content_type, "application/problem+json");
    const json::value problem = json::parse(response.body);
    EXPECT_EQ(problem.at("status").as_int64(), response.status);
    return std::to_string(response.status) + ' ' + std::string(problem.at("code").as_string());
  }
  static std::string items(const json::value& list, const char* member) {
    std::string out;
    for (const auto& item : list.at("items").as_array()) out += std::string(item.at(member).as_string()) + ' ';
    return out;
  }
  void add_call(const std::string& id) {
    commands.known_calls.emplace_back();
    commands.known_calls.back().call.id = id;
    commands.known_calls.back().messages.emplace_back();
  }
};

TEST_F(RestTest, ATokenWithTheScopeIsNeeded) {
  token = "";
  EXPECT_EQ(refused("GET", "/api/v1/calls"), "401 unauthorized");
  EXPECT_EQ(refused("GET", "/api/v1/nothing"), "401 unauthorized") << "strangers learn nothing";
  EXPECT_EQ(ask("GET", "/api/v1/openapi.json").status, 200);
  token = "wrong";
  EXPECT_EQ(refused("GET", "/api/v1/calls"), "401 unauthorized");
  token = "nothing";
  EXPECT_EQ(refused("GET", "/api/v1/calls"), "403 forbidden");
  token = "reader";
  EXPECT_EQ(ask("GET", "/api/v1/calls").status, 200);
  EXPECT_EQ(refused("DELETE", "/api/v1/calls/x"), "403 forbidden");
  EXPECT_EQ(refused("GET", "/api/v1/users"), "403 forbidden");
  EXPECT_EQ(counters.get("rest_refused_token").value(), 3u);
  EXPECT_EQ(counters.get("rest_refused_scope").value(), 3u);
}

TEST_F(RestTest, WhatIsNotThereIsSaidSo) {
  EXPECT_EQ(refused("GET", "/api/v1"), "404 not_found");
  EXPECT_EQ(refused("GET", "/api/v1/calls/"), "404 not_found");
  EXPECT_EQ(refused("GET", "/api/v1/calls/x/y"), "404 not_found");
  const WebResponse response = ask("PATCH", "/api/v1/users/1001");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers, (WebHeaders{{"Allow", "GET, PUT, DELETE"}}));
}

TEST_F(RestTest, CallsAreListedPageByPage) {
  for (const int n : {10, 9, 11, 100, 2}) add_call("n1-6745ab12-" + std::to_string(n));
  EXPECT_EQ(items(get("/api/v1/calls"), "id"),
            "n1-6745ab12-2 n1-6745ab12-9 n1-6745ab12-10 n1-6745ab12-11 n1-6745ab12-100 ");
  json::value page = get("/api/v1/calls?limit=2");
  EXPECT_EQ(items(page, "id"), "n1-6745ab12-2 n1-6745ab12-9 ");
  commands.known_calls.erase(commands.known_calls.begin() + 1);  // number 9, where the page ended
  page = get("/api/v1/calls?limit=2&cursor=" + std::string(page.at("next_cursor").as_string()));
  EXPECT_EQ(items(page, "id"), "n1-6745ab12-10 n1-6745ab12-11 ");
  page = get("/api/v1/calls?limit=2&cursor=" + std::string(page.at("next_cursor").as_string()));
  EXPECT_EQ(items(page, "id"), "n1-6745ab12-100 ");
  EXPECT_TRUE(page.at("next_cursor").is_null());
  for (const char* bad : {"0", "501", "x", "-1", ""})
    EXPECT_EQ(refused("GET", std::string("/api/v1/calls?limit=") + bad), "400 invalid_params");
}

TEST_F(RestTest, ACallIsShownAndHungUp) {
  add_call("n1-6745ab12-1");
  EXPECT_EQ(get("/api/v1/calls/n1-6745ab12-1").at("messages").as_array().size(), 0u);
  EXPECT_EQ(get("/api/v1/calls/n1-6745ab12-1?messages=true").at("messages").as_array().size(), 1u);
  EXPECT_EQ(refused("GET", "/api/v1/calls/n1-6745ab12-9"), "404 not_found");
  const WebResponse done = ask("DELETE", "/api/v1/calls/n1-6745ab12-1");
  EXPECT_EQ(done.status, 204);
  EXPECT_EQ(done.body, "");
  EXPECT_EQ(refused("DELETE", "/api/v1/calls/n1-6745ab12-9"), "404 not_found");
  EXPECT_EQ(counters.get("rest_failed").value(), 2u);
}

TEST_F(RestTest, ACallIsStarted) {
  const WebResponse response = ask("POST", "/api/v1/calls", R"({"from":"1001","to":"sip:b@example.org"})");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, R"({"id":"n1-6745ab12-1"})");
  EXPECT_EQ(response.headers, (WebHeaders{{"Location", "/api/v1/calls/n1-6745ab12-1"}}));
  EXPECT_THAT(commands.asked, ElementsAre("call 1001 sip:b@example.org"));
  EXPECT_EQ(refused("POST", "/api/v1/calls", R"({"from":"1001","to":"nobody"})"), "422 no_route");
  EXPECT_EQ(refused("POST", "/api/v1/calls", R"({"from":"1001"})"), "400 invalid_params");
  EXPECT_EQ(refused("POST", "/api/v1/calls", R"({"from":"1001","to":""})"), "400 invalid_params");
  token = "reader";
  EXPECT_EQ(refused("POST", "/api/v1/calls", R"({"from":"1001","to":"1002"})"), "403 forbidden");
}

TEST_F(RestTest, RegistrationsAndTrunks) {
  EXPECT_EQ(items(get("/api/v1/registrations"), "user"), "1001 ");
  EXPECT_EQ(items(get("/api/v1/trunks"), "name"), "carrier ");
}

TEST_F(RestTest, UsersAreKept) {
  commands.known_users = {{"1002", "Bob", true, true, 25, 1}};
  const WebId id = send("POST", "/api/v1/users", R"({"username":"1001","password":"p w","display_name":"Alice"})");
  EXPECT_FALSE(web.responses.contains(id)) << "not before it is stored";
  EXPECT_THAT(commands.asked, ElementsAre("add 1001 p w Alice"));
  commands.known_users.push_back({"1001", "Alice", false, true, 25, 0});
  commands.later({});
  EXPECT_EQ(web.responses.at(id).status, 201);
  EXPECT_EQ(json::parse(web.responses.at(id).body).at("source").as_string(), "database");
  EXPECT_EQ(items(get("/api/v1/users"), "username"), "1001 1002 ");
  EXPECT_EQ(get("/api/v1/users/1002").at("contacts").as_int64(), 1);
  EXPECT_EQ(get("/api/v1/users/%31002").at("source").as_string(), "file");
  EXPECT_EQ(refused("GET", "/api/v1/users/1003"), "404 not_found");

  commands.asked.clear();
  const WebId change = send("PUT", "/api/v1/users/1001", R"({"display_name":"Al"})");
  EXPECT_THAT(commands.asked, ElementsAre("display 1001 Al"));
  commands.later({});
  EXPECT_EQ(web.responses.at(change).status, 200);
  const WebId removal = send("DELETE", "/api/v1/users/1001");
  commands.later(fail(Failure{"wrong_state", "it is in the file"}));
  EXPECT_EQ(web.responses.at(removal).status, 409);
}

TEST_F(RestTest, BodiesThatDoNotFitAreRefusedExactly) {
  for (const char* body : {"", "[]", "{", R"({"username":"1001"})", R"({"username":7,"password":"x"})",
                           R"({"username":"","password":"x"})", R"({"username":"1001","password":""})",
                           R"({"username":"1001","password":"x","ring":1})"})
    EXPECT_EQ(refused("POST", "/api/v1/users", body), "400 invalid_params") << body;
  EXPECT_EQ(refused("PUT", "/api/v1/users/1001", R"({"password":""})"), "400 invalid_params");
  EXPECT_THAT(ask("POST", "/api/v1/users", R"({"username":"1001"})").body, HasSubstr(R"(\"password\" is missing)"));
  EXPECT_TRUE(commands.asked.empty());
}

TEST_F(RestTest, RecordsAreFilteredAndPaged) {
  store::CallRecord record;
  record.call.call_id = "n1-1-7";
  record.call.start_ms = 1'000;
  commands.known_records = {record};
  const json::value all = get("/api/v1/records");
  EXPECT_EQ(items(all, "id"), "n1-1-7 ");
  EXPECT_TRUE(all.at("next_cursor").is_null());
  const json::value page =
      get("/api/v1/records?limit=1&number=%2b4930&from=2026-01-02&to=2026-01-02T10:00:00.250%2B02:00&disposition=busy");
  EXPECT_EQ(commands.filter.number, "+4930");
  EXPECT_EQ(commands.filter.from_ms, 1'767'312'000'000);
  EXPECT_EQ(commands.filter.before_ms, 1'767'312'000'000 + 8 * 3'600'000 + 250);
  EXPECT_EQ(commands.filter.disposition, store::Disposition::busy);
  EXPECT_EQ(page.at("next_cursor").as_string(), "1000_n1-1-7");
  get("/api/v1/records?cursor=1000_n1-1-7");
  EXPECT_EQ(commands.filter.before_ms, 1'000);
  EXPECT_EQ(commands.filter.before_id, "n1-1-7");
  for (const char* bad : {"from=yesterday", "to=2026-02-30", "from=2026-01-02T25:00:00Z", "from=2026-01-02T10:00:00",
                          "disposition=x", "cursor=7", "cursor=_x", "limit=0"})
    EXPECT_EQ(refused("GET", std::string("/api/v1/records?") + bad), "400 invalid_params") << bad;
  EXPECT_EQ(get("/api/v1/records/n1-1-7").at("id").as_string(), "n1-1-7");
  EXPECT_EQ(refused("GET", "/api/v1/records/n1-1-8"), "404 not_found");
}

TEST_F(RestTest, TheDescriptionIsOfWhatIsServed) {
  token = "";
  const json::value api = get("/api/v1/openapi.json");
  EXPECT_EQ(api.at("openapi").as_string(), "3.1.0");
  EXPECT_EQ(api.at("paths").as_object().size(), 9u);
  const json::value& schemas = api.at("components").at("schemas");
  EXPECT_EQ(
      schemas.at("Record").at("properties").at("legs").at("items").at("properties").at("mos").at("type").as_string(),
      "number");
  // Every reference leads somewhere, and every path answers.
  const std::string text = json::serialize(api);
  for (std::size_t at = text.find("#/components/schemas/"); at != std::string::npos;
       at = text.find("#/components/schemas/", at + 1)) {
    const std::size_t begin = at + 21;
    EXPECT_TRUE(schemas.as_object().contains(text.substr(begin, text.find('"', begin) - begin)));
  }
  token = "all";
  for (const auto& [path, methods] : api.at("paths").as_object())
    for (const auto& [method, operation] : methods.as_object()) {
      if (method != "get") continue;
      EXPECT_TRUE(operation.as_object().contains("summary"));
      EXPECT_NE(ask("GET", std::string(path)).status, 405);
    }
}

}  // namespace
}  // namespace junctor::control
