#include "sip/uri.hpp"

#include <gtest/gtest.h>
#include <string>

namespace junctor::sip {
namespace {

TEST(Uri, ReadsItsParts) {
  const auto u = Uri::parse("sips:alice;day=tue:secret@[2001:db8::1]:5061;transport=tcp;lr?Subject=hi&Priority=urgent");
  ASSERT_TRUE(u);
  EXPECT_EQ(u->scheme, "sips");
  EXPECT_EQ(u->user, "alice;day=tue");
  EXPECT_EQ(u->password, "secret");
  EXPECT_EQ(u->host, "[2001:db8::1]");
  EXPECT_EQ(u->port, 5061);
  EXPECT_EQ(u->params.get("TRANSPORT"), "tcp");
  EXPECT_EQ(u->params.get("lr"), "");
  EXPECT_EQ(u->header("priority"), "urgent");
  EXPECT_EQ(to_string(*u), "sips:alice;day=tue:secret@[2001:db8::1]:5061;transport=tcp;lr?Subject=hi&Priority=urgent");
  EXPECT_EQ(Uri::parse("sip:hub.example")->port_or_default(), 5060);
  EXPECT_EQ(Uri::parse("SIPS:hub.example")->port_or_default(), 5061);
  EXPECT_EQ(Uri::parse("sip:h:7")->port_or_default(), 7);
}

TEST(Uri, ReadsOtherSchemes) {
  const auto tel = Uri::parse("tel:+1-201-555-0123;phone-context=example.com");
  ASSERT_TRUE(tel);
  EXPECT_EQ(tel->user, "+1-201-555-0123");
  EXPECT_EQ(tel->params.get("phone-context"), "example.com");
  EXPECT_EQ(to_string(*tel), "tel:+1-201-555-0123;phone-context=example.com");
  const auto urn = Uri::parse("urn:service:sos");
  ASSERT_TRUE(urn);
  EXPECT_EQ(urn->opaque, "service:sos");
  EXPECT_EQ(to_string(*urn), "urn:service:sos");
}

TEST(Uri, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "sip",
                           "sip:",
                           "sip:@host",
                           "sip:a@",
                           "sip:a b@c",
                           "sip:a@b c",
                           "sip:a@b:",
                           "sip:a@b:0",
                           "sip:a@b:65536",
                           "sip:a@b;",
                           "sip:a@b;=x",
                           "sip:a@b;x=",
                           "sip:a@b?",
                           "sip:a@[::1",
                           "sip:a@[1.2.3.4]",
                           "sip:a@[::g]",
                           "sip:%4@b",
                           "sip:a%zz@b",
                           "sip:2001:db8::10",
                           "<sip:a@b>",
                           "sip:a@b>",
                           "tel:",
                           "tel:abcx",
                           ":x",
                           "1a:x",
                           "x:",
                           "x:a b",
                           "sip:a\"b@c",
                           "sip:a:p;w@c",
                           "sip:[2001:db8:::1]"}) {
    EXPECT_FALSE(Uri::parse(text)) << text;
  }
}

TEST(Uri, EquivalenceOfTheRfc) {
  const auto same = [](const char* a, const char* b) {
    const auto x = Uri::parse(a), y = Uri::parse(b);
    EXPECT_TRUE(x && y) << a << ' ' << b;
    EXPECT_EQ(equivalent(*x, *y), equivalent(*y, *x));
    return equivalent(*x, *y);
  };
  // The examples of RFC 3261 §19.1.4.
  EXPECT_TRUE(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
  EXPECT_TRUE(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
  EXPECT_TRUE(same("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"));
  EXPECT_TRUE(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                   "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
  EXPECT_TRUE(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                   "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
  EXPECT_FALSE(same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
  EXPECT_FALSE(same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
  EXPECT_FALSE(same("sip:carol@chicago.com;security=off", "sip:carol@chicago.com;security=on"));
  EXPECT_FALSE(same("sip:a%3Bb@c", "sip:a;b@c"));
  EXPECT_FALSE(same("sip:a@b", "sips:a@b"));
  EXPECT_TRUE(same("tel:+1-201-555-0123", "tel:+12015550123"));
  EXPECT_FALSE(same("tel:+12015550123", "tel:+12015550124"));
}

TEST(Uri, Escapes) {
  EXPECT_EQ(escape_user("a b@c;d"), "a%20b%40c%3Bd");
  EXPECT_EQ(unescape(escape_user("a b@c;d\xff")), "a b@c;d\xff");
  EXPECT_EQ(escape_header("12@h;to-tag=1&x"), "12%40h%3Bto-tag%3D1%26x");
  EXPECT_EQ(escape_param("a;b"), "a%3Bb");
  EXPECT_EQ(unescape("100%"), "100%");
  EXPECT_TRUE(Uri::parse("sip:" + escape_user("any \"thing\" <at> all?") + "@h"));
}

TEST(Params, SetsAndRemoves) {
  const Params p{";a=1;b;c=\"x;y\""};
  EXPECT_EQ(with_param(p, "B", "2"), ";a=1;b=2;c=\"x;y\"");
  EXPECT_EQ(with_param(p, "d", ""), ";a=1;b;c=\"x;y\";d");
  EXPECT_EQ(without_param(p, "a"), ";b;c=\"x;y\"");
  EXPECT_EQ(without_param({";a"}, "a"), "");
}

}  // namespace
}  // namespace junctor::sip
