#include "sip/dialog.hpp"

#include <gtest/gtest.h>
#include <unordered_map>

namespace junctor::sip {
namespace {

Message parsed(std::string_view text) {
  auto message = Message::parse(std::string(text));
  EXPECT_TRUE(message) << text;
  return message ? std::move(*message) : Message();
}

/// What both sides of a call start with; `extra` are further header lines.
Message invite(std::string_view extra = {}, std::string_view contact = "<sip:alice@192.0.2.1:5070>") {
  return parsed(
      "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\n"
      "Max-Forwards: 70\r\nFrom: \"Alice A\" <sip:alice@example.com>;tag=at;x=y\r\n"
      "To: <sip:bob@example.com>\r\nCall-ID: call-1\r\nCSeq: 314 INVITE\r\nContact: " +
      std::string(contact) + "\r\n" + std::string(extra) + "Content-Length: 0\r\n\r\n");
}

Message answer(const Message& request, int status, std::string_view tag = "bt", std::string_view extra = {},
               std::string_view contact = "<sip:bob@192.0.2.2>") {
  std::string text = Message::response(request, status).serialize();
  if (!tag.empty())
    text.replace(text.find("To: <sip:bob@example.com>"), 25, "To: <sip:bob@example.com>;tag=" + std::string(tag));
  std::string lines(extra);
  if (!contact.empty()) lines += "Contact: " + std::string(contact) + "\r\n";
  text.insert(text.find("\r\n") + 2, lines);
  return parsed(text);
}

Dialog uac(const Message& request, const Message& response) {
  auto dialog = Dialog::uac(request, response);
  EXPECT_TRUE(dialog) << to_string(dialog.error());
  return *dialog;
}

Dialog uas(const Message& request, const Message& response) {
  auto dialog = Dialog::uas(request, response);
  EXPECT_TRUE(dialog) << to_string(dialog.error());
  return *dialog;
}

std::vector<std::string> routes(const Message& message) {
  std::vector<std::string> out;
  for (const std::string_view value : message.values(HeaderId::route)) out.emplace_back(value);
  return out;
}

constexpr std::string_view recorded =
    "Record-Route: <sip:p2.example.com;lr>, <sip:p1a.example.com;lr>\r\nRecord-Route: <sip:p1.example.com;lr>\r\n";

TEST(Dialog, CallerSide) {
  const Message request = invite();
  Dialog dialog = uac(request, answer(request, 200, "bt", recorded, "<sip:bob@192.0.2.2;transport=udp?x=y>;q=1"));
  EXPECT_EQ(dialog.id(), (DialogId{"call-1", "at", "bt"}));
  EXPECT_EQ(dialog.state(), DialogState::confirmed);
  EXPECT_TRUE(dialog.is_uac());
  EXPECT_FALSE(dialog.is_secure());
  EXPECT_EQ(dialog.remote_target(), "sip:bob@192.0.2.2;transport=udp");
  EXPECT_EQ(dialog.next_hop(), "sip:p1.example.com;lr");
  EXPECT_EQ(dialog.remote_cseq(), std::nullopt);

  const Message bye = parsed([&] {
    Message m = dialog.request(Method::bye);
    m.add_first(HeaderId::via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb");
    return m.serialize();
  }());
  EXPECT_EQ(bye.method(), Method::bye);
  EXPECT_EQ(bye.request_uri(), "sip:bob@192.0.2.2;transport=udp");
  EXPECT_EQ(routes(bye), (std::vector<std::string>{"<sip:p1.example.com;lr>", "<sip:p1a.example.com;lr>",
                                                   "<sip:p2.example.com;lr>"}));
  EXPECT_EQ(*bye.header(HeaderId::from), "\"Alice A\" <sip:alice@example.com>;tag=at");
  EXPECT_EQ(*bye.header(HeaderId::to), "<sip:bob@example.com>;tag=bt");
  EXPECT_EQ(bye.call_id(), "call-1");
  EXPECT_EQ(bye.cseq().number, 315u);
  EXPECT_EQ(bye.max_forwards(), 70u);
  EXPECT_EQ(dialog.request("X-NEW").cseq().number, 316u);

  const Message ack = dialog.ack(314);
  EXPECT_EQ(ack.method(), Method::ack);
  EXPECT_EQ(ack.cseq().number, 314u);
  EXPECT_EQ(routes(ack).size(), 3u);
  EXPECT_EQ(dialog.local_cseq(), 316u);
}

TEST(Dialog, CalledSide) {
  const Message request = invite(recorded);
  Dialog dialog = uas(request, answer(request, 180));
  EXPECT_EQ(dialog.id(), (DialogId{"call-1", "bt", "at"}));
  EXPECT_EQ(dialog.state(), DialogState::early);
  EXPECT_FALSE(dialog.is_uac());
  EXPECT_EQ(dialog.remote_target(), "sip:alice@192.0.2.1:5070");
  EXPECT_EQ(dialog.remote_cseq(), 314u);
  EXPECT_EQ(dialog.next_hop(), "sip:p2.example.com;lr");
  const Message update = dialog.request(Method::update);
  EXPECT_EQ(update.cseq().number, 1u);
  EXPECT_EQ(*update.header(HeaderId::to), "\"Alice A\" <sip:alice@example.com>;tag=at");
  EXPECT_EQ(*update.header(HeaderId::from), "<sip:bob@example.com>;tag=bt");
  EXPECT_EQ(routes(update).front(), "<sip:p2.example.com;lr>");
  ASSERT_TRUE(dialog.confirm(answer(request, 200)));
  EXPECT_EQ(dialog.state(), DialogState::confirmed);
  EXPECT_EQ(dialog.remote_target(), "sip:alice@192.0.2.1:5070");
}

TEST(Dialog, BothSidesMeet) {
  const Message request = invite();
  const Message response = answer(request, 200);
  Dialog caller = uac(request, response);
  Dialog called = uas(request, response);
  EXPECT_TRUE(called.matches(caller.request(Method::info)));
  EXPECT_TRUE(caller.matches(called.request(Method::bye)));
  EXPECT_FALSE(caller.matches(caller.request(Method::bye)));
  EXPECT_TRUE(caller.matches(response));
  EXPECT_TRUE(called.matches(caller.ack(314)));
}

TEST(Dialog, StrictRouting) {
  const Message request = invite();
  Dialog dialog = uac(request, answer(request, 200, "bt",
                                      "Record-Route: <sip:p2.example.com;lr>\r\n"
                                      "Record-Route: <sip:p1.example.com;method=INVITE?a=b>\r\n"));
  const Message bye = dialog.request(Method::bye);
  EXPECT_EQ(bye.request_uri(), "sip:p1.example.com");
  EXPECT_EQ(routes(bye), (std::vector<std::string>{"<sip:p2.example.com;lr>", "<sip:bob@192.0.2.2>"}));
  EXPECT_EQ(dialog.next_hop().substr(0, 18), "sip:p1.example.com");
}

TEST(Dialog, RecordRouteWithoutBrackets) {
  const Message request = invite();
  const Dialog dialog = uac(request, answer(request, 200, "bt", "Record-Route: sip:p1.example.com;lr\r\n"));
  EXPECT_EQ(dialog.route_set(), std::vector<std::string>{"<sip:p1.example.com;lr>"});
}

TEST(Dialog, ForkedEarlyDialogsAndTheirConfirmation) {
  const Message request = invite();
  Dialog first = uac(request, answer(request, 180, "b1", recorded));
  const Dialog second = uac(request, answer(request, 183, "b2"));
  EXPECT_EQ(first.state(), DialogState::early);
  EXPECT_NE(first.id(), second.id());
  const Message ok = answer(request, 200, "b1", "Record-Route: <sip:p9.example.com;lr>\r\n", "<sip:bob@192.0.2.99>");
  ASSERT_TRUE(first.confirm(ok));
  EXPECT_EQ(first.state(), DialogState::confirmed);
  EXPECT_EQ(first.route_set(), std::vector<std::string>{"<sip:p9.example.com;lr>"});
  EXPECT_EQ(first.remote_target(), "sip:bob@192.0.2.99");
  ASSERT_TRUE(first.confirm(answer(request, 200, "b1")));  // a retransmission changes nothing
  EXPECT_EQ(first.remote_target(), "sip:bob@192.0.2.99");
  Dialog early = second;
  EXPECT_FALSE(early.confirm(answer(request, 180, "b2")));
}

TEST(Dialog, ProvisionalWithoutContactGoesToTheRequestUri) {
  const Message request = invite();
  Dialog dialog = uac(request, answer(request, 180, "bt", {}, {}));
  EXPECT_EQ(dialog.remote_target(), "sip:bob@example.com");
  ASSERT_TRUE(dialog.confirm(answer(request, 200)));
  EXPECT_EQ(dialog.remote_target(), "sip:bob@192.0.2.2");
}

TEST(Dialog, PeerWithoutTag) {
  const Message request = invite();
  Dialog dialog = uac(request, answer(request, 200, ""));
  EXPECT_EQ(dialog.id().remote_tag, "");
  EXPECT_EQ(*dialog.request(Method::bye).header(HeaderId::to), "<sip:bob@example.com>");
}

TEST(Dialog, WhatMakesNoDialog) {
  const Message request = invite();
  EXPECT_EQ(Dialog::uac(request, answer(request, 100)).error(), DialogError::not_dialog_forming);
  EXPECT_EQ(Dialog::uac(request, answer(request, 486)).error(), DialogError::not_dialog_forming);
  EXPECT_EQ(Dialog::uac(request, answer(request, 180, "")).error(), DialogError::not_dialog_forming);
  EXPECT_EQ(Dialog::uac(request, request).error(), DialogError::not_dialog_forming);
  EXPECT_EQ(Dialog::uas(request, answer(request, 180, "")).error(), DialogError::no_local_tag);
  const Message tel = invite({}, "<tel:+491234>");
  EXPECT_EQ(Dialog::uas(tel, answer(tel, 180)).error(), DialogError::no_contact);
  const Message bad = invite("Record-Route: <sip:p1.example.com;lr>, nonsense\r\n");
  EXPECT_EQ(Dialog::uas(bad, answer(bad, 180)).error(), DialogError::bad_route);
  std::string many;
  for (std::size_t i = 0; i <= max_routes; ++i) many += "Record-Route: <sip:p;lr>\r\n";
  const Message long_way = invite(many);
  EXPECT_EQ(Dialog::uas(long_way, answer(long_way, 180)).error(), DialogError::bad_route);
}

TEST(Dialog, RemoteCseqOnlyGrows) {
  const Message request = invite();
  const Message ok = answer(request, 200);
  Dialog caller = uac(request, ok);
  Dialog called = uas(request, ok);
  const Message first = caller.request(Method::info);
  const Message second = caller.request(Method::info);
  EXPECT_EQ(called.on_request(second), RequestOrder::in_order);
  EXPECT_EQ(called.on_request(first), RequestOrder::out_of_order);
  EXPECT_EQ(called.remote_cseq(), 316u);
  EXPECT_EQ(called.on_request(caller.ack(314)), RequestOrder::in_order);
  EXPECT_EQ(called.remote_cseq(), 316u);
  EXPECT_EQ(caller.on_request(called.request(Method::bye)), RequestOrder::in_order);
}

TEST(Dialog, TargetRefresh) {
  const Message request = invite();
  const Message ok = answer(request, 200);
  Dialog caller = uac(request, ok);
  Dialog called = uas(request, ok);
  Message update = caller.request(Method::update);
  update.add(HeaderId::contact, "<sip:alice@192.0.2.200>");
  EXPECT_TRUE(called.refresh_target(update));
  EXPECT_EQ(called.remote_target(), "sip:alice@192.0.2.200");
  EXPECT_FALSE(called.refresh_target(update));
  Message info = caller.request(Method::info);
  info.add(HeaderId::contact, "<sip:alice@192.0.2.201>");
  EXPECT_FALSE(called.refresh_target(info));
  Message refused = Message::response(update, 491);
  refused.add(HeaderId::contact, "<sip:bob@192.0.2.202>");
  EXPECT_FALSE(caller.refresh_target(refused));
  Message accepted = Message::response(update, 200);
  accepted.add(HeaderId::contact, "<sip:bob@192.0.2.202>");
  EXPECT_TRUE(caller.refresh_target(accepted));
  EXPECT_EQ(caller.remote_target(), "sip:bob@192.0.2.202");
}

TEST(Dialog, SaveAndLoad) {
  const Message request = invite(recorded);
  std::vector<Dialog> dialogs = {uac(request, answer(request, 180, "b1", recorded)), uac(request, answer(request, 200)),
                                 uas(request, answer(request, 200)), uac(request, answer(request, 200, ""))};
  dialogs[1].request(Method::info);
  for (const Dialog& dialog : dialogs) {
    const std::string saved = dialog.save();
    const auto loaded = Dialog::load(saved);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(*loaded, dialog);
    for (std::size_t cut = 0; cut < saved.size(); ++cut) EXPECT_FALSE(Dialog::load(saved.substr(0, cut)));
    EXPECT_FALSE(Dialog::load(saved + "x"));
    std::string other_version = saved;
    other_version[0] = 2;
    EXPECT_EQ(Dialog::load(other_version).error(), DialogError::bad_saved_state);
  }
}

TEST(Dialog, IdIsAKey) {
  const Message request = invite();
  const Dialog dialog = uac(request, answer(request, 200));
  std::unordered_map<DialogId, int> by_id;
  by_id[dialog.id()] = 1;
  EXPECT_EQ(by_id.count(DialogId::of_incoming(answer(request, 200))), 1u);
  EXPECT_EQ(by_id.count(DialogId{"call-1", "bt", "at"}), 0u);
}

}  // namespace
}  // namespace junctor::sip
