#include "routing/routing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace junctor::routing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Users final : public Directory {
 public:
  Users() {
    for (const char* name : {"1001", "1002", "1003"}) users_[name].username = name;
  }
  User& operator[](const std::string& name) { return users_.at(name); }
  const User* find_user(std::string_view username) const override {
    const auto at = users_.find(username);
    return at == users_.end() ? nullptr : &at->second;
  }

 private:
  std::map<std::string, User, std::less<>> users_;
};

Definition house() {
  Definition d;
  d.features = {"9196", "9197", "*97", "*98", "*8", "**", "700", "701", "799"};
  d.trunks = {{"carrier", "sip.carrier.example:5070", "tcp", {"+4930123456", "493099"}},
              {"six", "2001:db8::1", "udp", {}}};
  d.conferences = {{"sales", {"8001"}}};
  d.queues = {"support"};
  d.ivr = {"main"};
  d.contexts = {"bot"};
  return d;
}

RouteEntry route(std::string name, std::string to, ActionKind action, std::string target = "") {
  RouteEntry r;
  r.name = std::move(name);
  r.match.to = std::move(to);
  r.action = action;
  r.target = std::move(target);
  return r;
}

struct Routing : ::testing::Test {
  Definition definition = house();
  Users users;
  Trace trace;
  Facts facts{.origin = Origin::user, .from = "1001", .user = "1001"};

  Decision decide_to(const std::string& to) {
    const Compiled compiled = compile(definition);
    EXPECT_THAT(compiled.faults, IsEmpty());
    facts.to = to;
    trace.clear();
    return decide(*compiled.tables, users, facts, &trace);
  }
  std::string line(const std::string& to) { return to_string(decide_to(to).action); }
  void from_trunk(const std::string& name) { facts = {.origin = Origin::trunk, .from = "+491711", .trunk = name}; }
};

TEST_F(Routing, UsersNeedNoRoute) {
  const Decision d = decide_to("1002");
  EXPECT_EQ(to_string(d.action), "ring user:1002; no answer after 25 s");
  EXPECT_EQ(d.direction, Direction::internal);
  EXPECT_EQ(d.route, "");
}

TEST_F(Routing, UnknownNumberGets404WithQ850) {
  const Decision d = decide_to("4711");
  const auto& refused = std::get<Reject>(d.action);
  EXPECT_EQ(refused.code, 404);
  EXPECT_EQ(refused.q850, 1);
  EXPECT_EQ(d.direction, Direction::outbound);
}

TEST_F(Routing, Features) {
  EXPECT_EQ(line("9196"), "feature echo");
  EXPECT_EQ(line("9197"), "feature tone");
  EXPECT_EQ(line("*97"), "feature voicemail");
  EXPECT_EQ(line("**1002"), "feature directed_pickup 1002");
  EXPECT_EQ(line("700"), "feature park");
  EXPECT_EQ(line("750"), "feature park_lot 750");
  EXPECT_THAT(line("800"), HasSubstr("404"));
  EXPECT_THAT(line("**"), HasSubstr("404"));
  definition.features.echo.clear();
  EXPECT_THAT(line("9196"), HasSubstr("404"));
}

TEST_F(Routing, GuestsAreChallengedButForFeaturesFromLoopback) {
  facts = {.origin = Origin::guest};
  EXPECT_EQ(line("1002"), "challenge (401)");
  EXPECT_EQ(line("9196"), "challenge (401)");
  facts.loopback = true;
  EXPECT_EQ(line("9196"), "feature echo");
  EXPECT_EQ(line("1002"), "challenge (401)");
}

TEST_F(Routing, CarriersReachTestNumbersOnly) {
  from_trunk("carrier");
  EXPECT_EQ(line("9196"), "feature echo");
  EXPECT_THAT(line("*98"), HasSubstr("404"));
  EXPECT_EQ(line("1001"), "ring user:1001; no answer after 25 s");
}

TEST_F(Routing, CalledNumberIsNormalisedToTheTrunksForm) {
  definition.routes = {route("main", "^\\+4930123456$", ActionKind::ring),
                       route("other", "^493099$", ActionKind::ivr, "main")};
  definition.routes[0].match.trunk = "carrier";
  definition.routes[0].targets = {{"user:1001"}, {"user:1002", seconds(5), seconds(10)}, {"browsers"}};
  definition.routes[0].on_no_answer = "voicemail:1001";
  from_trunk("carrier");
  for (const char* to : {"+4930123456", "4930123456"}) {
    const Decision d = decide_to(to);
    EXPECT_EQ(d.to, "+4930123456");
    EXPECT_EQ(d.route, "main");
    EXPECT_EQ(d.direction, Direction::inbound);
    EXPECT_EQ(to_string(d.action),
              "ring user:1001, user:1002 after 5 s for 10 s, browsers; no answer after 25 s: voicemail:1001");
  }
  EXPECT_EQ(line("+493099"), "ivr:main");
  from_trunk("six");
  EXPECT_THAT(line("+4930123456"), HasSubstr("404"));
}

TEST_F(Routing, HighestPriorityFirstThenFileOrder) {
  definition.routes = {route("a", "", ActionKind::queue, "support"), route("b", "", ActionKind::ivr, "main"),
                       route("c", "", ActionKind::reject)};
  definition.routes[2].priority = 10;
  definition.routes[2].match.from = "^1002$";
  EXPECT_EQ(decide_to("5").route, "a");
  facts.from = "1002";
  EXPECT_EQ(decide_to("5").route, "c");
  EXPECT_EQ(std::get<Reject>(decide_to("5").action).code, 480);
}

TEST_F(Routing, MatchesDirectionAndMethod) {
  definition.routes = {route("out", "", ActionKind::reject), route("text", "", ActionKind::reject)};
  definition.routes[0].match.direction = Direction::outbound;
  definition.routes[1].match.method = "MESSAGE";
  EXPECT_EQ(decide_to("0171").route, "out");
  EXPECT_EQ(decide_to("1002").route, "");
  facts.method = "MESSAGE";
  EXPECT_EQ(decide_to("1002").route, "text");
  from_trunk("carrier");
  EXPECT_EQ(decide_to("0171").route, "");
}

TEST_F(Routing, DialsThroughTrunksWithGroups) {
  definition.routes = {route("out", "^0(.*)$", ActionKind::dial, "sip:+49$1@carrier"),
                       route("six", "^9", ActionKind::dial, "dial:sip:$0@six"),
                       route("world", "^8$", ActionKind::dial, "sips:bob@example.org;transport=tls")};
  const Ring ring = std::get<Ring>(decide_to("0171").action);
  EXPECT_EQ(ring.targets.at(0).to,
            (decltype(Target::to){Dial{"sip:+49171@sip.carrier.example:5070", "carrier", "tcp"}}));
  EXPECT_EQ(line("9%"), "ring sip:9%25@[2001:db8::1] (trunk six); no answer after 25 s");
  EXPECT_EQ(line("8"), "ring sips:bob@example.org;transport=tls; no answer after 25 s");
}

TEST_F(Routing, DialToOurselvesRingsTheUser) {
  definition.domains = {"Example.org"};
  definition.routes = {route("a", "^1$", ActionKind::dial, "sip:1002@local"),
                       route("b", "^2$", ActionKind::dial, "sip:1003@example.ORG")};
  facts.to_host = "example.org";
  EXPECT_EQ(line("1"), "ring user:1002; no answer after 25 s");
  EXPECT_EQ(line("2"), "ring user:1003; no answer after 25 s");
}

TEST_F(Routing, ForeignDomainsAreNotServed) {
  facts.to_host = "elsewhere.example";
  EXPECT_THAT(line("1002"), HasSubstr("ring"));
  definition.domains = {"example.org"};
  EXPECT_THAT(line("1002"), HasSubstr("404"));
  facts.to_host = "EXAMPLE.org";
  EXPECT_THAT(line("1002"), HasSubstr("ring"));
  facts.to_host = facts.local_host = "192.0.2.7";
  EXPECT_THAT(line("1002"), HasSubstr("ring"));
  definition.local_hosts = {"198.51.100.1"};
  facts.to_host = "198.51.100.1";
  EXPECT_THAT(line("1002"), HasSubstr("ring"));
}

TEST_F(Routing, ForwardsOfAUser) {
  users["1002"].always = Destination::parse("user:1003").value();
  users["1003"].busy = Destination::parse("voicemail:1003").value();
  users["1003"].ring = seconds(7);
  EXPECT_EQ(line("1002"), "ring user:1003; no answer after 7 s; busy: voicemail:1003");
  users["1003"].always = Destination::parse("user:1002").value();
  EXPECT_EQ(std::get<Reject>(decide_to("1002").action).code, 482);
  users["1003"].always = Destination::parse("reject:603").value();
  EXPECT_EQ(line("1002"), "reject 603 (Q.850 21): rejected by destination");
}

TEST_F(Routing, RingListsLeaveOutWhatCannotRing) {
  definition.routes = {route("r", "", ActionKind::ring)};
  definition.routes[0].targets = {{"ring:1001,nobody,1002"}, {"user:1003"}};
  users["1003"].always = Destination::parse("queue:support").value();
  EXPECT_EQ(line("5"), "ring user:1001, user:1002; no answer after 25 s");
  EXPECT_THAT(trace, Contains("no such user, left out: nobody"));
  definition.routes[0].targets = {{"user:nobody"}};
  EXPECT_EQ(std::get<Reject>(decide_to("5").action).code, 480);
}

TEST_F(Routing, TraceSaysWhy) {
  definition.routes = {route("a", "^9", ActionKind::reject)};
  decide_to("1002");
  EXPECT_THAT(trace, ElementsAre("direction is internal",
                                 "route \"a\" (priority 0) does not match: to \"1002\" does not match ^9",
                                 "\"1002\" is a user"));
}

TEST_F(Routing, NumbersAreBounded) {
  EXPECT_EQ(std::get<Reject>(decide_to(std::string(number_bytes_max + 1, '1')).action).code, 414);
  EXPECT_EQ(std::get<Reject>(decide_to("").action).code, 404);
}

TEST_F(Routing, ConferenceNumbers) {
  EXPECT_EQ(line("8001"), "conference:sales");
}

TEST_F(Routing, ResolvesDestinationsReachedLater) {
  const Compiled compiled = compile(definition);
  const auto to = [&](const char* text) {
    return to_string(resolve(*compiled.tables, users, Destination::parse(text).value(), facts));
  };
  EXPECT_EQ(to("voicemail:1001"), "voicemail:1001");
  EXPECT_EQ(to("ring:1001,1002"), "ring user:1001, user:1002; no answer after 25 s");
  EXPECT_EQ(to("dial:sip:5@carrier"), "ring sip:5@sip.carrier.example:5070 (trunk carrier); no answer after 25 s");
  EXPECT_EQ(to("user:nobody"), "reject 404 (Q.850 1): unknown user");
  EXPECT_EQ(to("browsers"), "ring browsers; no answer after 25 s");
}

TEST(Compile, FaultsCarryTheKeyPath) {
  Definition d = house();
  d.routes = {route("a", "(", ActionKind::queue, "none"), route("b", "", ActionKind::ring),
              route("c", "", ActionKind::dial, "user:1001"), route("d", "^(1)", ActionKind::dial, "sip:$2@carrier"),
              route("e", "", ActionKind::ring)};
  d.routes[0].match.trunk = "nowhere";
  d.routes[0].on_no_answer = "ivr:none";
  d.routes[4].targets = {{"queue:support"}, {"nonsense"}};
  const Compiled compiled = compile(d);
  EXPECT_EQ(compiled.tables, nullptr);
  std::vector<std::string> paths;
  for (const Fault& f : compiled.faults) paths.push_back(f.path);
  EXPECT_THAT(paths, ElementsAre("routes[0].match.to", "routes[0].match.trunk", "routes[0].target",
                                 "routes[0].on_no_answer", "routes[1].action", "routes[2].target", "routes[3].target",
                                 "routes[4].targets[0]", "routes[4].targets[1]"));
}

TEST(Destination, ReadsAndPrintsEveryForm) {
  for (const char* text : {"user:1001", "ring:1001,1002", "dial:sip:a@b", "queue:q", "ivr:i", "conference:c",
                           "voicemail:1001", "rwi:bot", "reject:486", "browsers"}) {
    const auto parsed = Destination::parse(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error();
    EXPECT_EQ(to_string(*parsed), text);
  }
  EXPECT_EQ(to_string(Destination::parse("sip:a@b").value()), "dial:sip:a@b");
}

TEST(Destination, RefusesEverythingElse) {
  for (const char* text : {"", "user", "user:", "users:1", "ring:", "ring:1,,2", "reject:200", "reject:486x",
                           "browsers:1", "dial:1001", "dial:http://x", "tel:+49"}) {
    EXPECT_FALSE(Destination::parse(text)) << text;
  }
}

}  // namespace
}  // namespace junctor::routing
