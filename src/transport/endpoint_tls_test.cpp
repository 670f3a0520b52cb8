// SIP over TLS: where it leads (RFC 3263), who has to be there (RFC 5922), and which connections are used again
// (RFC 5923).
#include "transport/test_world.hpp"

namespace junctor::transport {
namespace {

using sip::Method;
using Names = std::vector<std::string>;

struct TlsTest : testing::Test {
  World world;
  Party hub{world, "192.0.2.1:5060", {}, {}, {"hub.example.com"}};
  Party carrier{world, "192.0.2.2:5060", {}, {}, {"carrier.example", "192.0.2.2"}};

  void SetUp() override {
    for (Party* const party : {&hub, &carrier})
      party->when_request = [party](std::size_t which) { party->answer(200, which); };
    world.srv("_sips._tcp.carrier.example", 1, 1, 5061, "edge1.carrier.example");
    world.name("edge1.carrier.example", "192.0.2.2");
  }
  std::vector<int> send(const std::string& uri) {
    hub.responses.clear();
    hub.send(Method::options, uri);
    world.run(seconds(1));
    return hub.statuses();
  }
};

TEST_F(TlsTest, ASipsUriLeadsBySrvToWhoProvesToBeTheHostOfTheUri) {
  EXPECT_EQ(send("sips:carrier.example"), std::vector<int>{200});
  EXPECT_EQ(hub.asked_for, Names{"carrier.example"}) << "not whom SRV named";
  const auto via = carrier.requests.at(0).top_via();
  EXPECT_EQ(via->transport, "TLS");
  EXPECT_EQ(via->port, 5061);
  EXPECT_TRUE(via->params.has("alias"));
  EXPECT_EQ(carrier.sources.at(0).protocol, Protocol::tls);
  EXPECT_EQ(send("sip:carrier.example;transport=tls"), std::vector<int>{200});
  EXPECT_EQ(hub.asked_for.size(), 1u) << "the connection is used again";
}

TEST_F(TlsTest, NaptrNamesTheServicesOfASipsUri) {
  const auto naptr = [&](std::uint16_t order, const char* service, const char* replacement) {
    world.records[{RecordType::naptr, "carrier.example"}].push_back(
        {.type = RecordType::naptr, .priority = order, .target = replacement, .service = service});
  };
  naptr(10, "SIP+D2U", "_sip._udp.carrier.example");
  naptr(30, "SIPS+D2T", "_sips._tcp.carrier.example");
  naptr(20, "sips+d2t", "_sips._tcp.far.example");
  world.srv("_sips._tcp.far.example", 1, 1, 5071, "nobody.example");
  world.name("nobody.example", "192.0.2.9");
  const auto now = hub.endpoint->locate(Target::to_uri("sips:carrier.example"), 7, world.now);
  EXPECT_FALSE(now);
  world.run(seconds(1));
  EXPECT_EQ(
      hub.located.at(0).second,
      (std::vector<Hop>{{.protocol = Protocol::tls, .remote = address("192.0.2.9:5071"), .host = "carrier.example"},
                        {.protocol = Protocol::tls, .remote = address("192.0.2.2:5061"), .host = "carrier.example"}}));
}

TEST_F(TlsTest, WhoDoesNotProveToBeTheHostIsNotSpokenTo) {
  world.name("stranger.example", "192.0.2.2");
  EXPECT_EQ(send("sips:carrier.example"), std::vector<int>{200});
  EXPECT_EQ(send("sips:stranger.example"), std::vector<int>{503});
  EXPECT_EQ(hub.asked_for, (Names{"carrier.example", "stranger.example"})) << "its connection is another's";
  EXPECT_EQ(carrier.requests.size(), 1u);

  // The next place of the name may be the right one.
  Party other(world, "192.0.2.3:5060", {}, {}, {"stranger.example"});
  other.when_request = [&](std::size_t which) { other.answer(200, which); };
  world.run(seconds(70));  // the cache forgets
  world.name("stranger.example", "192.0.2.3");
  EXPECT_EQ(send("sips:stranger.example"), std::vector<int>{200});
}

TEST_F(TlsTest, AnAddressStandsForTheHostThatIsThere) {
  EXPECT_EQ(send("sip:192.0.2.2:5061;transport=tls"), std::vector<int>{200});
  EXPECT_EQ(hub.asked_for.back(), "192.0.2.2");
  hub.break_off(hub.streams.begin()->first);
  hub.endpoint->set_hosts({{*IpAddress::parse("192.0.2.2"), "carrier.example"}});
  EXPECT_EQ(send("sip:192.0.2.2:5061;transport=tls"), std::vector<int>{200});
  EXPECT_EQ(hub.asked_for.back(), "carrier.example");
  EXPECT_EQ(send("sips:carrier.example"), std::vector<int>{200});
  EXPECT_EQ(hub.asked_for.size(), 2u);
  // Without that knowledge, whoever has proven himself there will do for an address.
  hub.endpoint->set_hosts({});
  EXPECT_EQ(send("sip:192.0.2.2;transport=tls"), std::vector<int>{200});
  EXPECT_EQ(hub.asked_for.size(), 2u);
}

TEST_F(TlsTest, AnAliasIsUsedForWhomItsClientHasProvenToBe) {
  world.name("hub.example.com", "192.0.2.1");
  carrier.send(Method::options, "sips:hub.example.com");
  world.run(seconds(1));
  ASSERT_EQ(carrier.statuses(), std::vector<int>{200});
  const ConnectionId theirs = hub.opened.at(0);
  EXPECT_EQ(send("sips:carrier.example"), std::vector<int>{200});
  EXPECT_EQ(hub.asked_for.size(), 1u) << "a claim is no proof";
  hub.break_off(ConnectionId{world.last_connection - 1});
  hub.proven[theirs] = {"carrier.example"};
  EXPECT_EQ(send("sips:carrier.example"), std::vector<int>{200});
  EXPECT_EQ(hub.asked_for.size(), 1u);
}

TEST_F(TlsTest, ResponsesComeBackOverTheConnection) {
  world.name("hub.example.com", "192.0.2.1");
  carrier.send(Method::message, "sips:hub.example.com");
  world.run(seconds(1));
  ASSERT_EQ(carrier.responses.size(), 1u);
  EXPECT_EQ(carrier.responses[0].status, 200);
  EXPECT_TRUE(hub.asked_for.empty());
}

}  // namespace
}  // namespace junctor::transport
