#include "transport/names.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace junctor::transport {
namespace {

constexpr TimePoint now{seconds(1000)};

struct NamesTest : testing::Test, Resolver {
  bool start(QueryId id, RecordType, std::string_view name) override {
    if (full) return false;
    asked.emplace_back(id, std::string(name));
    return true;
  }
  Answer found(seconds ttl = seconds(60)) const {
    return {AnswerStatus::found, {{.ttl = ttl, .ip = IpAddress::v4(192, 0, 2, 7)}}};
  }

  std::vector<std::pair<QueryId, std::string>> asked;
  bool full = false;
  Counters counters;
  Names names{*this, counters, 4};
};

TEST_F(NamesTest, OneQuestionForAllWhoWait) {
  EXPECT_EQ(names.find(RecordType::a, "Example.com", 1, now), nullptr);
  EXPECT_EQ(names.find(RecordType::a, "example.COM", 2, now), nullptr);
  EXPECT_EQ(names.find(RecordType::a, "example.com", 1, now), nullptr);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(names.find(RecordType::aaaa, "example.com", 3, now), nullptr);
  EXPECT_EQ(asked.size(), 2u);
  EXPECT_EQ(names.on_resolved(asked[0].first, found(), now), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(names.on_resolved(asked[0].first, found(), now).empty()) << "an answer counts once";
  ASSERT_NE(names.find(RecordType::a, "example.com", 1, now), nullptr);
  EXPECT_EQ(asked.size(), 2u);
}

TEST_F(NamesTest, AnswersLiveAsLongAsTheySayWithinReason) {
  const auto lives = [&](const Answer& answer) {
    static int n = 0;
    const std::string name = std::to_string(++n) + ".example.com";
    EXPECT_EQ(names.find(RecordType::a, name, 1, now), nullptr);
    names.on_resolved(asked.back().first, answer, now);
    int alive = 0;
    const std::size_t before = asked.size();
    for (seconds after{0}; after <= seconds(4000); after += seconds(1)) {
      if (names.find(RecordType::a, name, 1, now + after) == nullptr) break;
      ++alive;
    }
    EXPECT_EQ(asked.size(), before + 1);
    return alive;
  };
  EXPECT_EQ(lives(found(seconds(60))), 60);
  EXPECT_EQ(lives(found(seconds(0))), ttl_min.count());
  EXPECT_EQ(lives(found(seconds(86400))), ttl_max.count());
  EXPECT_EQ(lives({AnswerStatus::no_such_name, {}}), ttl_negative.count());
  EXPECT_EQ(lives({AnswerStatus::failed, {}}), ttl_failed.count());
  EXPECT_EQ(counters.get("dns_failed").value(), 1u);
}

TEST_F(NamesTest, AFullResolverIsAFailedAnswer) {
  full = true;
  const auto* const records = names.find(RecordType::a, "example.com", 1, now);
  ASSERT_NE(records, nullptr);
  EXPECT_TRUE(records->empty());
}

TEST_F(NamesTest, TheCacheIsBounded) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(names.find(RecordType::a, std::to_string(i), 1, now), nullptr);
    names.on_resolved(asked.back().first, found(), now);
  }
  int kept = 0;
  full = true;
  for (int i = 9; i >= 0; --i) {
    const auto* const records = names.find(RecordType::a, std::to_string(i), 1, now);
    kept += records != nullptr && !records->empty();
  }
  EXPECT_LE(kept, 4);
  EXPECT_GE(kept, 1);
}

}  // namespace
}  // namespace junctor::transport
