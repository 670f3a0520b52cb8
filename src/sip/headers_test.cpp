#include "sip/headers.hpp"

#include <gtest/gtest.h>
#include <string>

#include "sip/test_messages.hpp"

namespace junctor::sip {
namespace {

// to_string() gives `written`, and both it and `text` parse to the same value.
template <class T>
void expect_form(std::string_view text, std::string_view written) {
  const auto value = T::parse(text);
  ASSERT_TRUE(value) << text;
  const std::string out = to_string(*value);
  EXPECT_EQ(out, written);
  const auto again = T::parse(out);
  ASSERT_TRUE(again) << out;
  EXPECT_EQ(*again, *value);
}

TEST(NameAddr, Forms) {
  expect_form<NameAddr>("\"Bob \\\"B\\\"\" <sip:bob@h>;tag=1", "\"Bob \\\"B\\\"\" <sip:bob@h>;tag=1");
  expect_form<NameAddr>("Bob Builder <sip:bob@h;lr>", "\"Bob Builder\" <sip:bob@h;lr>");
  expect_form<NameAddr>("<sip:bob@h?a=b> ; expires = 60", "<sip:bob@h?a=b>; expires = 60");
  expect_form<NameAddr>("sip:bob@h;tag=x", "<sip:bob@h>;tag=x");
  expect_form<NameAddr>("\"\"<tel:123>", "<tel:123>");
  EXPECT_EQ(NameAddr::parse("sip:bob@h;tag=x")->tag(), "x");
  EXPECT_TRUE(NameAddr::parse("sip:bob@h;tag=x")->uri.params.empty());
  for (const char* text :
       {"", "Bob", "<sip:bob@h", "sip:bob@h>", "\"Bob <sip:bob@h>", "\"Bob\" sip:bob@h", "A, B <sip:b@h>",
        "sip:bob@h?x=y", "<sip:bob@h>;", "<sip:bob@h>;;a", "<sip:bob@h> x", "< sip:bob@h>", "<>"}) {
    EXPECT_FALSE(NameAddr::parse(text)) << text;
  }
  EXPECT_EQ(unescape_quoted(escape_quoted("a\"b\\c")), "a\"b\\c");
  EXPECT_EQ(escape_quoted("a\r\nb"), "a  b");
}

TEST(Via, Forms) {
  expect_form<Via>("SIP/2.0/UDP host:5060;branch=z9hG4bKx;rport", "SIP/2.0/UDP host:5060;branch=z9hG4bKx;rport");
  expect_form<Via>("sip / 2.0 / TLS [::1] : 7 ;branch=a", "SIP/2.0/TLS [::1]:7;branch=a");
  EXPECT_EQ(Via::parse("SIP/2.0/TLS h")->port_or_default(), 5061);
  EXPECT_EQ(Via::parse("SIP/2.0/UDP h;rport=99")->rport(), 99);
  for (const char* text :
       {"", "SIP/2.0/UDP", "SIP/2.0 h", "X/2.0/UDP h", "SIP/2.0/UDPh", "SIP/2.0/UDP h:x", "SIP/2.0/UDP h h"}) {
    EXPECT_FALSE(Via::parse(text)) << text;
  }
}

TEST(Headers, Forms) {
  expect_form<CSeq>("0009\r\n INVITE", "9 INVITE");
  expect_form<CSeq>("1 FOO", "1 FOO");
  expect_form<SessionExpires>("1800 ; refresher=UAC", "1800;refresher=uac");
  expect_form<SessionExpires>("90;refresher=uas;x", "90;refresher=uas");
  expect_form<MinSE>("90", "90");
  expect_form<Replaces>("12345@h;from-tag=a ;to-tag=b;early-only", "12345@h;to-tag=b;from-tag=a;early-only");
  expect_form<RAck>("776656 1 INVITE", "776656 1 INVITE");
  expect_form<RSeq>("1", "1");
  expect_form<Reason>("Q.850 ;cause=16;text=\"Normal \\\"clearing\\\"\"",
                      "Q.850;cause=16;text=\"Normal \\\"clearing\\\"\"");
  expect_form<Reason>("SIP", "SIP");
  expect_form<Event>("refer;id=93809824", "refer;id=93809824");
  expect_form<SubscriptionState>("terminated;reason=noresource", "terminated;reason=noresource");
  expect_form<RetryAfter>("18000;duration=3600", "18000;duration=3600");
  expect_form<RetryAfter>("120 (I'm in a (long) meeting)", "120");
  expect_form<Warning>("307 isi.edu \"Session parameter 'foo' not understood\"",
                       "307 isi.edu \"Session parameter 'foo' not understood\"");
  expect_form<MediaType>("application / sdp;charset=utf-8", "application/sdp;charset=utf-8");
}

TEST(Headers, RefuseNonsense) {
  EXPECT_FALSE(CSeq::parse("2147483648 INVITE"));
  EXPECT_FALSE(CSeq::parse("1"));
  EXPECT_FALSE(CSeq::parse("INVITE 1"));
  EXPECT_FALSE(SessionExpires::parse("soon"));
  EXPECT_FALSE(Replaces::parse("a;to-tag=b"));
  EXPECT_FALSE(RAck::parse("0 1 INVITE"));
  EXPECT_FALSE(RAck::parse("1 INVITE"));
  EXPECT_FALSE(RSeq::parse("0"));
  EXPECT_FALSE(Reason::parse("SIP;cause=x"));
  EXPECT_FALSE(Warning::parse("1812 overture \"In Progress\""));
  EXPECT_FALSE(Warning::parse("399 h no quotes"));
  EXPECT_FALSE(RetryAfter::parse("10 (open"));
  EXPECT_FALSE(MediaType::parse("application"));
}

TEST(Headers, Seconds) {
  EXPECT_EQ(parse_seconds(" 3600 "), 3600u);
  EXPECT_EQ(parse_seconds("3600;x=y"), 3600u);
  EXPECT_EQ(parse_seconds("99999999999999999999"), 0xffffffffu);
  EXPECT_FALSE(parse_seconds("-1"));
  EXPECT_FALSE(parse_seconds(""));
  EXPECT_EQ(SubscriptionState::parse("active;expires=60")->expires(), 60u);
}

TEST(Headers, ContactParameters) {
  const auto q = [](std::string_view text) { return contact_q(*NameAddr::parse(text)); };
  EXPECT_EQ(q("<sip:a>"), 1000);
  EXPECT_EQ(q("<sip:a>;q=0.7"), 700);
  EXPECT_EQ(q("<sip:a>;q=1.000"), 1000);
  EXPECT_EQ(q("<sip:a>;q=0"), 0);
  EXPECT_EQ(q("<sip:a>;q=0.001"), 1);
  for (const char* bad : {"<sip:a>;q", "<sip:a>;q=2", "<sip:a>;q=1.1", "<sip:a>;q=0.1234", "<sip:a>;q=0.x"})
    EXPECT_FALSE(q(bad)) << bad;
  EXPECT_EQ(contact_expires(*NameAddr::parse("<sip:a>;expires=30")), 30u);
  EXPECT_TRUE(is_contact_star(test::parsed(test::options("Contact: *\r\n"))));
  EXPECT_FALSE(test::parsed(test::options("Contact: *\r\n")).contact());
}

TEST(HeaderIds, EveryNameIsFoundInAnyCase) {
  for (std::size_t i = 1; i < header_id_count; ++i) {
    const auto id = static_cast<HeaderId>(i);
    std::string name(to_string(id));
    EXPECT_EQ(header_from(name), id);
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(header_from(name), id);
    name += 'x';
    EXPECT_EQ(header_from(name), HeaderId::other);
    name.resize(name.size() - 2);
    if (name.size() > 1) {  // "t" is To's compact form
      EXPECT_NE(header_from(name), id);
    }
  }
  EXPECT_EQ(header_from("Vib"), HeaderId::other);
  EXPECT_EQ(header_from(""), HeaderId::other);
  EXPECT_EQ(header_from("call\rid"), HeaderId::other);
  EXPECT_EQ(header_from(std::string(300, 'x')), HeaderId::other);
  EXPECT_EQ(method_from("REGISTER"), Method::register_);
  EXPECT_EQ(method_from("register"), Method::other);
}

}  // namespace
}  // namespace junctor::sip
