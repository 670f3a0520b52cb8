// RFC 4028: what each role says, what is agreed, who refreshes.
#include "transaction/session_timer.hpp"

#include <gtest/gtest.h>
#include <string>

namespace junctor::transaction {
namespace {

using sip::HeaderId;
using sip::Message;

constexpr TimePoint start{seconds(1000)};

Message request(std::string_view extra = {}) {
  auto parsed = Message::parse(
      "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a.example.com;branch=z9hG4bK1\r\n"
      "From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1\r\nCSeq: 7 INVITE\r\n"
      "Max-Forwards: 70\r\n" +
      std::string(extra) + "Content-Length: 0\r\n\r\n");
  EXPECT_TRUE(parsed);
  return std::move(*parsed);
}

Message response(int status, HeaderId id, std::string_view value) {
  Message out = Message::response(request(), status);
  if (!value.empty()) out.add(id, value);
  return out;
}

TEST(SessionTimer, TheUacAsksAndTakesWhatItGets) {
  SessionTimer timer({.expires_s = 1800});
  Message invite = request();
  timer.prepare_request(invite);
  EXPECT_EQ(invite.header(HeaderId::session_expires), "1800");
  EXPECT_TRUE(sip::has_token(invite, HeaderId::supported, "timer"));
  EXPECT_FALSE(invite.has(HeaderId::min_se));
  EXPECT_FALSE(timer.active());

  timer.on_success(response(200, HeaderId::session_expires, "600;refresher=uac"), start);
  EXPECT_TRUE(timer.active());
  EXPECT_TRUE(timer.we_refresh());
  EXPECT_EQ(timer.refresh_at(), start + seconds(300));
  EXPECT_EQ(timer.expires_at(), start + seconds(568));

  Message refresh = request();
  timer.prepare_request(refresh);
  EXPECT_EQ(refresh.header(HeaderId::session_expires), "600;refresher=uac");
}

TEST(SessionTimer, ThePeerRefreshesWhenItSaysSo) {
  SessionTimer timer;
  timer.on_success(response(200, HeaderId::session_expires, "90;refresher=uas"), start);
  EXPECT_FALSE(timer.we_refresh());
  EXPECT_FALSE(timer.refresh_at());
  EXPECT_EQ(timer.expires_at(), start + seconds(60)) << "a third of a short interval";
  Message reinvite = request();
  timer.prepare_request(reinvite);
  EXPECT_EQ(reinvite.header(HeaderId::session_expires), "90;refresher=uas");
}

TEST(SessionTimer, WithoutSessionExpiresInThe2xxThereIsNoTimer) {
  SessionTimer timer;
  timer.on_success(response(200, HeaderId::session_expires, "90;refresher=uac"), start);
  timer.on_success(response(200, HeaderId::session_expires, {}), start);
  EXPECT_FALSE(timer.active());
  EXPECT_FALSE(timer.expires_at());
}

TEST(SessionTimer, A422RaisesTheIntervalOnce) {
  SessionTimer timer({.expires_s = 100});
  EXPECT_TRUE(timer.on_interval_too_small(response(422, HeaderId::min_se, "200")));
  Message again = request();
  timer.prepare_request(again);
  EXPECT_EQ(again.header(HeaderId::session_expires), "200");
  EXPECT_EQ(again.header(HeaderId::min_se), "200");
  EXPECT_FALSE(timer.on_interval_too_small(response(422, HeaderId::min_se, "200")));
  EXPECT_FALSE(timer.on_interval_too_small(response(422, HeaderId::min_se, {})));
}

TEST(SessionTimer, TheUasRefusesTooSmallAnIntervalOfAUacThatUnderstands) {
  const SessionTimer timer({.expires_s = 1800, .min_se_s = 120});
  EXPECT_EQ(timer.too_small(request("Session-Expires: 100\r\nSupported: timer\r\n")), 120u);
  EXPECT_FALSE(timer.too_small(request("Session-Expires: 120\r\nSupported: timer\r\n")));
  EXPECT_FALSE(timer.too_small(request("Session-Expires: 100\r\n")));
  EXPECT_FALSE(timer.too_small(request("Supported: timer\r\n")));
}

struct Answer {
  std::string session_expires;
  bool require = false;
};

Answer answered(SessionTimer& timer, std::string_view headers) {
  const Message invite = request(headers);
  Message ok = Message::response(invite, 200);
  timer.answer(invite, ok, start);
  return {std::string(ok.header(HeaderId::session_expires).value_or("")),
          sip::has_token(ok, HeaderId::require, "timer")};
}

TEST(SessionTimer, TheUasAnswersByTable2) {
  SessionTimer a;
  Answer answer = answered(a, "Session-Expires: 600\r\nSupported: timer\r\n");
  EXPECT_EQ(answer.session_expires, "600;refresher=uac");
  EXPECT_TRUE(answer.require);
  EXPECT_FALSE(a.we_refresh());

  SessionTimer b;
  answer = answered(b, "Session-Expires: 600;refresher=uas\r\nSupported: timer\r\n");
  EXPECT_EQ(answer.session_expires, "600;refresher=uas");
  EXPECT_TRUE(b.we_refresh());

  SessionTimer c;  // the caller knows nothing of it: we do it alone
  answer = answered(c, "");
  EXPECT_EQ(answer.session_expires, "1800;refresher=uas");
  EXPECT_FALSE(answer.require);
  EXPECT_TRUE(c.we_refresh());

  SessionTimer d({.expires_s = 0});
  answer = answered(d, "Supported: timer\r\n");
  EXPECT_EQ(answer.session_expires, "");
  EXPECT_FALSE(d.active());
}

TEST(SessionTimer, TheUasLowersALongIntervalButNotBelowMinSe) {
  SessionTimer a({.expires_s = 600});
  EXPECT_EQ(answered(a, "Session-Expires: 7200\r\nSupported: timer\r\n").session_expires, "600;refresher=uac");
  SessionTimer b({.expires_s = 600});
  EXPECT_EQ(answered(b, "Session-Expires: 7200\r\nMin-SE: 900\r\nSupported: timer\r\n").session_expires,
            "900;refresher=uac");
}

TEST(SessionTimer, ARefreshWithoutRefresherKeepsTheRoles) {
  SessionTimer timer;
  answered(timer, "Session-Expires: 600;refresher=uas\r\nSupported: timer\r\n");
  EXPECT_EQ(answered(timer, "Session-Expires: 600\r\nSupported: timer\r\n").session_expires, "600;refresher=uas");
}

}  // namespace
}  // namespace junctor::transaction
