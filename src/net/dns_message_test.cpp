#include "net/dns_message.hpp"

#include <gtest/gtest.h>
#include <string>

#include "net/test_dns.hpp"

namespace junctor::net {
namespace {

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(DnsMessage, AddressesOfAnAliasWithTheSmallestTtl) {
  const std::string message =
      test_dns::answer(test_dns::question("www.example.com", 1),
                       {test_dns::record("www.example.com", 5, 20, test_dns::name("host.example.com")),
                        test_dns::record("host.example.com", 1, 300, std::string("\xC0\x00\x02\x01", 4)),
                        test_dns::record("host.example.com", 1, 100, std::string("\xC0\x00\x02\x02", 4))});
  const DnsAnswer answer = parse_dns_answer(bytes_of(message), DnsType::a);
  EXPECT_EQ(answer.status, DnsStatus::ok);
  EXPECT_EQ(answer.ttl, seconds(20));
  EXPECT_EQ(answer.addresses, (std::vector{IpAddress::v4(192, 0, 2, 1), IpAddress::v4(192, 0, 2, 2)}));
  EXPECT_EQ(parse_dns_answer(bytes_of(message), DnsType::aaaa).status, DnsStatus::no_data);
}

TEST(DnsMessage, SrvWithACompressedTarget) {
  // The target is "sip" followed by a pointer to "example.com" inside the question.
  const std::string target = std::string("\x03sip\xC0", 5) + static_cast<char>(12 + 10);
  const std::string message =
      test_dns::answer(test_dns::question("_sip._udp.example.com", 33),
                       {test_dns::record("_sip._udp.example.com", 33, 60, test_dns::srv(10, 20, 5060, target)),
                        test_dns::record("_sip._udp.example.com", 33, 60, test_dns::srv(20, 0, 5062, {"\0", 1}))});
  const DnsAnswer answer = parse_dns_answer(bytes_of(message), DnsType::srv);
  ASSERT_EQ(answer.status, DnsStatus::ok);
  ASSERT_EQ(answer.srv.size(), 2u);
  EXPECT_EQ(answer.srv[0].priority, 10);
  EXPECT_EQ(answer.srv[0].weight, 20);
  EXPECT_EQ(answer.srv[0].port, 5060);
  EXPECT_EQ(answer.srv[0].target, "sip.example.com");
  EXPECT_EQ(answer.srv[1].target, "");
}

TEST(DnsMessage, Naptr) {
  const std::string message =
      test_dns::answer(test_dns::question("example.com", 35),
                       {test_dns::record("example.com", 35, 3600,
                                         test_dns::naptr(50, 60, "s", "SIP+D2U", "", "_sip._udp.example.com"))});
  const DnsAnswer answer = parse_dns_answer(bytes_of(message), DnsType::naptr);
  ASSERT_EQ(answer.naptr.size(), 1u);
  EXPECT_EQ(answer.naptr[0].order, 50);
  EXPECT_EQ(answer.naptr[0].preference, 60);
  EXPECT_EQ(answer.naptr[0].flags, "s");
  EXPECT_EQ(answer.naptr[0].service, "SIP+D2U");
  EXPECT_EQ(answer.naptr[0].regexp, "");
  EXPECT_EQ(answer.naptr[0].replacement, "_sip._udp.example.com");
}

TEST(DnsMessage, EveryTruncationFails) {
  const std::string message =
      test_dns::answer(test_dns::question("a.example", 33),
                       {test_dns::record("a.example", 33, 60, test_dns::srv(1, 1, 5060, test_dns::name("b.example")))});
  for (std::size_t length = 0; length < message.size(); ++length) {
    EXPECT_EQ(parse_dns_answer(bytes_of(message.substr(0, length)), DnsType::srv).status, DnsStatus::failed);
  }
}

TEST(DnsMessage, ANameThatPointsAtItselfFails) {
  std::string message = test_dns::answer(test_dns::question("x", 1), {});
  message[12] = '\xC0';
  message[13] = 12;
  EXPECT_EQ(parse_dns_answer(bytes_of(message), DnsType::a).status, DnsStatus::failed);
}

}  // namespace
}  // namespace junctor::net
