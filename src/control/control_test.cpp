#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/base64.hpp"
#include "control/local_server.hpp"
#include "control/test_commands.hpp"
#include "control/to_json.hpp"

namespace junctor::control {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct LocalSocket : ::testing::Test {
  TestCommands commands;
  TestStreams streams;
  Counters counters;
  LocalServer server{commands, streams, counters};

  /// The one result line that this line gives.
  json::object say(std::string line) {
    streams.written.clear();
    server.on_message(ConnectionId{7}, std::move(line), TimePoint{});
    EXPECT_EQ(streams.written.size(), 1u);
    if (streams.written.empty()) return {};
    EXPECT_EQ(streams.last, ConnectionId{7});
    EXPECT_TRUE(streams.written[0].ends_with('\n'));
    EXPECT_EQ(streams.written[0].find('\n'), streams.written[0].size() - 1);
    return json::parse(streams.written[0]).as_object();
  }
  json::object ask(const std::string& action, const std::string& params = "{}") {
    return say(R"({"action_id":"a1","action":")" + action + R"(","params":)" + params + "}");
  }
  static std::string code(const json::object& result) {
    EXPECT_EQ(result.at("type").as_string(), "command_failed");
    EXPECT_EQ(result.at("status").as_string(), "error");
    return std::string(result.at("code").as_string());
  }
};

TEST_F(LocalSocket, SuccessHasRwisForm) {
  const json::object result = ask("status");
  EXPECT_EQ(result.at("type").as_string(), "command_completed");
  EXPECT_EQ(result.at("action_id").as_string(), "a1");
  EXPECT_EQ(result.at("action").as_string(), "status");
  EXPECT_EQ(result.at("status").as_string(), "success");
  const json::object& data = result.at("data").as_object();
  EXPECT_EQ(data.at("version").as_string(), "1.2.3");
  EXPECT_EQ(data.at("counters").at("sip_dropped").as_int64(), 5);
  EXPECT_EQ(data.at("blocked").at(0).at("address").as_string(), "192.0.2.1");
}

TEST_F(LocalSocket, EveryActionAnswers) {
  for (const char* action :
       {"status", "calls.list", "records.list", "registrations.list", "trunks.list", "reload", "drain"}) {
    EXPECT_EQ(ask(action).at("type").as_string(), "command_completed") << action;
  }
  EXPECT_EQ(say(R"({"action_id":"1","action":"status"})").at("type").as_string(), "command_completed");
  EXPECT_EQ(say(R"({"action_id":"1","action":"status","params":null})").at("type").as_string(), "command_completed");
}

TEST_F(LocalSocket, RefusesWhatItCannotRead) {
  EXPECT_EQ(code(say("nonsense")), "parse_error");
  EXPECT_EQ(code(say("[1]")), "parse_error");
  EXPECT_EQ(code(say("{}")), "missing_action");
  EXPECT_EQ(code(say(R"({"action":"status"})")), "missing_action_id");
  EXPECT_EQ(code(say(R"({"action":"status","action_id":5})")), "missing_action_id");
  EXPECT_EQ(code(ask("frobnicate")), "unknown_action");
  EXPECT_EQ(code(ask("status", "[]")), "invalid_params");
  EXPECT_EQ(code(ask("calls.show")), "invalid_params");
  EXPECT_EQ(code(ask("calls.show", R"({"call_id":5})")), "invalid_params");
  EXPECT_EQ(code(ask("records.list", R"({"limit":0})")), "invalid_params");
  EXPECT_EQ(code(ask("records.list", R"({"disposition":"lost"})")), "invalid_params");
  EXPECT_EQ(counters.get("control_failures").value(), 11u);
  EXPECT_THAT(commands.asked, IsEmpty());
}

TEST_F(LocalSocket, CallsWithAndWithoutMessages) {
  CallDetail detail;
  detail.call.id = "n1-1-1";
  detail.call.from_name = "J\xFCrgen";  // Latin-1
  detail.call.legs = {{.kind = "device", .codec = "PCMA", .mos = 4.4}};
  detail.messages = {{WallTime(milliseconds(1)), true, "udp", *Address::parse("10.0.0.1:5060"),
                      *Address::parse("10.0.0.2:5060"), "INVITE sip:\xFF"}};
  commands.known_calls = {detail};

  EXPECT_EQ(ask("calls.list").at("data").at("items").at(0).at("id").as_string(), "n1-1-1");
  json::object result = ask("calls.show", R"({"call_id":"n1-1-1","messages":true})");
  EXPECT_EQ(result.at("call_id").as_string(), "n1-1-1");
  EXPECT_EQ(result.at("data").at("from_name").as_string(), "J\xEF\xBF\xBDrgen");
  EXPECT_EQ(result.at("data").at("answer"), nullptr);
  const json::value& message = result.at("data").at("messages").at(0);
  EXPECT_EQ(message.at("local").as_string(), "10.0.0.1:5060");
  EXPECT_EQ(from_base64(std::string_view(message.at("base64").as_string())), "INVITE sip:\xFF");
  EXPECT_TRUE(ask("calls.show", R"({"call_id":"n1-1-1"})").at("data").at("messages").as_array().empty());
  EXPECT_EQ(code(ask("calls.show", R"({"call_id":"n1-1-2"})")), "not_found");
  EXPECT_EQ(ask("call.hangup", R"({"call_id":"n1-1-1"})").at("type").as_string(), "command_completed");
  EXPECT_EQ(code(ask("call.hangup", R"({"call_id":"n1-1-2"})")), "not_found");
}

TEST_F(LocalSocket, ListsComeInPages) {
  for (const char* id : {"a", "b", "c"}) commands.known_calls.push_back({.call = {.id = id}});
  json::object data = ask("calls.list", R"({"limit":2})").at("data").as_object();
  EXPECT_EQ(data.at("items").as_array().size(), 2u);
  EXPECT_EQ(data.at("next_cursor").as_string(), "1");
  commands.known_calls.clear();  // the list stays what it was
  data = ask("calls.list", R"({"limit":2,"cursor":"1"})").at("data").as_object();
  EXPECT_EQ(data.at("items").at(0).at("id").as_string(), "c");
  EXPECT_EQ(data.at("next_cursor"), nullptr);
  EXPECT_EQ(ask("registrations.list").at("data").at("items").at(0).at("user").as_string(), "1001");
  EXPECT_EQ(ask("trunks.list").at("data").at("items").at(0).at("name").as_string(), "carrier");
  EXPECT_EQ(code(ask("calls.list", R"({"limit":501})")), "invalid_params");
  EXPECT_EQ(code(ask("calls.list", R"({"cursor":"1"})")), "invalid_params");
}

TEST_F(LocalSocket, RecordsHaveTheFieldsOfTheInterface) {
  store::CallRecord record;
  record.call.call_id = "n1-1-1";
  record.call.start_ms = 1000;
  record.call.answer_ms = 3000;
  record.call.end_ms = 10'000;
  record.call.disposition = store::Disposition::answered;
  record.legs = {{.kind = "device", .packets_sent = 9}};
  commands.known_records = {record};
  const json::object data = ask("records.show", R"({"id":"n1-1-1"})").at("data").as_object();
  for (const char* key :
       {"id",        "call_id",    "direction", "from",   "from_name", "to",          "to_answered", "trunk",
        "route",     "start",      "ring",      "answer", "end",       "duration_ms", "talk_ms",     "disposition",
        "hangup_by", "sip_status", "q850",      "reason", "legs",      "recordings",  "variables"}) {
    EXPECT_TRUE(data.contains(key)) << key;
  }
  EXPECT_EQ(data.at("duration_ms").as_int64(), 9000);
  EXPECT_EQ(data.at("talk_ms").as_int64(), 7000);
  EXPECT_EQ(data.at("start").as_string(), "1970-01-01T00:00:01.000Z");
  EXPECT_EQ(data.at("ring"), nullptr);
  EXPECT_EQ(data.at("legs").at(0).at("sent").as_int64(), 9);
  EXPECT_EQ(code(ask("records.show", R"({"id":"x"})")), "not_found");

  ask("records.list", R"({"limit":7,"number":"1001","from_ms":5,"before_ms":6,"disposition":"busy"})");
  EXPECT_EQ(commands.filter.limit, 7u);
  EXPECT_EQ(commands.filter.number, "1001");
  EXPECT_EQ(commands.filter.from_ms, 5);
  EXPECT_EQ(commands.filter.before_ms, 6);
  EXPECT_EQ(commands.filter.disposition, store::Disposition::busy);
}

TEST_F(LocalSocket, AnswersMayComeLater) {
  server.on_message(ConnectionId{7},
                    R"({"action_id":"u1","action":"user.add","params":{"username":"1001","password":"p"}})",
                    TimePoint{});
  EXPECT_THAT(streams.written, IsEmpty());
  EXPECT_EQ(ask("status").at("action_id").as_string(), "a1");
  streams.written.clear();
  commands.later({});
  EXPECT_EQ(json::parse(streams.written.at(0)).at("action_id").as_string(), "u1");
  server.on_message(ConnectionId{7}, R"({"action_id":"u2","action":"user.remove","params":{"username":"1001"}})",
                    TimePoint{});
  streams.written.clear();
  commands.later(fail(Failure{"not_found", "no such user"}));
  EXPECT_THAT(streams.written.at(0), HasSubstr(R"("code":"not_found","error":"no such user")"));
  EXPECT_THAT(commands.asked, ElementsAre("add 1001 p ", "remove 1001"));
}

TEST_F(LocalSocket, ExplainsRoutes) {
  const json::object result = ask("route.explain", R"({"from":"1","to":"2","trunk":"t"})");
  EXPECT_EQ(result.at("data").at("trace").at(0).as_string(), "because");
  EXPECT_THAT(commands.asked, ElementsAre("explain 1 2 t"));
}

// ---- lines ----

std::vector<std::string> lines(const std::vector<std::string>& chunks, const char** error = nullptr) {
  LineFramer framer;
  std::vector<std::string> out;
  for (const std::string& chunk : chunks) {
    const char* why = framer.on_bytes(chunk, [&](std::string&& line) { out.push_back(std::move(line)); });
    if (why != nullptr && error != nullptr) *error = why;
    if (why != nullptr) break;
  }
  return out;
}

TEST(LineFramer, CutsHoweverTheBytesCome) {
  EXPECT_THAT(lines({"a\nb\r\n\n", "c", "d\ne"}), ElementsAre("a", "b", "cd"));
}

TEST(LineFramer, EndsConnectionsWithEndlessLines) {
  const char* error = nullptr;
  EXPECT_THAT(lines({std::string(line_bytes_max, 'x'), "y"}, &error), IsEmpty());
  EXPECT_STREQ(error, "control line too long");
}

TEST(Text, IsAlwaysUtf8) {
  for (const std::string bad :
       {"\x80", "\xC0\xAF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "a\xFF"}) {
    EXPECT_FALSE(is_utf8(bad));
    const json::string fixed = text(bad);
    EXPECT_TRUE(is_utf8(std::string_view(fixed.data(), fixed.size())));
  }
  EXPECT_TRUE(is_utf8("J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x98\x80"));
}

TEST(Base64, RoundTrip) {
  for (const std::string s : {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xFF\x01"}) {
    EXPECT_EQ(from_base64(base64(s)), s);
  }
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_FALSE(from_base64("Zm9"));
  EXPECT_FALSE(from_base64("Z=9v"));
}

}  // namespace
}  // namespace junctor::control
