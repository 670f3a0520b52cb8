// INVITE and what goes with it, between two endpoints over UDP: losses, races, CANCEL, PRACK.
#include "transport/test_world.hpp"

namespace junctor::transport {
namespace {

using sip::HeaderId;
using sip::Method;

constexpr const char* bob_uri = "sip:bob@192.0.2.2:5060";

struct InviteTest : testing::Test {
  World world;
  Party alice{world, "192.0.2.1:5060"};
  Party bob{world, "192.0.2.2:5060"};

  void expect_nothing_left() {
    world.run(seconds(140));
    EXPECT_EQ(alice.endpoint->live().total(), 0u);
    EXPECT_EQ(bob.endpoint->live().total(), 0u);
    EXPECT_EQ(world.timers.pending(), 0u);
  }
  /// Both sides acknowledge what they are told to.
  void acknowledge_everything() {
    bob.when_ack = [this] {
      if (!bob.servers.empty()) bob.endpoint->acked(bob.servers[0], world.now);
    };
  }
};

TEST_F(InviteTest, RingsIsAnsweredAndAcked) {
  acknowledge_everything();
  bob.when_request = [&](std::size_t) { bob.answer(180); };
  const TransactionId id = alice.send(Method::invite, bob_uri, 77);
  EXPECT_TRUE(alice.responses.empty());
  world.run(seconds(1));
  bob.answer(200);
  world.run(milliseconds(50));
  ASSERT_EQ(alice.statuses(), (std::vector<int>{180, 200}));
  EXPECT_EQ(alice.responses[1].id, id);
  EXPECT_EQ(alice.responses[1].owner, 77u);
  EXPECT_EQ(alice.responses[1].origin, Origin::peer);
  EXPECT_EQ(alice.endpoint->hop_of(id)->remote, address("192.0.2.2:5060"));
  alice.ack(1, bob_uri);
  world.run(seconds(5));
  EXPECT_EQ(bob.acks.size(), 1u);
  EXPECT_EQ(world.count("SIP/2.0 200"), 1u);
  EXPECT_EQ(world.count("INVITE"), 1u);
  EXPECT_EQ(alice.endpoint->live().invite_client, 1u);
  EXPECT_EQ(bob.endpoint->live().invite_server, 1u);
  expect_nothing_left();
  EXPECT_EQ(bob.ends, (std::vector<Party::End>{{bob.servers[0], ServerEnd::done}}));
}

TEST_F(InviteTest, WhatTheUserLeavesUnansweredGetsA100ThatNobodySees) {
  alice.send(Method::invite, bob_uri);
  world.run(seconds(10));
  EXPECT_EQ(world.count("SIP/2.0 100"), 1u);
  EXPECT_EQ(world.count("INVITE"), 1u);
  EXPECT_TRUE(alice.responses.empty());
  bob.answer(603);
  expect_nothing_left();
}

TEST_F(InviteTest, ALostInviteIsSentAgainAndTheUserSeesOne) {
  int lost = 0;
  world.lose = [&](const Packet& p) { return p.is("INVITE") && lost++ < 2; };
  bob.when_request = [&](std::size_t) { bob.answer(486); };
  alice.send(Method::invite, bob_uri);
  world.run(seconds(3));
  EXPECT_EQ(world.count("INVITE"), 3u);
  EXPECT_EQ(bob.requests.size(), 1u);
  EXPECT_EQ(alice.statuses(), std::vector<int>{486});
  expect_nothing_left();
  EXPECT_EQ(bob.ends, (std::vector<Party::End>{{bob.servers[0], ServerEnd::acked}}));
}

TEST_F(InviteTest, ALost180ComesAgainWithTheRetransmittedInvite) {
  int lost = 0;
  world.lose = [&](const Packet& p) { return p.is("SIP/2.0 180") && lost++ == 0; };
  bob.when_request = [&](std::size_t) { bob.answer(180); };
  alice.send(Method::invite, bob_uri);
  world.run(seconds(2));
  EXPECT_EQ(alice.statuses(), std::vector<int>{180});
  bob.answer(486);
  expect_nothing_left();
}

TEST_F(InviteTest, ALostAckIsSentAgainForTheRetransmittedFinal) {
  int lost = 0;
  world.lose = [&](const Packet& p) { return p.is("ACK") && lost++ < 2; };
  bob.when_request = [&](std::size_t) { bob.answer(486); };
  alice.send(Method::invite, bob_uri);
  world.run(seconds(10));
  EXPECT_EQ(world.count("ACK"), 3u);
  EXPECT_EQ(world.count("SIP/2.0 486"), 3u);
  EXPECT_EQ(alice.statuses(), std::vector<int>{486}) << "the user sees it once";
  EXPECT_EQ(bob.ends, (std::vector<Party::End>{{bob.servers[0], ServerEnd::acked}}));
  EXPECT_TRUE(bob.acks.empty()) << "the ACK for a non-2xx ends in the transaction";
  expect_nothing_left();
}

TEST_F(InviteTest, TheAckForANonSuccessIsBuiltByTheBook) {
  bob.when_request = [&](std::size_t) { bob.answer(486); };
  sip::Message invite = alice.request(Method::invite, bob_uri);
  invite.add(HeaderId::route, "<sip:192.0.2.2:5060;lr>");
  alice.endpoint->send_request(invite, Target::of(invite), 1, world.now);
  world.run(seconds(1));
  const auto at = std::ranges::find_if(world.sent, [](const Packet& p) { return p.is("ACK"); });
  ASSERT_NE(at, world.sent.end());
  const auto ack = sip::Message::parse(at->bytes);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->request_uri(), bob_uri);
  EXPECT_EQ(ack->to_tag(), "callee");
  EXPECT_EQ(ack->cseq().number, 1u);
  EXPECT_EQ(ack->header(HeaderId::route), "<sip:192.0.2.2:5060;lr>");
  EXPECT_EQ(ack->top_branch(), sip::Message::parse(world.sent[0].bytes)->top_branch());
}

TEST_F(InviteTest, NobodyAnswersTimerBGivesALocal408) {
  world.lose = [](const Packet&) { return true; };
  const TransactionId id = alice.send(Method::invite, bob_uri, 5);
  world.run(seconds(31));
  EXPECT_TRUE(alice.responses.empty());
  world.run(seconds(2));
  ASSERT_EQ(alice.statuses(), std::vector<int>{408});
  EXPECT_EQ(alice.responses[0].origin, Origin::timeout);
  EXPECT_EQ(alice.responses[0].id, id);
  EXPECT_EQ(alice.responses[0].owner, 5u);
  EXPECT_EQ(world.count("INVITE"), 7u);
  expect_nothing_left();
}

TEST_F(InviteTest, ASuccessWithoutAckIsRetransmittedFor64T1ThenReported) {
  bob.when_request = [&](std::size_t) { bob.answer(200); };
  alice.send(Method::invite, bob_uri);
  world.run(seconds(33));
  EXPECT_EQ(world.count("SIP/2.0 200"), 11u);
  EXPECT_EQ(alice.statuses().size(), 11u) << "each 2xx is passed up";
  EXPECT_EQ(bob.ends, (std::vector<Party::End>{{bob.servers[0], ServerEnd::ack_missing}}));
  expect_nothing_left();
}

TEST_F(InviteTest, ForkedSuccessesAreAllPassedUp) {
  RawPeer proxy(world, "192.0.2.9:5060");
  alice.send(Method::invite, "sip:bob@192.0.2.9");
  world.run(milliseconds(50));
  ASSERT_EQ(proxy.got.size(), 1u);
  const auto invite = sip::Message::parse(proxy.got[0]);
  for (const char* const tag : {"one", "two"}) {
    sip::Message ok = sip::Message::response(*invite, 200);
    ok.set(HeaderId::to, std::string(*ok.header(HeaderId::to)) + ";tag=" + tag);
    proxy.send("192.0.2.1:5060", ok.serialize());
  }
  world.run(seconds(1));
  ASSERT_EQ(alice.statuses(), (std::vector<int>{200, 200}));
  EXPECT_EQ(alice.responses[0].message.to_tag(), "one");
  EXPECT_EQ(alice.responses[1].message.to_tag(), "two");
  expect_nothing_left();
}

// --- CANCEL ---------------------------------------------------------------------------------------------------------

TEST_F(InviteTest, CancelWaitsForTheFirstProvisional) {
  world.lose = [&](const Packet& p) { return p.is("INVITE") && world.now < TimePoint(seconds(1000)) + seconds(2); };
  bob.when_cancel = [&](TransactionId) { bob.answer(487); };
  const TransactionId id = alice.send(Method::invite, bob_uri);
  world.run(seconds(1));
  alice.endpoint->cancel(id, world.now, "SIP;cause=200;text=\"Call completed elsewhere\"");
  alice.endpoint->cancel(id, world.now);
  world.run(milliseconds(900));
  EXPECT_EQ(world.count("CANCEL"), 0u);
  world.run(seconds(4));
  EXPECT_EQ(world.count("CANCEL"), 1u);
  EXPECT_EQ(bob.cancels, std::vector<TransactionId>{bob.servers[0]});
  EXPECT_EQ(alice.statuses(), std::vector<int>{487});
  const auto cancel = std::ranges::find_if(world.sent, [](const Packet& p) { return p.is("CANCEL"); });
  const auto message = sip::Message::parse(cancel->bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->top_branch(), bob.requests[0].top_branch());
  EXPECT_EQ(message->header(HeaderId::reason), "SIP;cause=200;text=\"Call completed elsewhere\"");
  expect_nothing_left();
}

TEST_F(InviteTest, CancelCrosses200TheSuccessIsPassedUp) {
  acknowledge_everything();
  bob.when_request = [&](std::size_t) { bob.answer(180); };
  const TransactionId id = alice.send(Method::invite, bob_uri);
  world.run(seconds(1));
  bob.answer(200);
  alice.endpoint->cancel(id, world.now);
  world.run(milliseconds(100));
  EXPECT_EQ(alice.statuses(), (std::vector<int>{180, 200}));
  EXPECT_EQ(world.count("CANCEL"), 1u);
  EXPECT_TRUE(bob.cancels.empty()) << "answered already: the CANCEL has no effect";
  EXPECT_EQ(world.count("SIP/2.0 200"), 2u) << "one for the INVITE, one for the CANCEL";
  alice.ack(1, bob_uri);
  expect_nothing_left();
}

TEST_F(InviteTest, ALateSuccessAfterCancelIsPassedUp) {
  bob.when_cancel = [&](TransactionId) { world.at(seconds(2), [&] { bob.answer(200); }); };
  acknowledge_everything();
  const TransactionId id = alice.send(Method::invite, bob_uri);
  world.run(seconds(1));
  alice.endpoint->cancel(id, world.now);
  world.run(milliseconds(2200));
  ASSERT_EQ(alice.statuses(), std::vector<int>{200});
  alice.ack(0, bob_uri);
  expect_nothing_left();
}

TEST_F(InviteTest, CancelAfterAFinalIsANoOp) {
  bob.when_request = [&](std::size_t) { bob.answer(486); };
  const TransactionId id = alice.send(Method::invite, bob_uri);
  world.run(seconds(1));
  alice.endpoint->cancel(id, world.now);
  world.run(seconds(1));
  EXPECT_EQ(world.count("CANCEL"), 0u);
  expect_nothing_left();
}

TEST_F(InviteTest, ACancelThatNobodyHearsEndsIn408After64T1) {
  const TransactionId id = alice.send(Method::invite, bob_uri);
  world.run(seconds(1));
  world.lose = [](const Packet&) { return true; };
  alice.endpoint->cancel(id, world.now);
  world.run(seconds(33));
  ASSERT_EQ(alice.statuses(), std::vector<int>{408});
  EXPECT_EQ(alice.responses[0].origin, Origin::timeout);
  bob.answer(487);
  expect_nothing_left();
}

TEST_F(InviteTest, CancelForAnUnknownInviteGets481) {
  RawPeer peer(world, "192.0.2.9:5060");
  peer.send(
      "192.0.2.2:5060",
      "CANCEL sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
      "To: <sip:bob@192.0.2.2>\r\nCall-ID: c\r\nCSeq: 1 CANCEL\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
  world.run(seconds(1));
  ASSERT_EQ(peer.got.size(), 1u);
  EXPECT_TRUE(peer.got[0].starts_with("SIP/2.0 481"));
}

// --- PRACK ----------------------------------------------------------------------------------------------------------

TEST_F(InviteTest, AReliableProvisionalIsRetransmittedUntilPrack) {
  bob.when_request = [&](std::size_t which) {
    if (which == 0)
      bob.endpoint->respond_reliably(bob.servers[0], sip::Message::response(bob.requests[0], 183), world.now);
  };
  int lost = 0;
  world.lose = [&](const Packet& p) { return p.is("SIP/2.0 183") && lost++ < 2; };
  alice.send(Method::invite, bob_uri);
  world.run(seconds(2));
  // The INVITE is retransmitted too while nothing comes back, and gets the 183 again.
  ASSERT_FALSE(alice.responses.empty());
  const auto rseq = sip::typed<sip::RSeq>(alice.responses[0].message, HeaderId::rseq);
  ASSERT_TRUE(rseq);
  sip::Message prack = alice.request(Method::prack, bob_uri);
  prack.add(HeaderId::rack, std::to_string(rseq->number) + " 1 INVITE");
  alice.endpoint->send_request(prack, Target::to_uri(bob_uri), 2, world.now);
  world.run(milliseconds(50));
  ASSERT_EQ(bob.requests.size(), 2u);
  const auto rack = sip::typed<sip::RAck>(bob.requests[1], HeaderId::rack);
  EXPECT_TRUE(bob.endpoint->on_prack(bob.servers[0], *rack, world.now));
  EXPECT_FALSE(bob.endpoint->on_prack(bob.servers[0], *rack, world.now));
  bob.answer(200, 1);
  const std::size_t sent = world.count("SIP/2.0 183");
  world.run(seconds(10));
  EXPECT_EQ(world.count("SIP/2.0 183"), sent);
  bob.answer(486);
  expect_nothing_left();
}

TEST_F(InviteTest, WithoutPrackTheUserIsToldAfter64T1) {
  bob.when_request = [&](std::size_t) {
    bob.endpoint->respond_reliably(bob.servers[0], sip::Message::response(bob.requests[0], 180), world.now);
  };
  alice.send(Method::invite, bob_uri);
  world.run(seconds(33));
  EXPECT_EQ(bob.ends, (std::vector<Party::End>{{bob.servers[0], ServerEnd::provisional_unacknowledged}}));
  bob.answer(504);
  world.run(seconds(1));
  EXPECT_EQ(alice.responses.back().status, 504);
  expect_nothing_left();
}

// --- many, over a bad line ------------------------------------------------------------------------------------------

TEST_F(InviteTest, EveryInviteEndsOnceOverALineThatLosesAndDoubles) {
  TestRandom dice(7);
  world.lose = [&](const Packet& p) {
    if (dice.below(10) == 0) {
      world.at(milliseconds(5 + static_cast<int>(dice.below(200))), [&, p] {
        const auto to = world.sockets.find(p.to);
        if (to != world.sockets.end()) to->second(p);
      });
    }
    return dice.below(4) == 0;
  };
  constexpr int calls = 300;
  bob.when_request = [&](std::size_t which) {
    world.at(milliseconds(static_cast<int>(dice.below(1500))), [&, which] { bob.answer(486, which); });
  };
  std::vector<TransactionId> ids;
  for (int i = 0; i < calls; ++i) {
    world.at(milliseconds(10 * i), [&] {
      const TransactionId id = alice.send(Method::invite, bob_uri);
      if (dice.below(2) == 0)
        world.at(milliseconds(static_cast<int>(dice.below(2000))), [&, id] { alice.endpoint->cancel(id, world.now); });
    });
  }
  world.run(seconds(60));
  EXPECT_EQ(alice.responses.size(), static_cast<std::size_t>(calls));
  expect_nothing_left();
}

}  // namespace
}  // namespace junctor::transport
