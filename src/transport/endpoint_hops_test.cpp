// Where requests and responses go: RFC 3263 and its failover, connections and flows, the change to TCP for size.
#include "transport/test_world.hpp"

namespace junctor::transport {
namespace {

using sip::HeaderId;
using sip::Method;

struct HopsTest : testing::Test {
  World world;
  Party alice{world, "192.0.2.1:5060"};

  void expect_nothing_left() {
    world.run(seconds(140));
    EXPECT_EQ(alice.endpoint->live().total(), 0u);
  }
};

std::function<void(std::size_t)> answers(Party& party, int status) {
  return [&party, status](std::size_t which) { party.answer(status, which); };
}

TEST_F(HopsTest, SrvByPriorityThenFailoverOnTimeoutWithANewBranch) {
  Party second(world, "192.0.2.12:5080");
  second.when_request = answers(second, 200);
  world.srv("_sip._udp.example.com", 10, 0, 5070, "one.example.com");
  world.srv("_sip._udp.example.com", 20, 0, 5080, "two.example.com");
  world.name("one.example.com", "192.0.2.11");
  world.name("two.example.com", "192.0.2.12");
  alice.send(Method::options, "sip:example.com");
  EXPECT_EQ(alice.endpoint->live().locating, 1u);
  world.run(seconds(31));
  EXPECT_EQ(world.sent[0].to, address("192.0.2.11:5070"));
  world.run(seconds(3));
  EXPECT_EQ(alice.statuses(), std::vector<int>{200}) << "the timeout of the first is not seen";
  const auto first = sip::Message::parse(world.sent.front().bytes);
  EXPECT_NE(first->top_branch(), second.requests[0].top_branch());
  int vias = 0;
  for ([[maybe_unused]] const auto via : second.requests[0].values(HeaderId::via)) ++vias;
  EXPECT_EQ(vias, 1);
  expect_nothing_left();
}

TEST_F(HopsTest, FailoverOn503TheUserSeesTheLast) {
  Party one(world, "192.0.2.11:5060"), two(world, "192.0.2.12:5060");
  one.when_request = answers(one, 503);
  two.when_request = answers(two, 200);
  world.srv("_sip._udp.example.com", 10, 0, 5060, "one.example.com");
  world.srv("_sip._udp.example.com", 20, 0, 5060, "two.example.com");
  world.name("one.example.com", "192.0.2.11");
  world.name("two.example.com", "192.0.2.12");
  alice.send(Method::invite, "sip:example.com", 9);
  world.run(seconds(2));
  EXPECT_EQ(alice.responses.front().status, 200);
  EXPECT_EQ(alice.responses.front().owner, 9u);
  EXPECT_EQ(one.ends, (std::vector<Party::End>{{one.servers[0], ServerEnd::acked}})) << "the 503 is acknowledged";
  expect_nothing_left();
  EXPECT_EQ(world.counters.get("sip_dropped_stray_response").value(), 0u);

  two.when_request = answers(two, 503);
  alice.responses.clear();
  alice.send(Method::options, "sip:example.com");
  world.run(seconds(2));
  ASSERT_EQ(alice.statuses(), std::vector<int>{503});
  EXPECT_EQ(alice.responses[0].origin, Origin::peer);
}

TEST_F(HopsTest, NoFailoverAfterAProvisionalOrACancel) {
  Party one(world, "192.0.2.11:5060");
  one.when_request = answers(one, 180);
  world.srv("_sip._udp.example.com", 10, 0, 5060, "one.example.com");
  world.srv("_sip._udp.example.com", 20, 0, 5060, "two.example.com");
  world.name("one.example.com", "192.0.2.11");
  world.name("two.example.com", "192.0.2.12");
  const TransactionId id = alice.send(Method::invite, "sip:example.com");
  world.run(seconds(1));
  world.lose = [](const Packet&) { return true; };
  alice.endpoint->cancel(id, world.now);
  world.run(seconds(40));
  EXPECT_EQ(alice.statuses(), (std::vector<int>{180, 408}));
  EXPECT_TRUE(std::ranges::none_of(world.sent, [](const Packet& p) { return p.to == address("192.0.2.12:5060"); }));
}

TEST_F(HopsTest, WeightsDrawInProportion) {
  Names names(alice, world.counters, 100);
  struct Events final : LocatorEvents {
    void on_hops(std::uint64_t, std::vector<Hop>, TimePoint) override {}
  } events;
  const Advertise advertise({}, {{1, Protocol::udp, address("192.0.2.1:5060")}}, {});
  TestRandom random(3);
  Locator locator(names, random, advertise, events);
  EXPECT_FALSE(locator.locate("sip:example.com", 1, world.now));
  const auto feed = [&](std::uint64_t query, std::vector<Record> records) {
    locator.on_resolved({query}, {AnswerStatus::found, std::move(records)}, world.now);
  };
  feed(1, {{.type = RecordType::srv, .weight = 75, .port = 1, .target = "a"},
           {.type = RecordType::srv, .weight = 25, .port = 2, .target = "a"},
           {.type = RecordType::srv, .weight = 0, .port = 3, .target = "a"}});
  feed(2, {{.ip = *IpAddress::parse("192.0.2.50")}});
  int first_is_heavy = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto hops = locator.locate("sip:example.com", 1, world.now);
    ASSERT_TRUE(hops);
    ASSERT_EQ(hops->size(), 3u);
    first_is_heavy += hops->front().remote.port == 1;
  }
  EXPECT_NEAR(first_is_heavy, 750, 60);
}

TEST_F(HopsTest, WithoutSrvTheAddressRecordsServe) {
  Party bob(world, "192.0.2.2:5060");
  bob.when_request = answers(bob, 200);
  world.name("example.com", "192.0.2.2");
  alice.send(Method::options, "sip:example.com");
  world.run(seconds(1));
  EXPECT_EQ(alice.statuses(), std::vector<int>{200});
  EXPECT_EQ(world.queries, 3) << "two SRV, one A; no AAAA where there is no IPv6 socket";
  alice.send(Method::options, "sip:example.com");
  world.run(seconds(1));
  EXPECT_EQ(world.queries, 3) << "the cache answers";
  world.run(seconds(70));
  alice.send(Method::options, "sip:example.com");
  world.run(seconds(1));
  EXPECT_GT(world.queries, 3) << "until the time to live is over";
}

TEST_F(HopsTest, AnExplicitPortNeedsNoSrv) {
  world.name("example.com", "192.0.2.2");
  world.srv("_sip._udp.example.com", 1, 1, 9999, "wrong.example.com");
  const auto now = alice.endpoint->locate(Target::to_uri("sip:bob@example.com:5070"), 42, world.now);
  EXPECT_FALSE(now);
  world.run(seconds(1));
  ASSERT_EQ(alice.located.size(), 1u);
  EXPECT_EQ(alice.located[0].first, 42u);
  EXPECT_EQ(alice.located[0].second, (std::vector<Hop>{{Protocol::udp, address("192.0.2.2:5070")}}));
}

TEST_F(HopsTest, LiteralsAreKnownAtOnce) {
  using Hops = std::vector<Hop>;
  const auto locate = [&](std::string_view uri) { return alice.endpoint->locate(Target::to_uri(uri), 1, world.now); };
  EXPECT_EQ(locate("sip:192.0.2.2"), (Hops{{Protocol::udp, address("192.0.2.2:5060")}}));
  EXPECT_EQ(locate("sip:192.0.2.2:5070;transport=TCP"), (Hops{{Protocol::tcp, address("192.0.2.2:5070")}}));
  EXPECT_EQ(locate("sip:192.0.2.2;maddr=192.0.2.99"), (Hops{{Protocol::udp, address("192.0.2.2:5060")}}));
  EXPECT_EQ(locate("sip:[2001:db8::1]"), Hops{}) << "no IPv6 socket";
  EXPECT_EQ(locate("sips:192.0.2.2"), Hops{}) << "no TLS listener";
  EXPECT_EQ(locate("sip:192.0.2.2;transport=carrier-pigeon"), Hops{});
  EXPECT_EQ(locate("tel:+49301234"), Hops{});
  EXPECT_EQ(world.queries, 0);
}

TEST_F(HopsTest, ANameThatLeadsNowhereIsALocal503) {
  alice.send(Method::invite, "sip:nowhere.example.com", 4);
  EXPECT_TRUE(alice.responses.empty());
  world.run(seconds(1));
  ASSERT_EQ(alice.statuses(), std::vector<int>{503});
  EXPECT_EQ(alice.responses[0].origin, Origin::transport);
  alice.resolver_is_full = true;
  alice.send(Method::invite, "sip:other.example.com");
  EXPECT_EQ(alice.responses.size(), 1u) << "never from within send_request()";
  world.run(seconds(1));
  EXPECT_EQ(alice.responses.size(), 2u);
  expect_nothing_left();
}

TEST_F(HopsTest, CancelWhileTheNameIsResolvedIsALocal487) {
  world.name("example.com", "192.0.2.2");
  const TransactionId id = alice.send(Method::invite, "sip:example.com");
  alice.endpoint->cancel(id, world.now);
  world.run(seconds(1));
  ASSERT_EQ(alice.statuses(), std::vector<int>{487});
  EXPECT_EQ(alice.responses[0].origin, Origin::cancelled);
  EXPECT_TRUE(world.sent.empty());
  expect_nothing_left();
}

TEST_F(HopsTest, TheAckFindsItsWayByNameToo) {
  Party bob(world, "192.0.2.2:5060");
  bob.when_request = answers(bob, 200);
  world.name("example.com", "192.0.2.2");
  alice.send(Method::invite, "sip:192.0.2.2");
  world.run(milliseconds(100));
  alice.ack(0, "sip:example.com");
  world.run(milliseconds(100));
  EXPECT_EQ(bob.acks.size(), 1u);
}

// --- TCP ------------------------------------------------------------------------------------------------------------

TEST_F(HopsTest, TcpReusesTheConnectionBothWays) {
  Party bob(world, "192.0.2.2:5060");
  bob.when_request = answers(bob, 200);
  alice.when_request = answers(alice, 200);
  for (int i = 0; i < 3; ++i) {
    alice.send(Method::options, "sip:192.0.2.2;transport=tcp");
    world.run(seconds(1));
  }
  EXPECT_EQ(alice.statuses(), (std::vector<int>{200, 200, 200}));
  EXPECT_EQ(bob.opened.size(), 1u);
  EXPECT_TRUE(world.sent.empty());
  // Back over the same connection: by flow, and by alias (our Via says it).
  bob.endpoint->send_request(bob.request(Method::options, "sip:alice"), Target::to(bob.sources[0].back()), 1,
                             world.now);
  bob.send(Method::options, "sip:192.0.2.1:5060;transport=tcp");
  world.run(seconds(1));
  EXPECT_EQ(bob.statuses(), (std::vector<int>{200, 200}));
  EXPECT_TRUE(alice.opened.empty()) << "no second connection";
  EXPECT_EQ(alice.endpoint->live().total() + bob.endpoint->live().total(), 0u) << "timers J and K are zero";
}

TEST_F(HopsTest, AnInviteOverTcpIsSentOnceAndItsSuccessUntilAcked) {
  Party bob(world, "192.0.2.2:5060");
  bob.when_request = answers(bob, 200);
  alice.send(Method::invite, "sip:192.0.2.2;transport=tcp");
  world.run(milliseconds(1600));
  EXPECT_EQ(alice.statuses().size(), 3u);
  bob.endpoint->acked(bob.servers[0], world.now);
  world.run(seconds(5));
  EXPECT_EQ(alice.statuses().size(), 3u);
  EXPECT_EQ(alice.written.size(), 1u);
}

TEST_F(HopsTest, ARefusedConnectionFailsOverThenReports) {
  Party bob(world, "192.0.2.2:5060");
  bob.when_request = answers(bob, 200);
  const Hop dead{Protocol::tcp, address("192.0.2.66:5060")}, alive{Protocol::tcp, address("192.0.2.2:5060")};
  alice.endpoint->send_request(alice.request(Method::options, "sip:x"), Target{{dead, alive}, {}}, 1, world.now);
  world.run(seconds(1));
  EXPECT_EQ(alice.statuses(), std::vector<int>{200});
  alice.endpoint->send_request(alice.request(Method::options, "sip:x"), Target::to(dead), 2, world.now);
  world.run(seconds(1));
  ASSERT_EQ(alice.statuses(), (std::vector<int>{200, 503}));
  EXPECT_EQ(alice.responses[1].origin, Origin::transport);
  expect_nothing_left();
}

TEST_F(HopsTest, AFlowThatIsGoneFallsBackToTheContact) {
  Party bob(world, "192.0.2.2:5060");
  bob.when_request = answers(bob, 200);
  alice.when_request = answers(alice, 200);
  alice.send(Method::options, "sip:192.0.2.2;transport=tcp");
  world.run(seconds(1));
  const Hop flow = bob.sources[0].back();
  bob.break_off(bob.opened[0]);
  bob.endpoint->send_request(bob.request(Method::options, "sip:alice"), Target::to(flow), 1, world.now);
  bob.endpoint->send_request(bob.request(Method::options, "sip:alice"), Target::to(flow, "sip:192.0.2.1"), 2,
                             world.now);
  world.run(seconds(1));
  ASSERT_EQ(bob.responses.size(), 2u);
  EXPECT_EQ(bob.responses[0].status, 503);
  EXPECT_EQ(bob.responses[1].status, 200);
}

TEST_F(HopsTest, APlaceIsAskedOnce) {
  const Address silent = address("192.0.2.13:5060");
  const Hop flow{Protocol::udp, silent, 1};
  alice.endpoint->send_request(alice.request(Method::bye, "sip:bob@192.0.2.13"), Target::to(flow, "sip:192.0.2.13"), 1,
                               world.now);
  world.run(seconds(31));
  EXPECT_TRUE(alice.responses.empty());
  world.run(milliseconds(1100));
  ASSERT_EQ(alice.statuses(), std::vector<int>{408}) << "after timer F, not twice that";
  EXPECT_EQ(alice.responses[0].origin, Origin::timeout);
  EXPECT_EQ(world.count("BYE "), 11u) << "RFC 3261 §17.1.2.2";
  expect_nothing_left();

  // Behind a NAT the Contact is another place, and still is asked.
  Party bob(world, "192.0.2.2:5060");
  bob.when_request = answers(bob, 200);
  alice.responses.clear();
  alice.endpoint->send_request(alice.request(Method::bye, "sip:bob@192.0.2.2"), Target::to(flow, "sip:192.0.2.2"), 1,
                               world.now);
  world.run(seconds(33));
  EXPECT_EQ(alice.statuses(), std::vector<int>{200});

  // So is a name that leads to a place that was silent and to one that is not.
  world.name("bob.example.com", "192.0.2.13");
  world.name("bob.example.com", "192.0.2.2");
  world.sent.clear();
  alice.responses.clear();
  alice.endpoint->send_request(alice.request(Method::bye, "sip:bob"), Target::to(flow, "sip:bob.example.com:5060"), 1,
                               world.now);
  world.run(seconds(33));
  EXPECT_EQ(alice.statuses(), std::vector<int>{200});
  EXPECT_EQ(world.count("BYE "), 12u);
  expect_nothing_left();
}

TEST_F(HopsTest, AnInviteWhoseConnectionBreaksBeforeAnyResponseFails) {
  Party bob(world, "192.0.2.2:5060");
  alice.send(Method::invite, "sip:192.0.2.2;transport=tcp", 1);
  alice.send(Method::message, "sip:192.0.2.2;transport=tcp", 2);
  world.run(seconds(1));
  ASSERT_EQ(bob.opened.size(), 1u);
  bob.break_off(bob.opened[0]);  // the INVITE has its 100, the MESSAGE has nothing
  ASSERT_EQ(alice.responses.size(), 1u);
  EXPECT_EQ(alice.responses[0].owner, 2u);
  EXPECT_EQ(alice.responses[0].status, 503);
  // The INVITE's response comes by a connection to our sent-by (RFC 3261 §18.2.2).
  bob.answer(486);
  world.run(seconds(1));
  ASSERT_EQ(alice.responses.size(), 2u);
  EXPECT_EQ(alice.responses[1].status, 486);
  EXPECT_EQ(alice.opened.size(), 1u);
}

TEST_F(HopsTest, AResponseWhoseSentByTakesNoConnectionIsSentWhereItsNameLeads) {
  Party client(world, "192.0.2.30:5060");
  world.acceptors.erase(address("192.0.2.30:5060"));
  world.name("client.example.com", "192.0.2.40");
  Party spare(world, "192.0.2.40:5090");
  // A connection made by hand: the Via names a host that leads elsewhere.
  const ConnectionId in{900};
  alice.endpoint->on_open(in, 2, address("192.0.2.1:5060"), address("192.0.2.30:33333"), world.now);
  alice.endpoint->on_stream_message(
      in,
      "OPTIONS sip:alice@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP client.example.com:5090;branch=z9hG4bKq\r\n"
      "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
      "Content-Length: 0\r\n\r\n",
      world.now);
  alice.endpoint->on_close(in, "closed", world.now);
  alice.answer(200);
  world.run(seconds(1));
  EXPECT_EQ(spare.opened.size(), 1u);
  EXPECT_EQ(world.counters.get("sip_dropped_stray_response").value(), 1u) << "it arrived there";
}

TEST_F(HopsTest, NobodyCanClaimAnothersAddressByAlias) {
  const ConnectionId in{900};
  alice.endpoint->on_open(in, 2, address("192.0.2.1:5060"), address("192.0.2.30:33333"), world.now);
  alice.endpoint->on_stream_message(
      in,
      "OPTIONS sip:alice@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.2:5060;alias;branch=z9hG4bKq\r\n"
      "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
      "Content-Length: 0\r\n\r\n",
      world.now);
  Party bob(world, "192.0.2.2:5060");
  alice.send(Method::options, "sip:192.0.2.2;transport=tcp");
  world.run(seconds(1));
  EXPECT_EQ(bob.requests.size(), 1u);
}

TEST_F(HopsTest, KeepAlivePingsGetAPong) {
  Party bob(world, "192.0.2.2:5060");
  bob.when_request = answers(bob, 200);
  alice.send(Method::options, "sip:192.0.2.2;transport=tcp");
  world.run(seconds(1));
  alice.write(alice.streams.begin()->first, "\r\n\r\n");
  world.run(seconds(1));
  EXPECT_EQ(bob.written.back(), "\r\n");
}

TEST_F(HopsTest, LargeRequestsTryTcpFirstAndFallBackToUdp) {
  Party bob(world, "192.0.2.2:5060");
  bob.when_request = answers(bob, 200);
  const std::string uri = "sip:192.0.2.2";
  const std::string large(2000, 'x');
  alice.endpoint->send_request(alice.request(Method::message, uri, large), Target::to_uri(uri), 1, world.now);
  world.run(seconds(1));
  EXPECT_EQ(alice.statuses(), std::vector<int>{200});
  EXPECT_TRUE(world.sent.empty());
  EXPECT_EQ(bob.sources[0].protocol, Protocol::tcp);

  world.acceptors.erase(address("192.0.2.2:5060"));
  alice.break_off(alice.streams.begin()->first);
  for (int i = 0; i < 2; ++i) {
    alice.endpoint->send_request(alice.request(Method::message, uri, large), Target::to_uri(uri), 1, world.now);
    world.run(seconds(1));
  }
  EXPECT_EQ(alice.statuses(), (std::vector<int>{200, 200, 200}));
  EXPECT_EQ(world.count("MESSAGE"), 2u);
  EXPECT_EQ(alice.written_to_nowhere.size(), 1u) << "the refusal is remembered";

  const Hop flow{Protocol::udp, address("192.0.2.2:5060"), 1};
  world.acceptors[address("192.0.2.2:5060")] = &bob;
  world.run(minutes(6));
  alice.endpoint->send_request(alice.request(Method::message, uri, large), Target::to(flow), 1, world.now);
  world.run(seconds(1));
  EXPECT_EQ(world.count("MESSAGE"), 3u) << "a flow stays what it is";
  expect_nothing_left();
}

}  // namespace
}  // namespace junctor::transport
