#include "registrar/guard.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace junctor::registrar {
namespace {

class Lines final : public Log {
 public:
  void write(LogLevel, std::string_view message, std::initializer_list<LogField> fields) override {
    std::string line(message);
    for (const LogField& field : fields) line += " " + std::string(field.key) + "=" + field.value;
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

IpAddress address(std::uint8_t last) {
  return IpAddress::v4(192, 0, 2, last);
}

class GuardTest : public testing::Test {
 protected:
  Lines log;
  Counters counters;
  TimePoint now{seconds(1000)};
  GuardSettings settings;
};

TEST_F(GuardTest, BlocksAfterTooManyFailuresWithinAMinute) {
  Guard guard(settings, log, counters);
  for (int i = 0; i < 20; ++i) guard.on_failure(address(1), now);
  EXPECT_FALSE(guard.drops(address(1), "phone", now));
  guard.on_failure(address(1), now);
  EXPECT_TRUE(guard.drops(address(1), "phone", now));
  EXPECT_FALSE(guard.drops(address(2), "phone", now));
  EXPECT_TRUE(guard.drops(address(1), "phone", now + seconds(299)));
  ASSERT_EQ(guard.blocked(now).size(), 1u);
  EXPECT_EQ(guard.blocked(now)[0].dropped, 2u);
  EXPECT_EQ(guard.blocked(now)[0].left, seconds(300));
  EXPECT_FALSE(guard.drops(address(1), "phone", now + seconds(300)));
  EXPECT_TRUE(guard.blocked(now + seconds(300)).empty());
  EXPECT_EQ(log.lines, (std::vector<std::string>{"address blocked address=192.0.2.1 why=failures"}));
}

TEST_F(GuardTest, AMinuteLaterFailuresAreForgotten) {
  Guard guard(settings, log, counters);
  for (int i = 0; i < 20; ++i) guard.on_failure(address(1), now);
  now += seconds(60);
  for (int i = 0; i < 20; ++i) guard.on_failure(address(1), now);
  EXPECT_FALSE(guard.drops(address(1), "phone", now));
}

TEST_F(GuardTest, KnowsScannersByTheirName) {
  Guard guard(settings, log, counters);
  EXPECT_FALSE(guard.drops(address(1), "", now));
  EXPECT_TRUE(guard.drops(address(1), "Friendly-Scanner 1.2", now));
  EXPECT_TRUE(guard.drops(address(1), "phone", now));  // the address, from now on
  EXPECT_TRUE(guard.blocked(now)[0].scanner);
  EXPECT_EQ(log.lines, (std::vector<std::string>{"address blocked address=192.0.2.1 why=scanner"}));
}

TEST_F(GuardTest, SourcesOfTrunksAreExempt) {
  Guard guard(settings, log, counters);
  guard.set_exempt({*Network::parse("192.0.2.0/28")});
  for (int i = 0; i < 100; ++i) guard.on_failure(address(1), now);
  EXPECT_FALSE(guard.drops(address(1), "sipcli", now));
  EXPECT_EQ(guard.size(), 0u);
}

TEST_F(GuardTest, TheTableIsBounded) {
  settings.addresses_max = 10;
  Guard guard(settings, log, counters);
  for (std::uint8_t i = 0; i < 100; ++i) guard.on_failure(address(i), now);
  EXPECT_EQ(guard.size(), 10u);
  EXPECT_EQ(counters.get("guard_table_full").value(), 90u);
  guard.on_failure(address(200), now + seconds(61));
  EXPECT_EQ(guard.size(), 1u);
  for (std::uint8_t i = 0; i < 9; ++i) EXPECT_TRUE(guard.drops(address(i), "sipvicious", now + seconds(62)));
  EXPECT_TRUE(guard.drops(address(99), "sipvicious", now + seconds(62)));  // dropped though not remembered
  EXPECT_EQ(guard.size(), 10u);
}

TEST_F(GuardTest, ZeroMeansNever) {
  settings.failures_max = 0;
  settings.scanner_agents = {""};
  Guard guard(settings, log, counters);
  for (int i = 0; i < 1000; ++i) guard.on_failure(address(1), now);
  EXPECT_FALSE(guard.drops(address(1), "anything", now));
}

}  // namespace
}  // namespace junctor::registrar
