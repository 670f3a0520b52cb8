// A leg that was saved and loaded sends what the leg itself would send next.
#include <algorithm>
#include <gtest/gtest.h>
#include <memory>

#include "call/leg.hpp"
#include "call/plays.hpp"
#include "transport/test_world.hpp"

namespace junctor::call {
namespace {

using sip::HeaderId;
using sip::Message;
using sip::Method;
using transport::Party;

struct NoOwner final : LegOwner {
  void on_ringing(Leg&, int, bool, TimePoint) override {}
  void on_answered(Leg&, TimePoint) override {}
  void on_acknowledged(Leg&, bool, TimePoint) override {}
  void on_hold(Leg&, bool, TimePoint) override {}
  void on_failed(Leg&, const Cause&, std::optional<std::uint32_t>, TimePoint) override {}
  void on_gone(Leg&, const Cause&, TimePoint) override {}
  void on_offer(Leg&, TimePoint) override {}
  void on_offer_withdrawn(Leg&, TimePoint) override {}
  void on_offer_accepted(Leg&, TimePoint) override {}
  void on_offer_refused(Leg&, int, TimePoint) override {}
  void on_message(Leg&, TransactionId, const Message&, TimePoint) override {}
  void on_message_due(Leg&, TransactionId, const Message&, TimePoint) override {}
  void on_message_answered(Leg&, std::uint64_t, const Message&, TimePoint) override {}
  void on_refer(Leg&, TransactionId, const Message&, TimePoint) override {}
  void on_finished(Leg&, TimePoint) override {}
};

struct OnePort final : media::Plane {
  std::optional<media::PortLease> take_port(Family family, std::optional<std::uint32_t>) override {
    return media::PortLease{
        .id = media::make_port_id(0, 1, 1), .family = family, .rtp_port = 20000, .rtcp_port = 20001};
  }
  void command(std::uint32_t, media::Command) override {}
  media::PortLease move_port(const media::PortLease& lease, std::uint32_t) override { return lease; }
};

struct Alarms final : TimerTarget {
  void on_timer(std::uint64_t token, TimePoint now) override { rang.emplace_back(token, now); }
  std::vector<std::pair<std::uint64_t, TimePoint>> rang;
};

constexpr std::string_view offer =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n";

struct SavedLegTest : testing::Test {
  /// A call from the phone, answered and acknowledged.
  SavedLegTest() {
    Message invite = phone.request(Method::invite, "sip:1002@192.0.2.9");
    invite.add(HeaderId::contact, "<sip:alice@192.0.2.1:5060>");
    invite.add(HeaderId::allow, "INVITE, ACK, BYE, UPDATE, INFO");
    invite.add(HeaderId::supported, "timer");
    invite.add(HeaderId::session_expires, "120;refresher=uas");
    invite.set_body("application/sdp", offer);
    phone.endpoint->send_request(std::move(invite), transport::Target::to_uri("sip:192.0.2.9"), 1, world.now);
    world.run(seconds(1));
    leg = std::make_unique<Leg>(LegId{1}, LegKind::device, LegDirection::inbound, services, settings, owner);
    leg->start_inbound(hub.servers.at(0), hub.requests.at(0), hub.sources.at(0), {"1001", "Alice", "sip:1001@x"}, {},
                       {}, world.now);
    EXPECT_TRUE(leg->take_port(Family::v4, {}));
    EXPECT_FALSE(leg->saved()) << "not before it is established";
    const auto answer = answer_for(*leg->remote_offer(), own_wish(), leg->local_media(), nullptr);
    leg->accept(&*answer, world.now);
    world.run(seconds(1));
    EXPECT_FALSE(leg->saved()) << "its ACK is due";
    phone.ack(phone.responses.size() - 1, "sip:192.0.2.9");
    world.run(seconds(1));
    leg->on_ack(hub.acks.at(0), world.now);
  }

  std::unique_ptr<Leg> twin() {
    const auto saved = leg->saved();
    if (!saved) return nullptr;
    const auto loaded = SavedLeg::load(saved->save(world.now), world.now);
    if (!loaded) return nullptr;
    return Leg::restore(LegId{2}, *loaded, *leg->port(), {}, services, settings, owner, world.now);
  }
  /// What the hub sent last, without the Via, which is another one for each transaction.
  Message last_sent() const {
    Message out = *Message::parse(world.sent.back().bytes);
    out.remove_first_value(HeaderId::via);
    return out;
  }
  template <class What>
  void expect_same_message(Method method, What what) {
    const auto other = twin();
    ASSERT_NE(other, nullptr);
    what(*leg);
    const Message own = last_sent();
    const Address to = world.sent.back().to;
    what(*other);
    EXPECT_EQ(own.method(), method);
    EXPECT_EQ(last_sent().serialize(), own.serialize());
    EXPECT_EQ(world.sent.back().to, to);
  }
  /// The phone answers what came last, and the leg hears it.
  void phone_answers(int status) {
    world.run(seconds(1));
    hub.responses.clear();
    for (std::size_t i = 0; i < phone.requests.size(); ++i) phone.answer(status, i);
    world.run(seconds(1));
    for (const auto& r : hub.responses) leg->on_response(r.id, r.message, r.origin, world.now);
    phone.requests.clear();
    phone.servers.clear();
  }

  transport::World world;
  Party phone{world, "192.0.2.1:5060"}, hub{world, "192.0.2.9:5060"};
  OnePort plane;
  Alarms alarms;
  NoOwner owner;
  Plays plays{plane};
  Services services{*hub.endpoint, plane, plays, world.timers, alarms, world.random};
  std::shared_ptr<const CallSettings> settings = std::make_shared<CallSettings>();
  std::unique_ptr<Leg> leg;
};

TEST_F(SavedLegTest, SendsTheSameNextMessages) {
  expect_same_message(Method::info, [&](Leg& each) {
    each.send_request("INFO", {"application/dtmf-relay", "Signal=5\r\n", {}}, 0, world.now);
  });
  phone_answers(200);
  expect_same_message(Method::update, [&](Leg& each) {
    auto hold = *each.local();
    hold.origin.session_version += "1";
    each.send_offer(&hold, true, world.now);
  });
  EXPECT_FALSE(leg->saved()) << "an offer waits for its answer";
  phone_answers(488);
  expect_same_message(Method::bye, [&](Leg& each) { each.hang_up({200, 16, "normal clearing"}, world.now); });
  EXPECT_FALSE(leg->saved());
}

TEST_F(SavedLegTest, TheSessionTimerRunsOn) {
  world.run(seconds(20));
  const auto other = twin();
  ASSERT_NE(other, nullptr);
  world.run(seconds(70));
  ASSERT_EQ(alarms.rang.size(), 4u);  // refresh after 60 s, expiry after 88 s
  EXPECT_EQ(alarms.rang[0].second, alarms.rang[1].second);
  EXPECT_EQ(alarms.rang[2].second, alarms.rang[3].second);
  EXPECT_EQ(alarms.rang[2].second - alarms.rang[0].second, seconds(28));
  leg->on_timer(Leg::Timer::refresh, world.now);
  const Message own = last_sent();
  EXPECT_EQ(own.method(), Method::update);
  EXPECT_EQ(own.header(HeaderId::session_expires), "120;refresher=uac");
  other->on_timer(Leg::Timer::refresh, world.now);
  EXPECT_EQ(last_sent().serialize(), own.serialize());
}

TEST_F(SavedLegTest, KeysOfSrtpGoWhereNobodyElseReadsThem) {
  auto with_keys = *leg->local();
  with_keys.media.front().attributes.push_back(
      {"crypto", "1 AES_CM_128_HMAC_SHA1_80 inline:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5"});
  const auto sends = [&](LegKind kind, bool over_plain_sip) {
    SavedLeg saved = *leg->saved();
    saved.kind = kind;
    saved.hop.protocol = transport::Protocol::tls;  // it came over TLS, and its Contact names UDP
    saved.srtp = SrtpPolicy::required;
    settings = std::make_shared<CallSettings>(CallSettings{.srtp_over_plain_sip = over_plain_sip});
    const auto other = Leg::restore(LegId{2}, saved, *leg->port(), {}, services, settings, owner, world.now);
    EXPECT_EQ(other->local_media().srtp.policy, SrtpPolicy::required);
    EXPECT_TRUE(other->local_media().srtp.keys_allowed);
    const std::size_t before = world.sent.size();
    other->send_offer(&with_keys, false, world.now);
    return std::any_of(world.sent.begin() + static_cast<std::ptrdiff_t>(before), world.sent.end(),
                       [](const auto& packet) { return packet.bytes.find("a=crypto") != std::string::npos; });
  };
  EXPECT_FALSE(sends(LegKind::trunk, false));
  EXPECT_FALSE(sends(LegKind::device, false));
  EXPECT_TRUE(sends(LegKind::trunk, true));
}

TEST_F(SavedLegTest, ListensToTheSameDialog) {
  const media::VoiceProcessing voice{.sound = {audio::NoiseSuppression::high, true}, .events = true, .limits = {}};
  leg->process_voice(voice, world.now);
  const auto other = twin();
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(*other->dialog(), *leg->dialog());
  EXPECT_EQ(*other->local(), *leg->local());
  EXPECT_EQ(*other->remote(), *leg->remote());
  EXPECT_EQ(other->far_end().name, "Alice");
  EXPECT_EQ(other->voice_processing(), voice);
  EXPECT_EQ(other->started, leg->started);
  EXPECT_EQ(other->answered_at, leg->answered_at);
  const std::string saved = leg->saved()->save(world.now);
  EXPECT_FALSE(SavedLeg::load(saved.substr(0, saved.size() - 1), world.now));
  SavedLeg unreadable = *leg->saved();
  unreadable.dialog.pop_back();
  EXPECT_EQ(Leg::restore(LegId{3}, unreadable, *leg->port(), {}, services, settings, owner, world.now), nullptr);
}

}  // namespace
}  // namespace junctor::call
