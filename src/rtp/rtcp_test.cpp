#include "rtp/rtcp.hpp"

#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace junctor::rtp {
namespace {

using Buffer = std::vector<std::uint8_t>;

Buffer compound() {
  Report report{.sender = true, .ssrc = 0x11223344, .info = {0x8899aabbccddeeff, 1000, 50, 8000}};
  report.blocks[report.block_count++] = {.ssrc = 7,
                                         .fraction_lost = 12,
                                         .cumulative_lost = -3,
                                         .highest_sequence = 65536 + 9,
                                         .jitter = 33,
                                         .lsr = 0xaabbccdd,
                                         .dlsr = 65536};
  Buffer out(200);
  CompoundWriter writer(out);
  writer.add_report(report);
  writer.add_cname(0x11223344, "abcdefgh");
  const std::array<std::uint32_t, 1> gone = {0x11223344};
  writer.add_bye(gone, "done");
  out.resize(writer.finish());
  return out;
}

TEST(Rtcp, what_is_built_is_read_back) {
  const Buffer bytes = compound();
  auto parsed = Compound::parse(bytes);
  ASSERT_TRUE(parsed);
  RtcpPacket packet;
  ASSERT_TRUE(parsed->next(packet));
  const auto report = parse_report(packet);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->sender);
  EXPECT_EQ(report->info, (SenderInfo{0x8899aabbccddeeff, 1000, 50, 8000}));
  ASSERT_EQ(report->block_count, 1);
  EXPECT_EQ(report->blocks[0].cumulative_lost, -3);
  EXPECT_EQ(report->blocks[0].dlsr, 65536u);
  ASSERT_TRUE(parsed->next(packet));
  const auto cname = parse_sdes(packet);
  ASSERT_TRUE(cname);
  EXPECT_EQ(cname->text, "abcdefgh");
  EXPECT_EQ(parse_bye(packet).error(), RtcpError::wrong_type);
  ASSERT_TRUE(parsed->next(packet));
  const auto bye = parse_bye(packet);
  ASSERT_TRUE(bye);
  EXPECT_EQ(bye->ssrcs[0], 0x11223344u);
  EXPECT_EQ(bye->reason, "done");
  EXPECT_FALSE(parsed->next(packet));
}

TEST(Rtcp, every_cut_is_refused_unless_it_falls_between_packets) {
  const Buffer bytes = compound();
  int whole = 0;
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    if (Compound::parse(Bytes(bytes).first(n))) ++whole;
  }
  EXPECT_EQ(whole, 2);
}

TEST(Rtcp, refuses_what_the_compound_rules_forbid) {
  const auto error = [](Buffer b) {
    const auto c = Compound::parse(b);
    return c ? -1 : static_cast<int>(c.error());
  };
  const auto is = [](RtcpError e) { return static_cast<int>(e); };
  const Buffer rr = {0x80, 201, 0, 1, 0, 0, 0, 1};
  EXPECT_EQ(error(rr), -1);
  Buffer b = rr;
  b[1] = 202;
  EXPECT_EQ(error(b), is(RtcpError::bad_first));
  b = rr;
  b[0] = 0x40;
  EXPECT_EQ(error(b), is(RtcpError::bad_version));
  b = rr;
  b[3] = 2;
  EXPECT_EQ(error(b), is(RtcpError::bad_length));
  b = rr;
  b.insert(b.end(), rr.begin(), rr.end());
  b[0] = 0xa0;  // padding in the first of two
  EXPECT_EQ(error(b), is(RtcpError::bad_padding));
  b = {0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4};
  EXPECT_EQ(error(b), -1);
  b.back() = 12;
  EXPECT_EQ(error(b), is(RtcpError::bad_padding));
}

TEST(Rtcp, counts_and_texts_may_not_pass_the_end) {
  const std::array<std::uint8_t, 8> body = {0, 0, 0, 1, 1, 9, 'x', 'y'};
  EXPECT_EQ(parse_sdes({.type = 202, .count = 1, .body = body}).error(), RtcpError::bad_body);
  EXPECT_EQ(parse_bye({.type = 203, .count = 3, .body = body}).error(), RtcpError::bad_body);
  EXPECT_EQ(parse_report({.type = 201, .count = 1, .body = body}).error(), RtcpError::bad_body);
  EXPECT_EQ(parse_report({.type = 200, .count = 0, .body = body}).error(), RtcpError::bad_body);
  EXPECT_EQ(parse_report({.type = 204, .count = 0, .body = body}).error(), RtcpError::wrong_type);
}

/// RFC 3611 §4.4, §4.5 and §4.7, byte for byte, and a block that we do not know between them.
const Buffer extended_report = {
    0x80, 207, 0,  20,                                                                   // header: 21 words
    0,    0,   0,  9,                                                                    // SSRC
    4,    0,   0,  2,  1,    2,    3,    4,  5,    6,    7,    8,                        // receiver reference time
    1,    0,   0,  1,  9,    9,    9,    9,                                              // loss RLE
    5,    0,   0,  3,  0,    0,    0,    7,  0xaa, 0xbb, 0xcc, 0xdd, 0,    1,   0,   0,  // DLRR
    7,    0,   0,  8,  0,    0,    0,    7,                                              // VoIP metrics
    12,   3,   40, 5,  0x01, 0x2c, 0x10, 0,  0,    80,   0,    60,   0xec, 127, 127, 16,
    91,   127, 44, 43, 0xf0, 0,    0,    40, 1,    0xf4, 1,    0xf4};

RtcpPacket packet_of(const Buffer& bytes) {
  return {.type = bytes[1], .count = 0, .body = Bytes(bytes).subspan(4)};
}

TEST(Rtcp, an_extended_report_is_read_as_the_rfc_lays_it_out) {
  const auto report = parse_extended_report(packet_of(extended_report));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->ssrc, 9u);
  EXPECT_EQ(report->reference_time, 0x0102030405060708u);
  ASSERT_EQ(report->dlrr_count, 1);
  EXPECT_EQ(report->dlrr[0], (Dlrr{7, 0xaabbccdd, 65536}));
  ASSERT_EQ(report->voip_count, 1);
  const VoipMetrics expected{.ssrc = 7,
                             .loss_rate = 12,
                             .discard_rate = 3,
                             .burst_density = 40,
                             .gap_density = 5,
                             .burst_ms = 300,
                             .gap_ms = 4096,
                             .round_trip_ms = 80,
                             .end_system_ms = 60,
                             .signal_level = 0xec,
                             .r_factor = 91,
                             .mos_listening = 44,
                             .mos_conversational = 43,
                             .receiver_config = 0xf0,
                             .jitter_nominal_ms = 40,
                             .jitter_max_ms = 500,
                             .jitter_absolute_max_ms = 500};
  EXPECT_EQ(report->voip[0], expected);

  Buffer out(200);
  CompoundWriter writer(out);
  writer.add_report({.ssrc = 9});
  writer.add_extended_report(*report);
  out.resize(writer.finish());
  ASSERT_EQ(out.size(), 8 + extended_report.size() - 8);  // the unknown block is not written
  EXPECT_EQ(parse_extended_report(packet_of({out.begin() + 8, out.end()})), report);
}

TEST(Rtcp, blocks_of_an_extended_report_may_not_pass_its_end_and_have_their_sizes) {
  for (std::size_t size = 5; size < extended_report.size(); size += 4) {
    const Buffer cut(extended_report.begin(), extended_report.begin() + static_cast<std::ptrdiff_t>(size / 4 * 4));
    const auto report = parse_extended_report(packet_of(cut));
    const bool between_blocks = cut.size() == 8 || cut.size() == 20 || cut.size() == 28 || cut.size() == 44;
    EXPECT_EQ(report.has_value(), between_blocks) << cut.size();
  }
  for (const std::size_t length : {std::size_t{11}, std::size_t{31}, std::size_t{47}}) {
    Buffer wrong = extended_report;
    --wrong[length];
    EXPECT_FALSE(parse_extended_report(packet_of(wrong))) << length;
  }
  EXPECT_EQ(parse_extended_report({.type = 201}).error(), RtcpError::wrong_type);
}

TEST(Rtcp, no_more_blocks_are_kept_than_there_is_room_for) {
  Buffer many = {0x80, 207, 0, 0, 0, 0, 0, 9};
  for (int i = 0; i < 10; ++i) {
    many.insert(many.end(), {5, 0, 0, 3, 0, 0, 0, static_cast<std::uint8_t>(i), 0, 0, 0, 1, 0, 0, 0, 1});
    many.insert(many.end(), {7, 0, 0, 8});
    many.insert(many.end(), 32, static_cast<std::uint8_t>(i));
  }
  const auto report = parse_extended_report(packet_of(many));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->dlrr_count, ExtendedReport::dlrr_max);
  EXPECT_EQ(report->voip_count, ExtendedReport::voip_max);
  EXPECT_EQ(report->dlrr.back().ssrc, ExtendedReport::dlrr_max - 1);
}

TEST(Rtcp, the_writer_says_when_something_does_not_fit) {
  std::array<std::uint8_t, 20> small{};
  CompoundWriter writer(small);
  writer.add_report({.ssrc = 1});
  EXPECT_EQ(writer.finish(), 8u);
  writer.add_cname(1, "too long for this");
  EXPECT_EQ(writer.finish(), 0u);
}

TEST(Ntp, counts_from_1900_and_spans_may_be_negative) {
  EXPECT_EQ(ntp_from_unix(nanoseconds(0)), 2208988800ull << 32);
  EXPECT_EQ(ntp_from_unix(milliseconds(1500)), (2208988801ull << 32) + 0x80000000ull);
  EXPECT_EQ(ntp_span(milliseconds(250)), std::int64_t{1} << 30);
  EXPECT_EQ(ntp_span(milliseconds(-250)), -(std::int64_t{1} << 30));
  EXPECT_EQ(ntp_middle(0x0001000200030004ull), 0x00020003u);
}

}  // namespace
}  // namespace junctor::rtp
