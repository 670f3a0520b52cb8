#include "registrar/nonces.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <set>
#include <utility>

#include "registrar/test_setup.hpp"

namespace junctor::registrar {
namespace {

class NoncesTest : public testing::Test {
 protected:
  SeededRandom random{1};
  TimePoint now{seconds(1000)};
  Nonces nonces{seconds(300), 8, test_mac, random};
};

TEST_F(NoncesTest, EachNcCountsOnceAndOnlyUpward) {
  const std::string nonce = nonces.make(now);
  EXPECT_EQ(nonces.used(), 0u);
  EXPECT_EQ(nonces.use(nonce, 1, now), NonceResult::fresh);
  EXPECT_EQ(nonces.use(nonce, 1, now), NonceResult::replayed);
  EXPECT_EQ(nonces.use(nonce, 5, now), NonceResult::fresh);
  EXPECT_EQ(nonces.use(nonce, 4, now), NonceResult::replayed);
  EXPECT_EQ(nonces.use(nonce, 6, now), NonceResult::fresh);
}

TEST_F(NoncesTest, Expire) {
  const std::string nonce = nonces.make(now);
  EXPECT_EQ(nonces.use(nonce, 1, now + seconds(300)), NonceResult::fresh);
  EXPECT_EQ(nonces.use(nonce, 2, now + seconds(300) + nanoseconds(1)), NonceResult::stale);
}

TEST_F(NoncesTest, ForeignAndChangedOnesAreKnown) {
  EXPECT_EQ(nonces.use("", 1, now), NonceResult::foreign);
  EXPECT_EQ(nonces.use(std::string(64, '0'), 1, now), NonceResult::foreign);
  const std::string nonce = nonces.make(now);
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    std::string changed = nonce;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_EQ(nonces.use(changed, 1, now), NonceResult::foreign) << i;
  }
  Nonces other(seconds(300), 8, test_mac, random);  // after a restart
  EXPECT_EQ(other.use(nonce, 1, now), NonceResult::foreign);
}

TEST_F(NoncesTest, ForgettingNeverAllowsAReplay) {
  // Every nonce that was ever accepted is tried again and again while many others push it out of the table.
  std::deque<std::pair<std::string, std::uint32_t>> accepted;
  for (int i = 0; i < 500; ++i) {
    now += milliseconds(random.below(2000));
    const std::string nonce = nonces.make(now);
    ASSERT_EQ(nonces.use(nonce, 1, now), NonceResult::fresh) << "a nonce used at once is always good";
    accepted.emplace_back(nonce, 1);
    ASSERT_LE(nonces.used(), 8u);
    for (auto& [old, nc] : accepted) ASSERT_NE(nonces.use(old, nc, now), NonceResult::fresh);
    auto& [old, nc] = accepted[random.below(accepted.size())];
    if (nonces.use(old, nc + 1, now) == NonceResult::fresh) ++nc;
    if (accepted.size() > 40) accepted.pop_front();
  }
}

}  // namespace
}  // namespace junctor::registrar
