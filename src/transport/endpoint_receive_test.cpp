// What an endpoint does with what comes from the wire, seen by a peer without a stack.
#include "transport/test_world.hpp"

namespace junctor::transport {
namespace {

using sip::HeaderId;
using sip::Method;

constexpr const char* bob_at = "192.0.2.2:5060";

struct Fields {
  std::string_view method = "OPTIONS";
  std::string_view uri = "sip:bob@192.0.2.2";
  std::string_view via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKx";
  std::string_view to_tag;
  std::string_view max_forwards = "70";
  std::string_view more;
};

std::string request(const Fields& f) {
  std::string out(f.method);
  out += " " + std::string(f.uri) + " SIP/2.0\r\nVia: " + std::string(f.via) +
         "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:bob@192.0.2.2>";
  if (!f.to_tag.empty()) out += ";tag=" + std::string(f.to_tag);
  out += "\r\nCall-ID: c\r\nCSeq: 1 " + std::string(f.method) + "\r\nMax-Forwards: " + std::string(f.max_forwards) +
         "\r\n" + std::string(f.more) + "Content-Length: 0\r\n\r\n";
  return out;
}

class Log final : public MessageObserver {
 public:
  void on_message(Direction direction, Protocol, const Address&, const Address& remote, std::string_view bytes,
                  TimePoint) override {
    lines.push_back((direction == Direction::received ? "< " : "> ") + junctor::to_string(remote) + " " +
                    std::string(bytes.substr(0, bytes.find('\r'))));
  }
  std::vector<std::string> lines;
};

struct ReceiveTest : testing::Test {
  World world;
  EndpointSettings settings{.host_names = {"example.com"}, .server = "junctor"};
  Party bob{world, bob_at, settings};
  RawPeer peer{world, "192.0.2.9:5060"};

  void send(const Fields& f) {
    peer.send(bob_at, request(f));
    world.run(milliseconds(100));
  }
  std::uint64_t counted(std::string_view name) { return world.counters.get(name).value(); }
};

TEST_F(ReceiveTest, RetransmissionsReachTheUserOnceAndGetTheSameAnswer) {
  send({});
  bob.answer(200);
  send({});
  send({});
  EXPECT_EQ(bob.requests.size(), 1u);
  ASSERT_EQ(peer.got.size(), 3u);
  EXPECT_EQ(peer.got[0], peer.got[2]);
  world.run(seconds(33));
  EXPECT_EQ(bob.endpoint->live().total(), 0u);
  send({});
  EXPECT_EQ(bob.requests.size(), 2u) << "after timer J it is a new request";
}

TEST_F(ReceiveTest, ReceivedAndRportAreFilledIn) {
  RawPeer nat(world, "198.51.100.7:31337");
  nat.send(bob_at, request({.via = "SIP/2.0/UDP 10.0.0.5:5060;rport;branch=z9hG4bKn"}));
  world.run(milliseconds(50));
  const auto via = bob.requests.at(0).top_via();
  EXPECT_EQ(via->received(), "198.51.100.7");
  EXPECT_EQ(via->rport(), 31337);
  bob.answer(200);
  world.run(milliseconds(50));
  EXPECT_EQ(nat.got.size(), 1u);
}

TEST_F(ReceiveTest, WithoutRportTheResponseGoesToThePortOfSentBy) {
  RawPeer sent_by(world, "198.51.100.7:5070");
  RawPeer nat(world, "198.51.100.7:31337");
  nat.send(bob_at, request({.via = "SIP/2.0/UDP phone.example.com:5070;branch=z9hG4bKn"}));
  world.run(milliseconds(50));
  bob.answer(200);
  world.run(milliseconds(50));
  EXPECT_EQ(nat.got.size(), 0u);
  ASSERT_EQ(sent_by.got.size(), 1u);
  EXPECT_NE(sent_by.got[0].find("received=198.51.100.7"), std::string::npos);
}

TEST_F(ReceiveTest, ACopyByAnotherWayIsMerged) {
  send({.method = "INVITE"});
  send({.method = "INVITE", .via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKy"});
  EXPECT_EQ(bob.requests.size(), 1u);
  EXPECT_TRUE(peer.got.back().starts_with("SIP/2.0 482"));
  EXPECT_EQ(counted("sip_refused_merged"), 1u);
  // Its ACK goes nowhere.
  const auto refusal = sip::Message::parse(peer.got.back());
  send({.method = "ACK", .via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKy", .to_tag = refusal->to_tag()});
  EXPECT_TRUE(bob.acks.empty());
  EXPECT_EQ(counted("sip_dropped_stray_ack"), 1u);
  bob.answer(486);
}

TEST_F(ReceiveTest, RequestsWithoutTheCookieAreMatchedByTheOldRules) {
  const std::string_view via = "SIP/2.0/UDP 192.0.2.9:5060;branch=old";
  send({.method = "INVITE", .via = via});
  send({.method = "INVITE", .via = via});
  EXPECT_EQ(bob.requests.size(), 1u);
  send({.method = "CANCEL", .via = via});
  EXPECT_EQ(bob.cancels.size(), 1u);
  bob.answer(487);
  send({.method = "ACK", .via = via, .to_tag = "callee"});
  EXPECT_EQ(bob.ends, (std::vector<Party::End>{{bob.servers[0], ServerEnd::acked}}));
}

TEST_F(ReceiveTest, AnAckForASuccessGoesToTheUser) {
  send({.method = "ACK", .via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKother", .to_tag = "x"});
  EXPECT_EQ(bob.acks.size(), 1u);
  EXPECT_TRUE(peer.got.empty());
  EXPECT_EQ(bob.endpoint->live().total(), 0u);
}

TEST_F(ReceiveTest, MalformedRequestsGet400WithoutState) {
  std::string bad = request({.method = "INVITE"});
  bad.replace(bad.find("Max-Forwards: 70"), 16, "Max-Forwards: xx");
  peer.send(bob_at, bad);
  peer.send(bob_at, "complete garbage");
  peer.send(bob_at, std::string("\r\n\r\n"));
  peer.send(bob_at, std::string(1, '\0'));
  world.run(milliseconds(100));
  ASSERT_EQ(peer.got.size(), 1u);
  EXPECT_TRUE(peer.got[0].starts_with("SIP/2.0 400"));
  EXPECT_NE(peer.got[0].find("Server: junctor"), std::string::npos);
  EXPECT_EQ(counted("sip_dropped_bad_max_forwards"), 1u);
  EXPECT_EQ(counted("sip_keepalives"), 2u);
  EXPECT_EQ(bob.endpoint->live().total(), 0u);
}

TEST_F(ReceiveTest, OverloadRefusesNewWorkOnly) {
  bob.endpoint->set_overload(seconds(7));
  send({.method = "INVITE"});
  ASSERT_EQ(peer.got.size(), 1u);
  EXPECT_TRUE(peer.got[0].starts_with("SIP/2.0 503"));
  EXPECT_NE(peer.got[0].find("Retry-After: 7"), std::string::npos);
  EXPECT_EQ(bob.endpoint->live().total(), 0u);
  send({.method = "BYE", .via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKb", .to_tag = "t"});
  send({.method = "INVITE", .via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKr", .to_tag = "t"});
  EXPECT_EQ(bob.requests.size(), 2u);
  bob.endpoint->set_overload(std::nullopt);
  send({.method = "INVITE", .via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKn"});
  EXPECT_EQ(bob.requests.size(), 3u);
}

TEST_F(ReceiveTest, TheTableIsBounded) {
  Party small(world, "192.0.2.3:5060", {.server_transactions_max = 4});
  for (int i = 0; i < 10; ++i) {
    const std::string via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK" + std::to_string(i);
    std::string text = request({.via = via});
    text.replace(text.find("Call-ID: c"), 10, "Call-ID: " + std::to_string(i));
    peer.send("192.0.2.3:5060", text);
  }
  world.run(milliseconds(100));
  EXPECT_EQ(small.requests.size(), 4u);
  EXPECT_EQ(peer.got.size(), 6u);
  for (int i = 0; i < 10; ++i) {
    const std::string via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKbye" + std::to_string(i);
    peer.send("192.0.2.3:5060", request({.method = "BYE", .via = via, .to_tag = "t"}));
  }
  world.run(milliseconds(100));
  EXPECT_EQ(small.endpoint->live().non_invite_server, 5u) << "the last resort: a quarter more, then silence";
}

TEST_F(ReceiveTest, MaxForwardsIsCheckedForWhatWouldGoOn) {
  send({.method = "INVITE", .max_forwards = "0"});
  ASSERT_EQ(peer.got.size(), 1u);
  EXPECT_TRUE(peer.got[0].starts_with("SIP/2.0 483"));
  send({.method = "OPTIONS", .via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKo", .max_forwards = "0"});
  send({.method = "BYE", .via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKb", .to_tag = "t", .max_forwards = "0"});
  EXPECT_EQ(bob.requests.size(), 2u);
}

TEST_F(ReceiveTest, OurRoutesAreTakenAwayOthersStay) {
  send({.method = "INVITE",
        .more = "Route: <sip:192.0.2.2;lr>, <sip:EXAMPLE.com;lr>\r\nRoute: <sip:next.example.net;lr>\r\n"});
  ASSERT_EQ(bob.requests.size(), 1u);
  EXPECT_EQ(bob.requests[0].first_value(HeaderId::route), "<sip:next.example.net;lr>");
  send({.via = "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKp", .more = "Route: <sip:192.0.2.2:5080;lr>\r\n"});
  EXPECT_TRUE(bob.requests[1].has(HeaderId::route)) << "another port is another server";
}

TEST_F(ReceiveTest, WhatAStrictRouterDidIsUndone) {
  send({.method = "INVITE",
        .uri = "sip:example.com;lr",
        .more = "Route: <sip:p1.example.net;lr>, <sip:carol@192.0.2.7>\r\n"});
  ASSERT_EQ(bob.requests.size(), 1u);
  EXPECT_EQ(bob.requests[0].request_uri(), "sip:carol@192.0.2.7");
  EXPECT_EQ(bob.requests[0].first_value(HeaderId::route), "<sip:p1.example.net;lr>");
}

TEST_F(ReceiveTest, StrayResponsesAreDropped) {
  peer.send(bob_at,
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKnone\r\nFrom: <sip:a@b>;tag=1\r\n"
            "To: <sip:c@d>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
  world.run(milliseconds(50));
  EXPECT_TRUE(bob.responses.empty());
  EXPECT_EQ(counted("sip_dropped_stray_response"), 1u);
}

TEST_F(ReceiveTest, TheObserverSeesBothWays) {
  Log log;
  bob.endpoint->set_observer(&log);
  send({});
  bob.answer(200);
  EXPECT_EQ(log.lines, (std::vector<std::string>{"< 192.0.2.9:5060 OPTIONS sip:bob@192.0.2.2 SIP/2.0",
                                                 "> 192.0.2.9:5060 SIP/2.0 200 OK"}));
}

TEST(Advertise, ChoosesByDestination) {
  const auto local = [](const IpAddress& remote) {
    return remote.family == Family::v4 ? IpAddress::v4(10, 0, 0, 1) : *IpAddress::parse("fd00::1");
  };
  const Advertise advertise(
      {.public_ip = {IpAddress::v4(203, 0, 113, 5)}, .local_networks = {*Network::parse("10.0.0.0/8")}},
      {{1, Protocol::udp, address("0.0.0.0:5060")},
       {2, Protocol::udp, address("10.0.0.9:5062")},
       {3, Protocol::udp, address("[::]:5060")}},
      local);
  EXPECT_EQ(advertise.ip_for(IpAddress::v4(10, 1, 1, 1)), IpAddress::v4(10, 0, 0, 1));
  EXPECT_EQ(advertise.ip_for(IpAddress::v4(8, 8, 8, 8)), IpAddress::v4(203, 0, 113, 5));
  EXPECT_EQ(advertise.ip_for(*IpAddress::parse("2001:db8::1")), *IpAddress::parse("fd00::1")) << "no public IPv6";
  EXPECT_EQ(advertise.address_for({Protocol::udp, address("10.1.1.1:5060")}), address("10.0.0.1:5060"));
  EXPECT_EQ(advertise.address_for({Protocol::udp, address("10.1.1.1:5060"), 2}), address("10.0.0.9:5062"));
  EXPECT_EQ(advertise.address_for({Protocol::udp, address("8.8.8.8:5060"), 2}), address("203.0.113.5:5062"));
  EXPECT_EQ(advertise.listener_for({Protocol::tcp, address("8.8.8.8:5060")}), nullptr);
  EXPECT_TRUE(advertise.is_ours(address("203.0.113.5:5060")));
  EXPECT_TRUE(advertise.is_ours(address("10.0.0.1:5060")));
  EXPECT_FALSE(advertise.is_ours(address("10.0.0.1:5061")));
  EXPECT_FALSE(advertise.is_ours(address("10.0.0.2:5060")));
}

}  // namespace
}  // namespace junctor::transport
