// RTCP of a leg, through the worker.
#include "media/rtcp_link.hpp"

#include <gtest/gtest.h>
#include <set>

#include "media/worker_fixture.hpp"

namespace junctor::media {
namespace {

struct RtcpTest : testing::Test, WorkerFixture {
  Speaker alice{.address = address(1, 4000)};
  Address alice_rtcp = address(1, 4001);
  PortId a, b;

  void SetUp() override {
    a = open(0, alice.address);
    b = open(1, address(2, 4000));
    command(Join{.a = a, .b = b});
  }

  void receive_rtcp(PortId port, const Address& from, const rtp::Report& report, Channel channel = Channel::rtcp) {
    std::array<std::uint8_t, 200> bytes;
    rtp::CompoundWriter writer(bytes);
    writer.add_report(report);
    writer.add_cname(report.ssrc, "far");
    receive_bytes(port, from, {bytes.data(), writer.finish()}, channel);
  }
  static rtp::Report report_in(const Datagram& d) {
    auto compound = rtp::Compound::parse(d.bytes).value();
    rtp::RtcpPacket packet;
    compound.next(packet);
    return rtp::parse_report(packet).value();
  }
  static std::optional<rtp::ExtendedReport> extended_in(const Datagram& d) {
    auto compound = rtp::Compound::parse(d.bytes).value();
    rtp::RtcpPacket packet;
    while (compound.next(packet))
      if (const auto report = rtp::parse_extended_report(packet)) return *report;
    return std::nullopt;
  }
  void receive_extended(PortId port, const Address& from, const rtp::ExtendedReport& extended) {
    std::array<std::uint8_t, 300> bytes;
    rtp::CompoundWriter writer(bytes);
    writer.add_report({.ssrc = extended.ssrc});
    writer.add_extended_report(extended);
    receive_bytes(port, from, {bytes.data(), writer.finish()}, Channel::rtcp);
  }
  static bool has_bye(const Datagram& d) {
    auto compound = rtp::Compound::parse(d.bytes).value();
    rtp::RtcpPacket packet;
    bool bye = false;
    while (compound.next(packet)) bye = bye || rtp::parse_bye(packet).has_value();
    return bye;
  }
};

TEST_F(RtcpTest, reports_go_out_about_every_five_seconds_from_the_rtcp_socket_to_the_next_port) {
  pass(seconds(100));
  const auto reports = rtcp_from(a);
  EXPECT_GE(reports.size(), 15u);
  EXPECT_LE(reports.size(), 28u);
  std::set<std::int64_t> gaps;
  for (std::size_t i = 1; i < reports.size(); ++i) {
    const auto gap = reports[i].time - reports[i - 1].time;
    EXPECT_GE(gap, milliseconds(2500));
    EXPECT_LE(gap, milliseconds(7501));
    gaps.insert(gap.count());
  }
  EXPECT_GT(gaps.size(), 10u);
  EXPECT_EQ(reports[0].to, alice_rtcp);
  EXPECT_EQ(reports[0].tag, make_tag(0, Channel::rtcp));
  EXPECT_FALSE(report_in(reports[0]).sender);  // nothing was sent
  EXPECT_EQ(events_of<Stats>().size(), reports.size() + rtcp_from(b).size());
}

TEST_F(RtcpTest, the_reports_address_is_that_of_the_sdp_until_one_was_heard) {
  SetRemote r = remote(a, alice.address, formats({pcma()}));
  r.rtcp = address(1, 9999);
  command(r);
  pass(seconds(10));
  EXPECT_EQ(rtcp_from(a).back().to, address(1, 9999));
  receive_rtcp(a, address(1, 7777), {.ssrc = 1});
  pass(seconds(10));
  EXPECT_EQ(rtcp_from(a).back().to, address(1, 7777));
}

TEST_F(RtcpTest, what_was_heard_before_a_reinvite_to_another_address_is_forgotten) {
  receive_rtcp(a, address(1, 7777), {.ssrc = 1});
  command(remote(a, address(5, 5000), formats({pcma()})));
  pass(seconds(10));
  EXPECT_EQ(rtcp_from(a).back().to, address(5, 5001));
}

TEST_F(RtcpTest, rtcp_from_elsewhere_is_not_believed) {
  speak(a, alice, 10);
  receive_rtcp(a, address(66, 4001), {.ssrc = 1});
  EXPECT_EQ(stats(a).drop(Drop::stranger), 1u);
  pass(seconds(10));
  EXPECT_EQ(rtcp_from(a).back().to, alice_rtcp);
  receive_bytes(a, alice_rtcp, std::vector<std::uint8_t>{0x80, 202, 0, 0}, Channel::rtcp);
  EXPECT_EQ(stats(a).drop(Drop::malformed_rtcp), 1u);
}

TEST_F(RtcpTest, with_rtcp_mux_both_use_the_rtp_socket) {
  SetRemote r = remote(a, alice.address, formats({pcma()}));
  r.rtcp_mux = true;
  command(r);
  pass(seconds(10));
  const auto reports = rtcp_from(a);
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.back().to, alice.address);
  EXPECT_EQ(reports.back().tag, make_tag(0, Channel::rtp));
  receive_rtcp(a, alice.address, {.ssrc = 1}, Channel::rtp);
  EXPECT_EQ(stats(a).drop(Drop::malformed), 0u);
  EXPECT_EQ(stats(a).drop(Drop::malformed_rtcp), 0u);
}

TEST_F(RtcpTest, our_reception_is_in_the_report_block) {
  for (int i = 0; i < 600; ++i) {
    if (i % 10 == 9) {
      alice.sequence++;  // lost
      alice.timestamp += 160;
    }
    speak(a, alice);
  }
  const auto report = report_in(rtcp_from(a).back());
  ASSERT_EQ(report.block_count, 1);
  EXPECT_EQ(report.blocks[0].ssrc, alice.ssrc);
  EXPECT_NEAR(report.blocks[0].fraction_lost, 256 / 11, 4);
  EXPECT_GT(report.blocks[0].cumulative_lost, 20);
  EXPECT_EQ(report.blocks[0].lsr, 0u);
  pass(seconds(20));
  EXPECT_EQ(report_in(rtcp_from(a).back()).block_count, 0);  // nothing came
}

TEST_F(RtcpTest, last_sender_report_and_delay_are_echoed) {
  speak(a, alice);
  receive_rtcp(a, alice_rtcp, {.sender = true, .ssrc = alice.ssrc, .info = {.ntp = 0x1122334455667788}});
  const TimePoint heard = now;
  sent.clear();
  for (int i = 0; i < 1000 && rtcp_from(a).empty(); ++i) speak(a, alice);
  const auto report = report_in(rtcp_from(a).back());
  ASSERT_EQ(report.block_count, 1);
  EXPECT_EQ(report.blocks[0].lsr, 0x33445566u);
  const double expected = std::chrono::duration<double>(rtcp_from(a).back().time - heard).count() * 65536;
  EXPECT_NEAR(report.blocks[0].dlsr, expected, 2);
}

TEST_F(RtcpTest, sender_reports_map_the_sources_clock_through_the_rewrite) {
  // The source samples at t: timestamp 5000 + 8000 t, NTP 1000 s + t. Whatever the report's time, what it says must
  // lie on that line, in rewritten timestamps.
  const TimePoint start = now;
  const std::uint32_t first_timestamp = alice.timestamp;
  const std::uint64_t first_ntp = std::uint64_t{1000} << 32;
  const auto source_report = [&] {
    receive_rtcp(a, alice_rtcp,
                 {.sender = true,
                  .ssrc = alice.ssrc,
                  .info = {.ntp = first_ntp + static_cast<std::uint64_t>(rtp::ntp_span(now - start)),
                           .timestamp = first_timestamp + timestamp_units(now - start, 8000)}});
  };
  speak(a, alice, 50);
  command(Leave{.id = a});  // a gap, so that the rewrite is not the first one
  speak(a, alice, 50);
  command(Join{.a = a, .b = b});
  speak(a, alice, 3);
  source_report();
  const std::uint32_t offset = rtp_from(b).back().packet().timestamp - (alice.timestamp - 160);
  sent.clear();
  speak(a, alice, 1500);
  const auto reports = rtcp_from(b);
  ASSERT_GE(reports.size(), 4u);
  for (const Datagram& d : reports) {
    const auto report = report_in(d);
    ASSERT_TRUE(report.sender);
    const double source_s = static_cast<double>(report.info.ntp - first_ntp) / 4294967296.0;
    EXPECT_NEAR(source_s, std::chrono::duration<double>(d.time - start).count(), 1e-6);
    const auto units = static_cast<std::int32_t>(report.info.timestamp - offset - first_timestamp);
    EXPECT_NEAR(units, source_s * 8000, 1.01);
  }
  const auto last = report_in(reports.back());
  EXPECT_EQ(last.ssrc, stats(b).ssrc_out);
  EXPECT_EQ(last.info.octets, last.info.packets * 160);
}

TEST_F(RtcpTest, without_the_sources_report_our_own_clock_is_used) {
  speak(a, alice, 400);
  const auto reports = rtcp_from(b);
  ASSERT_FALSE(reports.empty());
  const auto report = report_in(reports.back());
  ASSERT_TRUE(report.sender);
  const auto wall = milliseconds(1700000000000) + (reports.back().time - TimePoint(hours(1)));
  EXPECT_NEAR(static_cast<double>(static_cast<std::int64_t>(report.info.ntp - rtp::ntp_from_unix(wall))) / 4294967296.0,
              0, 0.0011);
  const Datagram* before = nullptr;
  const auto out = rtp_from(b);
  for (const Datagram& d : out) {
    if (d.time <= reports.back().time) before = &d;
  }
  EXPECT_EQ(report.info.timestamp,
            before->packet().timestamp + timestamp_units(reports.back().time - before->time, 8000));
}

TEST_F(RtcpTest, the_clock_of_an_earlier_ssrc_says_nothing_about_the_next) {
  speak(a, alice, 10);
  receive_rtcp(a, alice_rtcp, {.sender = true, .ssrc = alice.ssrc, .info = {.ntp = 1, .timestamp = 1}});
  alice.ssrc = 500;
  sent.clear();
  for (int i = 0; i < 1000 && rtcp_from(b).empty(); ++i) speak(a, alice);
  const auto reports = rtcp_from(b);
  ASSERT_FALSE(reports.empty());
  EXPECT_GT(report_in(reports[0]).info.ntp >> 32, 3000000000u);  // our wall clock's, not the report's
}

TEST_F(RtcpTest, an_answer_to_another_report_gives_no_round_trip_time) {
  speak(a, alice, 500);
  rtp::Report answer{.ssrc = 2};
  answer.blocks[answer.block_count++] = {.ssrc = stats(b).ssrc_out, .lsr = 12345, .dlsr = 1};
  receive_rtcp(b, address(2, 4001), answer);
  EXPECT_LT(stats(b).rtt_ms, 0);
}

TEST_F(RtcpTest, remote_loss_jitter_and_round_trip_time_are_read) {
  speak(a, alice, 400);
  sent.clear();
  while (rtcp_from(b).empty()) speak(a, alice);
  const auto ours = report_in(rtcp_from(b).back());
  const TimePoint sent_at = rtcp_from(b).back().time;
  pass(sent_at + milliseconds(580) - now);  // 80 ms on the way, 500 ms held
  rtp::Report answer{.ssrc = 2};
  answer.blocks[answer.block_count++] = {.ssrc = ours.ssrc,
                                         .fraction_lost = 64,
                                         .cumulative_lost = 17,
                                         .jitter = 40,
                                         .lsr = rtp::ntp_middle(ours.info.ntp),
                                         .dlsr = 32768};
  receive_rtcp(b, address(2, 4001), answer);
  const PortStats s = stats(b);
  EXPECT_FLOAT_EQ(s.remote_loss, 0.25f);
  EXPECT_EQ(s.remote_lost, 17u);
  EXPECT_FLOAT_EQ(s.remote_jitter_ms, 5.0f);
  EXPECT_NEAR(s.rtt_ms, 80, 0.1);
  EXPECT_LT(stats(a).rtt_ms, 0);
}

TEST_F(RtcpTest, our_reception_is_in_the_extended_report_too) {
  for (int i = 0; i < 600; ++i) {
    if (i % 10 == 9) {
      alice.sequence++;  // lost
      alice.timestamp += 160;
    }
    speak(a, alice);
  }
  const auto report = extended_in(rtcp_from(a).back());
  ASSERT_TRUE(report);
  ASSERT_EQ(report->voip_count, 1);
  const rtp::VoipMetrics& m = report->voip[0];
  EXPECT_EQ(m.ssrc, alice.ssrc);
  EXPECT_NEAR(m.loss_rate, 256 / 11, 2);
  EXPECT_EQ(m.discard_rate, 0);
  EXPECT_EQ(m.gap_density, m.loss_rate);
  EXPECT_NEAR(m.mos_listening, 34, 4);
  EXPECT_LE(m.mos_conversational, m.mos_listening);
  EXPECT_NEAR(static_cast<std::int8_t>(m.signal_level), -9, 2);  // of code 0 in A-law
  EXPECT_EQ(m.receiver_config, 0);                               // relayed: played elsewhere
}

TEST_F(RtcpTest, who_only_listens_learns_the_round_trip_by_a_receiver_reference_time) {
  pass(seconds(10));  // nothing was sent to alice
  const Datagram ours = rtcp_from(a).back();
  const auto report = extended_in(ours);
  ASSERT_TRUE(report);
  ASSERT_NE(report->reference_time, 0u);
  pass(ours.time + milliseconds(330) - now);  // 80 ms on the way, 250 ms held
  rtp::ExtendedReport answer{.ssrc = alice.ssrc, .dlrr_count = 2};
  answer.dlrr[0] = {.ssrc = report->ssrc + 1, .lrr = 1, .dlrr = 0};  // somebody else's
  answer.dlrr[1] = {.ssrc = report->ssrc, .lrr = rtp::ntp_middle(report->reference_time), .dlrr = 16384};
  receive_extended(a, alice_rtcp, answer);
  EXPECT_NEAR(stats(a).rtt_ms, 80, 0.1);
  EXPECT_NEAR(stats(a).delay_ms, 40, 0.1);
}

TEST_F(RtcpTest, a_receiver_reference_time_is_answered) {
  receive_extended(a, alice_rtcp, {.ssrc = 77, .reference_time = 0x1122334455667788});
  const TimePoint heard = now;
  sent.clear();
  pass(seconds(10));
  const Datagram first = rtcp_from(a).front();
  const auto report = extended_in(first);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->dlrr_count, 1);
  EXPECT_EQ(report->dlrr[0].ssrc, 77u);
  EXPECT_EQ(report->dlrr[0].lrr, 0x33445566u);
  EXPECT_NEAR(report->dlrr[0].dlrr, std::chrono::duration<double>(first.time - heard).count() * 65536, 2);
}

TEST_F(RtcpTest, what_the_far_end_hears_is_read_from_its_voip_metrics) {
  speak(a, alice, 10);
  EXPECT_EQ(stats(b).remote_mos, 0);
  rtp::ExtendedReport report{.ssrc = 2, .voip_count = 2};
  report.voip[0] = {.ssrc = 4711, .mos_listening = 10};  // of another stream
  report.voip[1] = {.ssrc = stats(b).ssrc_out, .end_system_ms = 65, .signal_level = 0xe8, .mos_listening = 41};
  receive_extended(b, address(2, 4001), report);
  EXPECT_FLOAT_EQ(stats(b).remote_mos, 4.1f);
  EXPECT_EQ(stats(b).remote_level_dbm0, -24.0f);
  report.voip[1].signal_level = report.voip[1].mos_listening = rtp::VoipMetrics::unavailable;
  receive_extended(b, address(2, 4001), report);
  EXPECT_EQ(stats(b).remote_mos, 0);
  EXPECT_FALSE(stats(b).remote_level_dbm0);
}

TEST_F(RtcpTest, a_close_says_bye) {
  speak(a, alice, 10);
  sent.clear();
  command(Close{.id = b});
  const auto reports = rtcp_from(b);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_TRUE(has_bye(reports[0]));
  EXPECT_TRUE(report_in(reports[0]).sender);
  EXPECT_EQ(report_in(reports[0]).info.packets, 10u);
}

TEST_F(RtcpTest, who_never_sent_anything_does_not_say_bye) {
  command(Close{.id = b});
  EXPECT_TRUE(rtcp_from(b).empty());
}

TEST_F(RtcpTest, who_has_reported_says_bye) {
  pass(seconds(10));
  ASSERT_FALSE(rtcp_from(b).empty());
  sent.clear();
  command(Close{.id = b});
  const auto reports = rtcp_from(b);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_TRUE(has_bye(reports[0]));
}

}  // namespace
}  // namespace junctor::media
