#include "rtp/sequence.hpp"

#include <gtest/gtest.h>

namespace junctor::rtp {
namespace {

TEST(Sequence, wraps) {
  EXPECT_TRUE(sequence_after(1, 0));
  EXPECT_TRUE(sequence_after(0, 65535));
  EXPECT_FALSE(sequence_after(65535, 0));
  EXPECT_FALSE(sequence_after(7, 7));
  EXPECT_EQ(sequence_distance(2, 65534), 4);
  EXPECT_TRUE(timestamp_after(5, 0xfffffff0u));
  EXPECT_EQ(timestamp_distance(0xfffffff0u, 5), -21);
}

TEST(Sequence, extends_to_the_nearest_cycle) {
  EXPECT_EQ(extend_sequence(65535, 0), 65536);
  EXPECT_EQ(extend_sequence(65536, 65535), 65535);
  EXPECT_EQ(extend_sequence(131070, 131080 & 0xffff), 131080);
  EXPECT_EQ(extend_sequence(-1, 0), 0);
}

}  // namespace
}  // namespace junctor::rtp
