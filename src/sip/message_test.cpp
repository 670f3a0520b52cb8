#include "sip/message.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <new>
#include <string>
#include <vector>

#include "sip/headers.hpp"
#include "sip/test_messages.hpp"

namespace junctor::sip {
namespace {

using test::invite;
using test::options;
using test::parsed;
using test::replaced;

ParseError error_of(std::string bytes) {
  const auto m = Message::parse(std::move(bytes));
  EXPECT_FALSE(m);
  return m ? ParseError::empty : m.error();
}

TEST(Message, ReadsWhatRoutingNeeds) {
  const Message m = parsed(invite);
  EXPECT_TRUE(m.is_request());
  EXPECT_EQ(m.method(), Method::invite);
  EXPECT_EQ(m.request_uri(), "sip:200001@hub.example");
  EXPECT_EQ(m.uri()->user, "200001");
  EXPECT_EQ(m.top_via()->host, "127.0.0.9");
  EXPECT_EQ(m.top_via()->port, 5060);
  EXPECT_EQ(m.top_via()->received(), "127.0.0.9");
  EXPECT_TRUE(m.top_via()->wants_rport());
  EXPECT_EQ(m.top_branch(), "z9hG4bKPj7c1d4f0a5b");
  EXPECT_EQ(m.from_tag(), "ab12cd34");
  EXPECT_EQ(m.to_tag(), "");
  EXPECT_EQ(m.from()->display, "Alice");
  EXPECT_EQ(m.to()->uri.user, "200001");
  EXPECT_EQ(m.call_id(), "ZmFrZS1jYWxsLWlkLTEyMzQ1Njc4OTA@127.0.0.2");
  EXPECT_EQ(m.cseq(), (CSeq{2, Method::invite, "INVITE"}));
  EXPECT_EQ(m.max_forwards(), 69u);
  EXPECT_EQ(m.contact()->uri.port, 15060);
  EXPECT_EQ(m.contact()->uri.params.get("transport"), "udp");
  EXPECT_EQ(m.body(), "v=0\n");
  EXPECT_TRUE(has_token(m, HeaderId::allow, "REFER"));
  EXPECT_TRUE(has_token(m, HeaderId::supported, "100REL"));
  EXPECT_FALSE(has_token(m, HeaderId::allow, "refer"));
  EXPECT_EQ(typed<SessionExpires>(m, HeaderId::session_expires)->seconds, 1800u);
}

TEST(Message, CopiesAndMovesKeepWhatWasRead) {
  Message m = parsed(invite);
  Message copy = m;
  Message moved = std::move(m);
  EXPECT_EQ(copy, moved);
  moved.add("X-More", std::string(5000, 'x'));
  EXPECT_EQ(moved.top_via()->branch(), "z9hG4bKPj7c1d4f0a5b");
  EXPECT_EQ(moved.from()->uri.user, "100001");
  EXPECT_EQ(copy.contact()->uri.host, "127.0.0.2");
  EXPECT_NE(copy, moved);
}

TEST(Message, KeepsUnknownHeadersByteForByteAndInOrder) {
  const std::string text =
      options("X-Odd  :\t a;b=\"c\\\"\"   \r\nSubject: s\r\nx-folded: one\r\n\ttwo\r\nX-Empty:\r\n");
  Message m = parsed(text);
  EXPECT_EQ(m.serialize(), text);
  m.set(HeaderId::subject, "t");
  EXPECT_EQ(m.serialize(), replaced(text, "Subject: s", "Subject: t"));
  EXPECT_EQ(m.header("X-ODD"), "a;b=\"c\\\"\"");
  EXPECT_EQ(m.header("X-Empty"), "");
  EXPECT_EQ(parsed(m.serialize()), m);
}

TEST(Message, UnfoldsKnownHeaders) {
  const Message m = parsed(options("Subject: one\r\n  two\r\n\tthree\r\n"));
  EXPECT_EQ(m.header(HeaderId::subject), "one    two  \tthree");
  EXPECT_EQ(m.serialize().find("\r\n "), std::string::npos);
  EXPECT_EQ(parsed(m.serialize()), m);
}

TEST(Message, KnowsCompactForms) {
  const Message m = parsed(
      "OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/TCP h;branch=z9hG4bK2, SIP/2.0/UDP i\r\nf: <sip:a@b>;tag=1\r\nt: "
      "sip:c@d\r\n"
      "i: 1\r\nCSEQ: 7 OPTIONS\r\nm: sip:x@y;q=0.5\r\nk: a,b\r\nl: 0\r\n\r\n");
  EXPECT_EQ(m.top_via()->transport, "TCP");
  EXPECT_EQ(m.contact()->params.get("q"), "0.5");
  EXPECT_TRUE(has_token(m, HeaderId::supported, "b"));
  EXPECT_EQ(m.header("Call-ID"), "1");
  EXPECT_EQ(m.header("I"), "1");
  EXPECT_EQ(m.header_at(0).name, "v");
}

TEST(Message, SplitsListsOutsideOfQuotesAndBrackets) {
  const Message m = parsed(options("Route: <sip:a,b@h;lr>, \"x, <y>\" <sip:c;lr>\r\nRoute: ,<sip:d;lr>\r\n"));
  std::vector<std::string> values;
  for (const auto v : m.values(HeaderId::route)) values.emplace_back(v);
  EXPECT_EQ(values, (std::vector<std::string>{"<sip:a,b@h;lr>", "\"x, <y>\" <sip:c;lr>", "<sip:d;lr>"}));
  EXPECT_EQ(name_addrs(m, HeaderId::route)->size(), 3u);
}

TEST(Message, RemovesAndReplacesFirstValues) {
  Message m = parsed(options("Route: , <sip:a;lr> , <sip:b;lr>\r\nRoute: <sip:c;lr>\r\n"));
  m.remove_first_value(HeaderId::route);
  EXPECT_EQ(m.first_value(HeaderId::route), "<sip:b;lr>");
  m.set_first_value(HeaderId::route, "<sip:e;lr>");
  EXPECT_EQ(m.first_value(HeaderId::route), "<sip:e;lr>");
  m.remove_first_value(HeaderId::route);
  m.remove_first_value(HeaderId::route);
  EXPECT_FALSE(m.has(HeaderId::route));
  m.remove_first_value(HeaderId::route);
  EXPECT_EQ(m.serialize(), options());
}

TEST(Message, SetsReceivedOnTheTopViaOnly) {
  Message m = parsed(invite);
  Via via = *m.top_via();
  const std::string params = with_param({with_param(via.params, "received", "10.0.0.1")}, "rport", "7777");
  via.params.text = params;
  m.set_first_value(HeaderId::via, to_string(via));
  EXPECT_EQ(m.top_via()->rport(), 7777);
  EXPECT_EQ(m.top_via()->received(), "10.0.0.1");
  EXPECT_EQ(m.top_branch(), "z9hG4bKPj7c1d4f0a5b");
  const Message again = parsed(m.serialize());
  EXPECT_EQ(again, m);
  EXPECT_EQ(again.header_at(0).id, HeaderId::via);
  EXPECT_EQ(again.header_at(1).id, HeaderId::via);
}

TEST(Message, BuildsRequests) {
  Message m = Message::request(Method::register_, "sip:hub.example");
  m.add(HeaderId::via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK9");
  m.add(HeaderId::from, "<sip:a@hub.example>;tag=z");
  m.add(HeaderId::to, "<sip:a@hub.example>");
  m.add(HeaderId::call_id, "1");
  m.add(HeaderId::cseq, to_string(CSeq{3, Method::register_, {}}));
  m.add("X-Own", "1");
  m.set_body("text/plain", "hello\r\n");
  EXPECT_EQ(
      m.serialize(),
      "REGISTER sip:hub.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK9\r\n"
      "From: <sip:a@hub.example>;tag=z\r\nTo: <sip:a@hub.example>\r\nCall-ID: 1\r\nCSeq: 3 REGISTER\r\nX-Own: 1\r\n"
      "Content-Type: text/plain\r\nContent-Length: 7\r\n\r\nhello\r\n");
  EXPECT_EQ(m.method(), Method::register_);
  EXPECT_EQ(m.from_tag(), "z");
  EXPECT_EQ(m.cseq().number, 3u);
  EXPECT_EQ(parsed(m.serialize()), m);
  m.set_body("text/plain", "");
  EXPECT_FALSE(m.has(HeaderId::content_type));
  EXPECT_EQ(Message::request("PING", "sip:a").method_name(), "PING");
}

TEST(Message, BuildsResponses) {
  const Message request = parsed(invite);
  Message m = Message::response(request, 180);
  m.set(HeaderId::to, std::string(*m.header(HeaderId::to)) + ";tag=me");
  EXPECT_EQ(m.status(), 180);
  EXPECT_EQ(m.reason(), "Ringing");
  EXPECT_EQ(m.method(), Method::invite);
  EXPECT_EQ(m.to_tag(), "me");
  EXPECT_EQ(m.top_branch(), request.top_branch());
  const Message again = parsed(m.serialize());
  EXPECT_EQ(again, m);
  EXPECT_TRUE(again.is_response());
  EXPECT_EQ(again.to_tag(), "me");
  EXPECT_EQ(Message::response(request, 499).reason(), "Unknown");
}

TEST(Message, NothingIsSmuggledInThroughTheBuilder) {
  Message m = parsed(options());
  m.add("X-A", "1\r\nEvil: yes");
  m.add("X\r\n-B: z", "2");
  m.add("\r\n", "3");
  m.set_request_uri("sip:a@b SIP/2.0\r\nEvil: yes");
  m.add(HeaderId::content_length, "7777");
  const std::string text = m.serialize();
  EXPECT_EQ(text.find("\nEvil"), std::string::npos);
  EXPECT_EQ(text.find("7777"), std::string::npos);
  const Message again = parsed(replaced(text, m.request_uri(), "sip:x"));
  EXPECT_EQ(again.header("X-A"), "1  Evil: yes");
  EXPECT_EQ(again.header("X-Bz"), "2");
  EXPECT_EQ(Message::response(again, 200, "A\r\nB").reason(), "A  B");
}

TEST(Message, ValuesMayPointIntoTheMessageItself) {
  Message m = parsed(invite);
  for (int i = 0; i < 20; ++i) m.add("X-Copy", *m.header(HeaderId::allow));
  m.set_request_uri(m.request_uri());
  m.set_body(*m.header(HeaderId::content_type), m.body());
  m.set_first_value(HeaderId::via, *m.first_value(HeaderId::via));
  for (const auto field : m.headers("X-Copy")) EXPECT_EQ(field.value, *m.header(HeaderId::allow));
  EXPECT_EQ(parsed(m.serialize()), m);
}

TEST(Message, BodyFollowsContentLength) {
  EXPECT_EQ(parsed(options() + "trailing").body(), "");
  EXPECT_EQ(parsed(options() + "trailing").serialize(), options());
  const std::string without = replaced(options(), "Content-Length: 0\r\n", "") + "rest";
  EXPECT_EQ(parsed(without).body(), "rest");
  EXPECT_NE(parsed(without).serialize().find("Content-Length: 4\r\n\r\nrest"), std::string::npos);
  EXPECT_EQ(error_of(replaced(options(), "Length: 0", "Length: 9")), ParseError::body_too_short);
  EXPECT_EQ(error_of(replaced(options(), "Length: 0", "Length: -1")), ParseError::bad_content_length);
  EXPECT_EQ(error_of(replaced(options(), "Length: 0", "Length: 99999999999")), ParseError::bad_content_length);
}

TEST(Message, TakesBareLineFeedsAndWritesCrlf) {
  std::string text = options("X-Folded: a\r\n b\r\n");
  std::erase(text, '\r');
  const Message m = parsed(text);
  EXPECT_EQ(m.header("X-Folded"), "a  b");
  EXPECT_EQ(m.serialize(), options("X-Folded: a  b\r\n"));
  EXPECT_EQ(parsed("\r\n\r\n" + options()).serialize(), options());
}

TEST(Message, NamesWhatIsWrong) {
  EXPECT_EQ(error_of(""), ParseError::empty);
  EXPECT_EQ(error_of("\r\n\r\n"), ParseError::empty);
  EXPECT_EQ(error_of(std::string(max_message_bytes + 1, 'a')), ParseError::message_too_large);
  EXPECT_EQ(error_of("OPTIONS sip:" + std::string(max_start_line_bytes, 'a') + " SIP/2.0\r\n\r\n"),
            ParseError::start_line_too_long);
  EXPECT_EQ(error_of("hello\r\n\r\n"), ParseError::bad_start_line);
  EXPECT_EQ(error_of(replaced(options(), "SIP/2.0\r", "SIP/3.0\r")), ParseError::bad_version);
  EXPECT_EQ(error_of(replaced(options(), "SIP/2.0\r", "HTTP/1.1\r")), ParseError::bad_start_line);
  EXPECT_EQ(error_of(replaced(options(), "sip:hub.example", "<sip:a>")), ParseError::bad_request_uri);
  EXPECT_EQ(error_of(replaced(options(), "sip:hub.example", "sip:a?Subject=b")), ParseError::bad_request_uri);
  EXPECT_EQ(error_of("SIP/2.0 99 No\r\n\r\n"), ParseError::bad_status);
  EXPECT_EQ(error_of("SIP/2.0 700 No\r\n\r\n"), ParseError::bad_status);
  EXPECT_EQ(error_of(options().substr(0, 60)), ParseError::incomplete);
  EXPECT_EQ(error_of(options("no colon\r\n")), ParseError::bad_header);
  EXPECT_EQ(error_of(options(": no name\r\n")), ParseError::bad_header);
  EXPECT_EQ(error_of(options("Na me: x\r\n")), ParseError::bad_header);
  EXPECT_EQ(error_of(options("Subject: a\rb\r\n")), ParseError::bad_header);
  EXPECT_EQ(error_of(options("Subject: " + std::string(max_header_bytes, 'x') + "\r\n")), ParseError::header_too_long);
  std::string many;
  for (std::size_t i = 0; i < max_headers; ++i) many += "A: b\r\n";
  EXPECT_EQ(error_of(options(many)), ParseError::too_many_headers);
  EXPECT_EQ(error_of(options("To: <sip:x>\r\n")), ParseError::duplicate_header);
  EXPECT_EQ(error_of(options("Content-Length: 0\r\n")), ParseError::duplicate_header);
  EXPECT_EQ(error_of(replaced(options(), "Via", "X")), ParseError::missing_via);
  EXPECT_EQ(error_of(replaced(options(), "SIP/2.0/UDP", "UDP")), ParseError::bad_via);
  EXPECT_EQ(error_of(replaced(options(), "From", "X")), ParseError::missing_from);
  EXPECT_EQ(error_of(replaced(options(), "<sip:a@b>", "<sip:a@b")), ParseError::bad_from);
  EXPECT_EQ(error_of(replaced(options(), "To", "X")), ParseError::missing_to);
  EXPECT_EQ(error_of(replaced(options(), "<sip:c@d>", "A, B <sip:c@d>")), ParseError::bad_to);
  EXPECT_EQ(error_of(replaced(options(), "Call-ID", "X")), ParseError::missing_call_id);
  EXPECT_EQ(error_of(replaced(options(), "x@y", "x y")), ParseError::bad_call_id);
  EXPECT_EQ(error_of(replaced(options(), "CSeq", "X")), ParseError::missing_cseq);
  EXPECT_EQ(error_of(replaced(options(), "1 OPTIONS", "2147483648 OPTIONS")), ParseError::bad_cseq);
  EXPECT_EQ(error_of(replaced(options(), "1 OPTIONS", "1 INVITE")), ParseError::cseq_method_mismatch);
  EXPECT_EQ(error_of(options("Max-Forwards: 256\r\n")), ParseError::bad_max_forwards);
  EXPECT_EQ(error_of(options("Contact: sip:a@b, nonsense\r\n")), ParseError::bad_contact);
}

TEST(Message, LeavesWhatAnAnswerNeeds) {
  std::optional<Message> request;
  auto m = Message::parse(replaced(options(), "1 OPTIONS", "1 INVITE"), &request);
  ASSERT_FALSE(m);
  ASSERT_TRUE(request);
  const ParseErrorInfo& why = info(m.error());
  EXPECT_EQ(
      Message::response(*request, why.status, why.reason).serialize(),
      "SIP/2.0 400 CSeq Method Mismatch\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
      "To: <sip:c@d>\r\nCall-ID: x@y\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");

  // A bad Via cannot be answered, nor can a response or an ACK.
  for (const std::string& text :
       {replaced(options(), "SIP/2.0/UDP", "UDP"),
        replaced(options(), "OPTIONS sip:hub.example SIP/2.0", "SIP/2.0 999 X"),
        replaced(replaced(options("Max-Forwards: x\r\n"), "OPTIONS", "ACK"), "1 OPTIONS", "1 ACK")}) {
    request.reset();
    EXPECT_FALSE(Message::parse(text, &request));
    EXPECT_FALSE(request) << text;
  }
}

TEST(ParseErrors, EachHasItsNamesAndSentence) {
  for (std::size_t i = 0; i < parse_error_count; ++i) {
    const ParseErrorInfo& e = info(static_cast<ParseError>(i));
    EXPECT_EQ(e.counter, "sip_dropped_" + std::string(e.name));
    EXPECT_TRUE(e.sentence.ends_with('.'));
    EXPECT_EQ(e.status == 0, e.reason.empty()) << e.name;
  }
}

}  // namespace
}  // namespace junctor::sip
