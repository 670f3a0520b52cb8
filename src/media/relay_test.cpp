// Two legs joined: what arrives from one leaves to the other, rewritten.
#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "media/worker_fixture.hpp"
#include "rtp/sequence.hpp"
#include "rtp/telephone_event.hpp"

namespace junctor::media {
namespace {

struct RelayTest : testing::Test, WorkerFixture {
  Speaker alice{.address = address(1, 4000)};
  Speaker bob{.address = address(2, 4000), .ssrc = 2, .sequence = 65530, .timestamp = 0xffffff00u};
  PortId a, b;

  void join(PayloadMap map_a = formats({pcma(), events_as(101, 101)}),
            PayloadMap map_b = formats({pcma(), events_as(101, 101)})) {
    a = open(0, alice.address, map_a);
    b = open(1, bob.address, map_b);
    command(Join{.a = a, .b = b});
  }
  /// RTP to bob's side must be one stream: no step in sequence, one SSRC.
  void expect_one_stream(PortId port) {
    const auto packets = rtp_from(port);
    for (std::size_t i = 1; i < packets.size(); ++i) {
      const auto p = packets[i].packet(), before = packets[i - 1].packet();
      ASSERT_EQ(p.sequence, static_cast<std::uint16_t>(before.sequence + 1)) << i;
      ASSERT_EQ(p.ssrc, before.ssrc);
      ASSERT_GT(rtp::timestamp_distance(p.timestamp, before.timestamp), 0);
      // Within a frame of the time that really passed.
      const auto drift = rtp::timestamp_distance(p.timestamp - before.timestamp,
                                                 timestamp_units(packets[i].time - packets[i - 1].time, 8000));
      ASSERT_LE(std::abs(drift), 160) << i;
    }
  }
};

TEST_F(RelayTest, passes_packets_both_ways_from_the_right_socket_to_the_right_address) {
  join();
  for (int i = 0; i < 10; ++i) {
    speak(a, alice);
    speak(b, bob);
  }
  const auto to_bob = rtp_from(b), to_alice = rtp_from(a);
  ASSERT_EQ(to_bob.size(), 10u);
  ASSERT_EQ(to_alice.size(), 10u);
  EXPECT_EQ(to_bob[0].to, bob.address);
  EXPECT_EQ(to_alice[0].to, alice.address);
  EXPECT_TRUE(to_bob[0].packet().marker);
  EXPECT_FALSE(to_bob[1].packet().marker);
  EXPECT_NE(to_bob[0].packet().ssrc, alice.ssrc);
  EXPECT_EQ(to_bob[0].packet().payload.size(), 160u);
  const auto locked = events_of<Locked>();
  ASSERT_EQ(locked.size(), 2u);
  EXPECT_EQ(locked[0].remote, alice.address);
}

TEST_F(RelayTest, payload_types_are_mapped_by_format) {
  join(formats({{.receive_type = 96, .send_type = 97, .codec = rtp::Codec::opus, .channels = 2, .clock_rate = 48000},
                pcma(),
                events_as(101, 110)}),
       formats({pcma(),
                {.receive_type = 120, .send_type = 121, .codec = rtp::Codec::opus, .channels = 2, .clock_rate = 48000},
                events_as(96, 99)}));
  alice.payload_type = 96;
  speak(a, alice, 2);
  bob.payload_type = 120;
  speak(b, bob);
  alice.payload_type = 101;
  speak(a, alice);
  bob.payload_type = 96;
  speak(b, bob);
  const auto to_bob = rtp_from(b), to_alice = rtp_from(a);
  ASSERT_EQ(to_bob.size(), 3u);
  EXPECT_EQ(to_bob[0].packet().payload_type, 121);
  EXPECT_EQ(to_bob[2].packet().payload_type, 99);
  ASSERT_EQ(to_alice.size(), 2u);
  EXPECT_EQ(to_alice[0].packet().payload_type, 97);
  EXPECT_EQ(to_alice[1].packet().payload_type, 110);
}

TEST_F(RelayTest, unknown_types_and_formats_that_the_other_side_lacks_are_dropped_and_counted) {
  join(formats({pcma(), pcmu()}), formats({pcma()}));
  alice.payload_type = 0;
  speak(a, alice, 3);
  alice.payload_type = 77;
  speak(a, alice, 2);
  EXPECT_TRUE(rtp_from(b).empty());
  const PortStats s = stats(a);
  EXPECT_EQ(s.drop(Drop::no_common_format), 3u);
  EXPECT_EQ(s.drop(Drop::unknown_type), 2u);
  EXPECT_EQ(s.packets_in, 3u);
}

TEST_F(RelayTest, what_is_not_rtp_is_dropped_and_counted) {
  join();
  receive_bytes(a, alice.address, std::vector<std::uint8_t>{1, 2, 3});
  receive_bytes(a, alice.address, std::vector<std::uint8_t>(packet_size_max + 1, 0x80));
  EXPECT_EQ(stats(a).drop(Drop::malformed), 2u);
}

TEST_F(RelayTest, extensions_csrcs_and_padding_end_here) {
  join();
  const std::array<std::uint8_t, 8> words{};
  receive(a, alice.address,
          {.payload_type = 8,
           .sequence = 1,
           .ssrc = 1,
           .csrcs = words,
           .has_extension = true,
           .extension = words,
           .payload = words,
           .padding = 4});
  ASSERT_EQ(rtp_from(b).size(), 1u);
  EXPECT_EQ(rtp_from(b)[0].bytes.size(), rtp::fixed_header_size + 8);
}

TEST_F(RelayTest, loss_and_reordering_stay_duplicates_go) {
  join();
  std::vector<std::uint16_t> seen;
  const std::uint16_t start = alice.sequence;
  for (const int offset : {0, 1, 3, 2, 2, 3, 7, 5, 5, 9}) {
    alice.sequence = static_cast<std::uint16_t>(start + offset);
    alice.timestamp = static_cast<std::uint32_t>(5000 + 160 * offset);
    speak(a, alice);
  }
  const auto out = rtp_from(b);
  const std::uint16_t first = out[0].packet().sequence;
  for (const Datagram& d : out) {
    seen.push_back(static_cast<std::uint16_t>(d.packet().sequence - first));
    EXPECT_EQ(d.packet().timestamp - out[0].packet().timestamp, 160u * seen.back());
  }
  EXPECT_EQ(seen, (std::vector<std::uint16_t>{0, 1, 3, 2, 7, 5, 9}));
  const PortStats s = stats(a);
  EXPECT_EQ(s.drop(Drop::duplicate), 3u);
  EXPECT_EQ(s.duplicates, 3u);
  EXPECT_EQ(s.out_of_order, 2u);
  EXPECT_EQ(s.lost, 3u);  // 4, 6, 8
  EXPECT_EQ(s.packets_in, 7u);
}

TEST_F(RelayTest, a_random_line_is_seen_by_the_far_end_as_it_is) {
  join();
  speak(a, alice, 10);
  sent.clear();
  std::multimap<TimePoint, std::uint16_t> line;  // sequence numbers in the order of their arrival
  const std::uint16_t start = alice.sequence;
  for (int i = 0; i < 5000; ++i) {
    const TimePoint arrival = now + milliseconds(20 * i) + milliseconds(random.below(60));
    if (random.below(10) != 0) line.emplace(arrival, static_cast<std::uint16_t>(start + i));
    if (random.below(10) == 0) line.emplace(arrival + milliseconds(5), static_cast<std::uint16_t>(start + i));
  }
  std::set<std::uint16_t> sent_sequences;
  for (const auto& [arrival, sequence] : line) {
    pass(arrival - now);
    sent_sequences.insert(static_cast<std::uint16_t>(sequence - start));
    receive(a, alice.address,
            {.payload_type = 8,
             .sequence = sequence,
             .timestamp = 5000u + 160u * static_cast<std::uint16_t>(sequence - 100),
             .ssrc = alice.ssrc});
  }
  const auto out = rtp_from(b);
  std::set<std::uint16_t> seen;
  const auto base = static_cast<std::uint16_t>(out[0].packet().sequence - (line.begin()->second - start));
  for (const Datagram& d : out) seen.insert(static_cast<std::uint16_t>(d.packet().sequence - base));
  EXPECT_EQ(out.size(), sent_sequences.size());  // each once
  EXPECT_EQ(seen, sent_sequences);
  const PortStats s = stats(a);
  EXPECT_EQ(s.packets_in, 10 + sent_sequences.size());
  EXPECT_GT(s.lost, 300u);
  EXPECT_LT(s.mos, 4.0f);
  EXPECT_GT(s.jitter_ms, 5.0f);
}

TEST_F(RelayTest, hold_and_resume_by_reinvite_is_one_stream_to_the_other_side) {
  join();
  speak(a, alice, 20);
  // Bob holds: he takes nothing; alice goes on talking, then stops being listened to as well.
  SetRemote hold = remote(b, bob.address, formats({pcma(), events_as(101, 101)}));
  hold.send = false;
  command(hold);
  speak(a, alice, 30);
  EXPECT_EQ(stats(b).drop(Drop::cannot_send), 30u);
  hold.send = true;
  command(hold);
  speak(a, alice, 20);
  EXPECT_EQ(rtp_from(b).size(), 40u);
  EXPECT_TRUE(rtp_from(b)[20].packet().marker);
  expect_one_stream(b);
}

TEST_F(RelayTest, packets_not_listened_to_on_hold_are_not_lost_packets) {
  join();
  speak(a, alice, 20);
  SetRemote hold = remote(a, alice.address, formats({pcma(), events_as(101, 101)}));
  hold.receive = false;
  command(hold);
  speak(a, alice, 500);
  EXPECT_EQ(stats(a).drop(Drop::not_receiving), 500u);
  hold.receive = true;
  command(hold);
  speak(a, alice, 20);
  EXPECT_EQ(stats(a).lost, 0u);
  expect_one_stream(b);
}

TEST_F(RelayTest, a_session_refresh_disturbs_nothing) {
  join();
  for (int i = 0; i < 5; ++i) {
    speak(a, alice, 5);
    command(remote(a, alice.address, formats({pcma(), events_as(101, 101)})));
    command(remote(b, bob.address, formats({pcma(), events_as(101, 101)})));
    command(Join{.a = a, .b = b});
  }
  const auto out = rtp_from(b);
  ASSERT_EQ(out.size(), 25u);
  for (std::size_t i = 1; i < out.size(); ++i) EXPECT_FALSE(out[i].packet().marker);
  expect_one_stream(b);
  EXPECT_EQ(events_of<Locked>().size(), 1u);
}

TEST_F(RelayTest, a_reinvite_moves_both_directions_to_the_new_address) {
  join();
  speak(a, alice, 10);
  speak(b, bob, 10);
  const Address moved = address(7, 7000);
  command(remote(a, moved, formats({pcma(), events_as(101, 101)})));
  speak(b, bob);
  EXPECT_EQ(rtp_from(a).back().to, moved);
  speak(a, alice);  // from the old address: a stranger now
  EXPECT_EQ(stats(a).drop(Drop::stranger), 1u);
  Speaker moved_alice{.address = moved, .ssrc = 99, .sequence = 7, .timestamp = 1};
  speak(a, moved_alice, 10);
  EXPECT_EQ(rtp_from(b).size(), 20u);
  expect_one_stream(b);
}

TEST_F(RelayTest, a_codec_change_is_mapped_at_once) {
  join(formats({pcma(), pcmu()}), formats({pcma()}));
  command(remote(b, bob.address, formats({pcmu()})));
  alice.payload_type = 0;
  speak(a, alice);
  ASSERT_EQ(rtp_from(b).size(), 1u);
  EXPECT_EQ(rtp_from(b)[0].packet().payload_type, 0);
}

TEST_F(RelayTest, another_ssrc_of_the_source_is_the_same_stream_to_the_far_end) {
  join();
  speak(a, alice, 10);
  Speaker again{.address = alice.address, .ssrc = 77, .sequence = 4000, .timestamp = 80};
  speak(a, again, 10);
  EXPECT_EQ(rtp_from(b).size(), 19u);  // the first of the new SSRC waits for the second
  expect_one_stream(b);
  EXPECT_EQ(stats(a).ssrc_in, 77u);
  EXPECT_EQ(stats(a).lost, 0u);
}

TEST_F(RelayTest, two_ssrcs_in_turn_do_not_make_the_stream_flap) {
  join();
  speak(a, alice, 10);
  Speaker second{.address = alice.address, .ssrc = 77, .sequence = 4000};
  for (int i = 0; i < 20; ++i) {
    speak(a, alice);
    speak(a, second);
  }
  EXPECT_EQ(stats(a).ssrc_in, alice.ssrc);
  EXPECT_EQ(rtp_from(b).size(), 30u);
}

TEST_F(RelayTest, a_restart_of_the_sequence_numbers_is_survived) {
  join();
  speak(a, alice, 10);
  alice.sequence = 40000;
  speak(a, alice, 10);
  EXPECT_EQ(rtp_from(b).size(), 19u);
  expect_one_stream(b);
}

TEST_F(RelayTest, a_stranger_with_the_right_numbers_is_neither_heard_nor_answered) {
  join();
  speak(a, alice, 10);
  for (int i = 0; i < 100; ++i) {
    Speaker stranger = alice;
    stranger.address = address(66, 6666);
    receive(a, stranger.address,
            {.payload_type = 8, .sequence = alice.sequence, .timestamp = alice.timestamp, .ssrc = alice.ssrc});
    receive(a, stranger.address,
            {.payload_type = 8,
             .sequence = static_cast<std::uint16_t>(alice.sequence + 1),
             .timestamp = alice.timestamp,
             .ssrc = alice.ssrc});
    speak(a, alice);
    speak(b, bob);
  }
  EXPECT_EQ(rtp_from(b).size(), 110u);
  expect_one_stream(b);
  for (const Datagram& d : rtp_from(a)) EXPECT_EQ(d.to, alice.address);
  const PortStats s = stats(a);
  EXPECT_EQ(s.drop(Drop::stranger), 200u);
  EXPECT_EQ(s.locked, alice.address);
}

TEST_F(RelayTest, behind_a_nat_media_flows_back_after_the_lock) {
  join();
  alice.address = address(200, 33333);  // not what SDP said
  speak(a, alice, SourceLock::packets_to_lock);
  speak(b, bob);
  EXPECT_EQ(rtp_from(a).back().to, alice.address);
  ASSERT_EQ(events_of<Locked>().size(), 1u);
  EXPECT_EQ(events_of<Locked>()[0].remote, alice.address);
}

TEST_F(RelayTest, a_digit_passes_whole_and_is_told_once) {
  join(formats({pcma(), events_as(101, 96)}), formats({pcma(), events_as(97, 102)}));
  speak(a, alice, 10);
  const std::uint32_t start = alice.timestamp;
  for (const int key : {5, 11}) {
    const std::uint32_t pressed = alice.timestamp;
    for (int i = 0; i < 8; ++i) {
      std::array<std::uint8_t, 4> payload{};
      rtp::write_telephone_event({.event = static_cast<std::uint8_t>(key),
                                  .end = i >= 5,
                                  .volume = 10,
                                  .duration = static_cast<std::uint16_t>(160 * (std::min(i, 5) + 1))},
                                 payload);
      receive(a, alice.address,
              {.marker = i == 0,
               .payload_type = 101,
               .sequence = alice.sequence++,
               .timestamp = pressed,
               .ssrc = alice.ssrc,
               .payload = payload});
      if (i < 6) {
        pass(milliseconds(20));
        alice.timestamp += 160;
      }
    }
    speak(a, alice, 3);
  }
  const auto out = rtp_from(b);
  ASSERT_EQ(out.size(), 10u + 2 * 11);
  const std::uint32_t offset = out[0].packet().timestamp - 5000;
  for (std::size_t i = 10; i < 18; ++i) {
    const auto p = out[i].packet();
    EXPECT_EQ(p.payload_type, 102);
    EXPECT_EQ(p.timestamp, start + offset);
    EXPECT_EQ(p.marker, i == 10);
  }
  const auto digits = events_of<Dtmf>();
  ASSERT_EQ(digits.size(), 2u);
  EXPECT_EQ(digits[0].digit, '5');
  EXPECT_EQ(digits[1].digit, '#');
  EXPECT_EQ(digits[0].id, a);
  for (const Dtmf& digit : digits) EXPECT_EQ(digit.duration, milliseconds(120));
  EXPECT_LT(stats(a).jitter_ms, 1.0f);
}

TEST_F(RelayTest, a_digit_whose_end_is_lost_is_over_when_something_else_comes_or_nothing) {
  join();
  const auto begin = [&](std::uint8_t key) {
    std::array<std::uint8_t, 4> payload{};
    rtp::write_telephone_event({.event = key, .end = false, .volume = 10, .duration = 400}, payload);
    receive(a, alice.address,
            {.marker = true,
             .payload_type = 101,
             .sequence = alice.sequence++,
             .timestamp = alice.timestamp,
             .ssrc = alice.ssrc,
             .payload = payload});
    EXPECT_EQ(events_of<KeyDown>().back().digit, rtp::dtmf_digit(key));
    pass(milliseconds(100));
    alice.timestamp += 800;
  };
  const auto told = [&] {
    std::string out;
    for (const Dtmf& digit : events_of<Dtmf>()) {
      out += digit.digit;
      EXPECT_EQ(digit.duration, milliseconds(50));
    }
    return out;
  };
  begin(1);
  begin(2);
  EXPECT_EQ(told(), "1");
  speak(a, alice, 1);
  EXPECT_EQ(told(), "12");
  begin(3);
  pass(seconds(1));
  EXPECT_EQ(told(), "123");
}

TEST_F(RelayTest, a_flood_of_digits_is_bounded) {
  join();
  alice.payload_type = 101;
  for (int i = 0; i < 1000; ++i) {
    const std::array<std::uint8_t, 4> payload = {1, 0, 0, 160};
    receive(a, alice.address,
            {.payload_type = 101,
             .sequence = alice.sequence++,
             .timestamp = alice.timestamp += 160,
             .ssrc = alice.ssrc,
             .payload = payload});
    pass(milliseconds(1));
  }
  EXPECT_LE(events_of<Dtmf>().size(), 26u);
  EXPECT_GT(stats(a).drop(Drop::digit_flood), 900u);
}

TEST_F(RelayTest, leave_ends_it_for_both_and_another_join_continues_the_streams) {
  join();
  speak(a, alice, 5);
  command(Leave{.id = b});
  speak(a, alice, 5);
  speak(b, bob, 5);
  EXPECT_EQ(rtp_from(b).size(), 5u);
  EXPECT_TRUE(rtp_from(a).empty());
  const PortId c = open(2, address(3, 3000));
  command(Join{.a = c, .b = b});
  Speaker carol{.address = address(3, 3000), .ssrc = 3, .sequence = 9};
  speak(c, carol, 5);
  EXPECT_EQ(rtp_from(b).size(), 10u);
  expect_one_stream(b);
  command(Join{.a = a, .b = b});  // takes bob away from carol
  speak(c, carol, 5);
  speak(a, alice, 5);
  EXPECT_EQ(rtp_from(b).size(), 15u);
  expect_one_stream(b);
}

TEST_F(RelayTest, a_socket_that_does_not_take_it_is_a_lost_packet) {
  join();
  refuse_sending = true;
  speak(a, alice, 3);
  refuse_sending = false;
  speak(a, alice, 3);
  EXPECT_EQ(stats(b).drop(Drop::send_failed), 3u);
  EXPECT_EQ(stats(b).packets_out, 3u);
  expect_one_stream(b);
}

}  // namespace
}  // namespace junctor::media
