#include "rtp/packet.hpp"

#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace junctor::rtp {
namespace {

using Buffer = std::vector<std::uint8_t>;

const Buffer plain = {0x80, 0x88, 0x12, 0x34, 0, 0, 0, 160, 0xca, 0xfe, 0xba, 0xbe, 1, 2, 3};

TEST(RtpPacket, fixed_header) {
  const auto p = parse_packet(plain);
  ASSERT_TRUE(p);
  EXPECT_TRUE(p->marker);
  EXPECT_EQ(p->payload_type, 8);
  EXPECT_EQ(p->sequence, 0x1234);
  EXPECT_EQ(p->timestamp, 160u);
  EXPECT_EQ(p->ssrc, 0xcafebabeu);
  EXPECT_EQ(p->payload.size(), 3u);
  EXPECT_TRUE(p->csrcs.empty());
}

TEST(RtpPacket, csrcs_extension_and_padding_are_stepped_over) {
  const Buffer bytes = {0xb2, 0,    0, 1, 0,    0,    0, 0, 0, 0, 0, 9,  // V=2 P X CC=2
                        0,    0,    0, 1, 0,    0,    0, 2,              // CSRCs
                        0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0,              // extension
                        7,    7,    0, 2};                               // payload, two bytes of padding
  const auto p = parse_packet(bytes);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->csrcs.size(), 8u);
  EXPECT_EQ(p->extension_profile, 0xbede);
  EXPECT_EQ(p->extension.size(), 4u);
  EXPECT_EQ(p->payload.size(), 2u);
  EXPECT_EQ(p->padding, 2);
  std::array<std::uint8_t, 100> out{};
  const std::size_t size = write_packet(*p, out);
  EXPECT_EQ(Buffer(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)), bytes);
}

TEST(RtpPacket, refuses_what_is_cut_or_contradicts_itself) {
  const auto error = [](Buffer bytes) {
    const auto p = parse_packet(bytes);
    return p ? -1 : static_cast<int>(p.error());
  };
  const auto is = [](PacketError e) { return static_cast<int>(e); };
  for (std::size_t n = 0; n < fixed_header_size; ++n) {
    EXPECT_EQ(error(Buffer(plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(n))), is(PacketError::too_short));
  }
  Buffer b = plain;
  b[0] = 0x40;
  EXPECT_EQ(error(b), is(PacketError::bad_version));
  b[0] = 0x81;
  EXPECT_EQ(error(b), is(PacketError::bad_csrc));
  b[0] = 0x90;
  EXPECT_EQ(error(b), is(PacketError::bad_extension));
  b.insert(b.end(), 1, 0);
  b[14] = 0, b[15] = 1;  // one word of extension announced, none there
  EXPECT_EQ(error(b), is(PacketError::bad_extension));
  b = plain;
  b[0] = 0xa0;
  b.back() = 4;  // more padding than there is
  EXPECT_EQ(error(b), is(PacketError::bad_padding));
  b.back() = 0;
  EXPECT_EQ(error(b), is(PacketError::bad_padding));
  b.resize(fixed_header_size);
  EXPECT_EQ(error(b), is(PacketError::bad_padding));
}

TEST(RtpPacket, is_not_written_where_it_does_not_fit_or_is_out_of_range) {
  auto p = parse_packet(plain);
  ASSERT_TRUE(p);
  std::array<std::uint8_t, 14> small{};
  EXPECT_EQ(write_packet(*p, small), 0u);
  std::array<std::uint8_t, 100> out{};
  p->payload_type = 128;
  EXPECT_EQ(write_packet(*p, out), 0u);
}

TEST(RtpPacket, rtcp_is_told_apart_by_its_second_byte) {
  EXPECT_TRUE(looks_like_rtcp(Buffer{0x80, 200}));
  EXPECT_TRUE(looks_like_rtcp(Buffer{0x81, 203}));
  EXPECT_FALSE(looks_like_rtcp(plain));
  EXPECT_FALSE(looks_like_rtcp(Buffer{0x80, 0x80 | 101}));
  EXPECT_FALSE(looks_like_rtcp(Buffer{0x80}));
}

}  // namespace
}  // namespace junctor::rtp
