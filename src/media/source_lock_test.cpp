#include "media/source_lock.hpp"

#include <gtest/gtest.h>

namespace junctor::media {
namespace {

using Verdict = SourceLock::Verdict;

const Address phone{IpAddress::v4(192, 0, 2, 1), 4000};
const Address nat{IpAddress::v4(198, 51, 100, 1), 61000};
const Address stranger{IpAddress::v4(203, 0, 113, 66), 666};

struct Source {
  SourceLock& lock;
  Address address;
  std::uint32_t ssrc = 1;
  std::uint16_t sequence = 0;
  Verdict send(TimePoint now) { return lock.on_packet(address, ssrc, sequence++, true, now); }
};

struct SourceLockTest : testing::Test {
  void SetUp() override { lock.set_signalled(phone); }
  /// One packet of each, in turn, every 20 ms.
  void all(std::initializer_list<Source*> sources, int rounds) {
    for (int i = 0; i < rounds; ++i, now += milliseconds(20)) {
      for (Source* s : sources) s->send(now);
    }
  }
  SourceLock lock;
  TimePoint now{seconds(100)};
  Source from_phone{lock, phone};
  Source from_nat{lock, nat};
  Source from_stranger{lock, stranger};
};

TEST_F(SourceLockTest, the_signalled_address_is_heard_at_once_and_locks) {
  for (int i = 1; i < SourceLock::packets_to_lock; ++i) EXPECT_EQ(from_phone.send(now), Verdict::accepted);
  EXPECT_FALSE(lock.locked());
  EXPECT_EQ(from_phone.send(now), Verdict::locked);
  EXPECT_EQ(from_phone.send(now), Verdict::accepted);
  EXPECT_EQ(lock.target(), phone);
}

TEST_F(SourceLockTest, behind_a_nat_the_real_address_locks_after_probation) {
  for (int i = 1; i < SourceLock::packets_to_lock; ++i) {
    EXPECT_EQ(from_nat.send(now), Verdict::stranger);
    EXPECT_EQ(lock.target(), phone);
  }
  EXPECT_EQ(from_nat.send(now), Verdict::locked);
  EXPECT_EQ(lock.target(), nat);
}

TEST_F(SourceLockTest, probation_wants_one_address_in_sequence_and_a_negotiated_type) {
  all({&from_nat, &from_stranger}, 50);
  EXPECT_FALSE(lock.locked());
  for (std::uint16_t s = 0; s < 100; s = static_cast<std::uint16_t>(s + 2)) lock.on_packet(nat, 1, s, true, now);
  EXPECT_FALSE(lock.locked());
  for (std::uint16_t s = 0; s < 100; ++s) lock.on_packet(nat, 1, s, false, now);
  EXPECT_FALSE(lock.locked());
}

TEST_F(SourceLockTest, two_addresses_do_not_share_a_probation) {
  for (std::uint16_t s = 0; s < 100; ++s) {
    EXPECT_EQ(lock.on_packet(s % 2 == 0 ? nat : stranger, 1, s, true, now), Verdict::stranger);
  }
}

TEST_F(SourceLockTest, a_stranger_with_the_right_ssrc_and_sequence_does_not_steal_a_live_stream) {
  all({&from_nat}, 10);
  ASSERT_EQ(lock.target(), nat);
  for (int i = 0; i < 500; ++i, now += milliseconds(20)) {
    from_stranger.sequence = from_nat.sequence;
    EXPECT_EQ(from_stranger.send(now), Verdict::stranger);
    EXPECT_EQ(from_stranger.send(now), Verdict::stranger);
    EXPECT_EQ(from_nat.send(now), Verdict::accepted);
  }
  EXPECT_EQ(lock.target(), nat);
}

TEST_F(SourceLockTest, a_stranger_does_not_lock_while_the_signalled_address_sends) {
  // Three strange packets for each of the phone's: never four in a row.
  all({&from_phone, &from_stranger, &from_stranger, &from_stranger}, 2);
  EXPECT_FALSE(lock.locked());
  all({&from_phone, &from_stranger, &from_stranger, &from_stranger}, 2);
  EXPECT_TRUE(lock.locked());
  EXPECT_EQ(lock.target(), phone);
}

TEST_F(SourceLockTest, the_signalled_address_takes_the_lock_back_from_who_came_first) {
  all({&from_stranger}, 10);
  ASSERT_EQ(lock.target(), stranger);
  all({&from_stranger, &from_phone}, SourceLock::packets_to_lock);
  EXPECT_EQ(lock.target(), phone);
  EXPECT_EQ(from_stranger.send(now), Verdict::stranger);
}

TEST_F(SourceLockTest, two_seconds_of_silence_open_the_lock) {
  all({&from_phone}, 10);
  now += milliseconds(1900);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(from_nat.send(now), Verdict::stranger);
  EXPECT_EQ(lock.target(), phone);
  now += milliseconds(200);
  for (int i = 0; i < 3; ++i) from_nat.send(now);
  EXPECT_EQ(from_nat.send(now), Verdict::locked);
  EXPECT_EQ(lock.target(), nat);
}

TEST_F(SourceLockTest, after_silence_the_old_source_is_back_with_its_first_packet) {
  all({&from_nat}, 10);
  now += seconds(10);
  EXPECT_EQ(from_nat.send(now), Verdict::accepted);
  EXPECT_TRUE(lock.locked());
}

TEST_F(SourceLockTest, only_another_signalled_address_releases_it) {
  all({&from_nat}, 10);
  lock.set_signalled(phone);
  EXPECT_TRUE(lock.locked());
  EXPECT_EQ(lock.target(), nat);
  const Address moved{IpAddress::v4(192, 0, 2, 9), 5000};
  lock.set_signalled(moved);
  EXPECT_FALSE(lock.locked());
  EXPECT_EQ(lock.target(), moved);
  EXPECT_EQ(from_nat.send(now), Verdict::stranger);
}

TEST_F(SourceLockTest, with_no_address_known_the_first_to_pass_probation_is_it) {
  lock.set_signalled({});
  EXPECT_FALSE(lock.target());
  all({&from_nat}, SourceLock::packets_to_lock);
  EXPECT_EQ(lock.target(), nat);
}

}  // namespace
}  // namespace junctor::media
