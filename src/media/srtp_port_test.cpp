// Ports with SRTP: what is on the wire is protected with the leg's own keys, what comes is checked before anything else
// looks at it, and whoever a port is connected with does not notice.
#include <gtest/gtest.h>

#include "audio/g711.hpp"
#include "audio/goertzel.hpp"
#include "audio/tone.hpp"
#include "media/worker_fixture.hpp"
#include "srtp/sdes.hpp"

namespace junctor::media {
namespace {

/// A phone behind SRTP.
struct Phone {
  Phone(Address at, SrtpKeys hub_keys, std::uint32_t ssrc = 1)
      : speaker{.address = at, .ssrc = ssrc},
        keys(hub_keys),
        out(srtp::Direction::outbound, hub_keys.receive),
        in(srtp::Direction::inbound, hub_keys.send) {}

  Speaker speaker;
  SrtpKeys keys;  // as the hub's port has them
  srtp::Context out, in;
};

using Bytes = std::vector<std::uint8_t>;

struct SrtpPortTest : testing::TestWithParam<srtp::Suite>, WorkerFixture {
  srtp::Ciphers ciphers;  // of the phones

  SrtpKeys make_keys(srtp::Suite suite) {
    return {srtp::make_master_key(suite, random), srtp::make_master_key(suite, random)};
  }
  PortId open_secure(std::uint32_t slot, const Phone& phone) {
    command(OpenPort{.id = id(slot)});
    tell(id(slot), phone.speaker.address, phone.keys);
    return id(slot);
  }
  void tell(PortId port, const Address& rtp, const std::optional<SrtpKeys>& keys) {
    SetRemote set = remote(port, rtp, formats({pcma(), events_as(101, 101)}));
    set.srtp = keys;
    command(set);
  }
  /// The phone's next packet as it is on the wire; every byte of its payload is `code`.
  Bytes next_packet(Phone& phone, std::uint8_t code = 0x55) {
    Bytes bytes(172 + srtp::overhead_max);
    const Bytes payload(160, code);
    Speaker& s = phone.speaker;
    const std::size_t size = rtp::write_packet({.payload_type = s.payload_type,
                                                .sequence = s.sequence++,
                                                .timestamp = s.timestamp += s.step,
                                                .ssrc = s.ssrc,
                                                .payload = payload},
                                               bytes);
    bytes.resize(phone.out.protect(ciphers, bytes, size).value());
    return bytes;
  }
  void speak(PortId port, Phone& phone, int packets = 1, std::uint8_t code = 0x55) {
    for (int i = 0; i < packets; ++i) {
      receive_bytes(port, phone.speaker.address, next_packet(phone, code));
      pass(milliseconds(20));
    }
  }
  /// What the port has sent since last time, as the phone finds it after unprotecting; fails where it cannot.
  std::vector<Bytes> heard(PortId port, Phone& phone) {
    std::vector<Bytes> out;
    for (Datagram& d : rtp_from(port)) {
      const auto size = phone.in.unprotect(ciphers, d.bytes);
      EXPECT_TRUE(size.has_value()) << "error " << static_cast<int>(size.error());
      if (!size) continue;
      d.bytes.resize(*size);
      out.push_back(std::move(d.bytes));
    }
    std::erase_if(sent, [&](const Datagram& d) { return d.tag == make_tag(slot_of(port), Channel::rtp); });
    return out;
  }
  static bool all_payload(const std::vector<Bytes>& packets, std::uint8_t code) {
    for (const Bytes& bytes : packets) {
      const auto packet = rtp::parse_packet(bytes);
      if (!packet || packet->payload.size() != 160) return false;
      for (const std::uint8_t byte : packet->payload)
        if (byte != code) return false;
    }
    return !packets.empty();
  }
};

TEST_P(SrtpPortTest, relays_between_an_encrypted_leg_and_a_plain_one) {
  Phone alice(address(1, 4000), make_keys(GetParam()));
  Speaker bob{.address = address(2, 4000), .ssrc = 2};
  const PortId a = open_secure(0, alice), b = open(1, bob.address);
  command(Join{.a = a, .b = b});
  speak(a, alice, 50, 0x2a);
  const auto to_bob = rtp_from(b);
  ASSERT_GE(to_bob.size(), 45u);
  for (const Datagram& d : to_bob) {
    ASSERT_EQ(d.bytes.size(), 172u);
    EXPECT_EQ(d.packet().payload[7], 0x2a);
  }
  WorkerFixture::speak(b, bob, 50);
  const auto to_alice = heard(a, alice);
  EXPECT_GE(to_alice.size(), 45u);
  EXPECT_TRUE(all_payload(to_alice, 0));
  EXPECT_LT(rtp::parse_packet(to_alice.front()).value().sequence, 1u << 15);  // RFC 3711 §3.3.1
}

TEST_P(SrtpPortTest, relays_between_two_legs_with_keys_of_their_own) {
  Phone alice(address(1, 4000), make_keys(GetParam()));
  Phone bob(address(2, 4000), make_keys(srtp::Suite::aes_cm_128_hmac_sha1_80), 2);
  const PortId a = open_secure(0, alice), b = open_secure(1, bob);
  command(Join{.a = a, .b = b});
  speak(a, alice, 30, 0x11);
  speak(b, bob, 30, 0x22);
  EXPECT_TRUE(all_payload(heard(b, bob), 0x11));
  EXPECT_TRUE(all_payload(heard(a, alice), 0x22));
}

TEST_P(SrtpPortTest, echo_and_mixer_are_protected_too) {
  Phone alice(address(1, 4000), make_keys(GetParam())), bob(address(2, 4000), make_keys(GetParam()), 2);
  const PortId a = open_secure(0, alice), b = open_secure(1, bob);
  command(Echo{.id = a});
  speak(a, alice, 20, 0x33);
  EXPECT_TRUE(all_payload(heard(a, alice), 0x33));

  const auto level = [](const std::vector<Bytes>& packets) {
    std::vector<std::int16_t> samples;
    for (const Bytes& bytes : packets) {
      const rtp::Packet packet = rtp::parse_packet(bytes).value();
      for (const std::uint8_t code : packet.payload) samples.push_back(audio::decode(audio::Law::a, code));
    }
    return audio::tone_level_dbm0(samples, 1000, 8000);
  };
  // A tone that bob says is heard by alice through the mixer.
  const MixerId room = make_mixer_id(worker_index, 1);
  command(OpenMixer{.id = room});
  command(Seat{.port = a, .mixer = room});
  command(Seat{.port = b, .mixer = room});
  audio::ToneGenerator tone(1000, -10, 8000);
  for (int i = 0; i < 100; ++i) {
    std::array<std::int16_t, 160> samples;
    tone.generate(samples);
    Bytes payload(160);
    audio::encode(audio::Law::a, samples, payload);
    Bytes bytes(172 + srtp::overhead_max);
    Speaker& s = bob.speaker;
    const std::size_t size = rtp::write_packet(
        {.payload_type = 8, .sequence = s.sequence++, .timestamp = s.timestamp += 160, .ssrc = 2, .payload = payload},
        bytes);
    bytes.resize(bob.out.protect(ciphers, bytes, size).value());
    receive_bytes(b, s.address, bytes);
    speak(a, alice);
    if (i == 49) heard(a, alice);  // it begins
  }
  EXPECT_NEAR(level(heard(a, alice)), -10, 1.0);
}

TEST_P(SrtpPortTest, reports_are_protected_and_theirs_are_read) {
  Phone alice(address(1, 4000), make_keys(GetParam()));
  const PortId a = open_secure(0, alice);
  command(Echo{.id = a});
  speak(a, alice, 600);
  const auto reports = rtcp_from(a);
  ASSERT_FALSE(reports.empty());
  for (Datagram d : reports) {
    EXPECT_FALSE(rtp::Compound::parse(d.bytes));
    const auto size = alice.in.unprotect_rtcp(ciphers, d.bytes);
    ASSERT_TRUE(size);
    EXPECT_TRUE(rtp::Compound::parse(std::span(d.bytes).first(*size)));
  }
  // Bob's report, made by a port, reaches alice's port as hers: half is lost.
  Bytes report{0x81, 201, 0, 7, 0, 0, 0, 1};
  const std::uint32_t ssrc = stats(a).ssrc_out;
  for (int shift = 24; shift >= 0; shift -= 8) report.push_back(static_cast<std::uint8_t>(ssrc >> shift));
  report.push_back(128);
  report.resize(32);
  Bytes wire = report;
  wire.resize(report.size() + srtp::overhead_max);
  wire.resize(alice.out.protect_rtcp(ciphers, wire, report.size()).value());
  const Address rtcp{alice.speaker.address.ip, 4001};
  receive_bytes(a, rtcp, report, Channel::rtcp);  // in clear: nobody's
  EXPECT_EQ(stats(a).remote_loss, 0);
  receive_bytes(a, rtcp, wire, Channel::rtcp);
  EXPECT_EQ(stats(a).remote_loss, 0.5f);
  receive_bytes(a, rtcp, wire, Channel::rtcp);
  EXPECT_EQ(stats(a).drop(Drop::replayed), 1u);
}

TEST_P(SrtpPortTest, what_was_not_protected_with_the_key_is_dropped_and_counted) {
  Phone alice(address(1, 4000), make_keys(GetParam())), mallory(address(1, 4000), make_keys(GetParam()));
  Speaker bob{.address = address(2, 4000), .ssrc = 2};
  const PortId a = open_secure(0, alice), b = open(1, bob.address);
  command(Join{.a = a, .b = b});
  speak(a, alice, 20);
  const std::size_t before = rtp_from(b).size();
  mallory.speaker.sequence = alice.speaker.sequence;
  speak(a, mallory, 20);                      // another key
  WorkerFixture::speak(a, alice.speaker, 5);  // no key
  EXPECT_EQ(rtp_from(b).size(), before);
  EXPECT_EQ(stats(a).drop(Drop::auth_failed), 25u);
  const Bytes packet = next_packet(alice);
  for (int i = 0; i < 4; ++i) receive_bytes(a, alice.speaker.address, packet);
  EXPECT_EQ(rtp_from(b).size(), before + 1);
  EXPECT_EQ(stats(a).drop(Drop::replayed), 3u);
  Bytes changed = next_packet(alice);
  changed[100] ^= 1;
  receive_bytes(a, alice.speaker.address, changed);
  receive_bytes(a, alice.speaker.address, std::span(changed).first(9));
  EXPECT_EQ(stats(a).drop(Drop::auth_failed), 26u);
  EXPECT_EQ(stats(a).drop(Drop::malformed), 1u);
  // Counted for the whole hub with the next report.
  pass(seconds(10));
  EXPECT_EQ(counters.get("media_dropped_auth_failed").value(), 26u);
}

TEST_P(SrtpPortTest, rollover_counters_and_windows_outlive_another_description_with_the_same_keys) {
  Phone alice(address(1, 4000), make_keys(GetParam()));
  const PortId a = open_secure(0, alice);
  command(Echo{.id = a});
  alice.speaker.sequence = 32000;
  for (int i = 0; i < 100'000; ++i) {  // past two roll-overs each way
    const Bytes packet = next_packet(alice);
    receive_bytes(a, alice.speaker.address, packet);
    if (i % 7919 == 0) {
      tell(a, alice.speaker.address, alice.keys);
      receive_bytes(a, alice.speaker.address, packet);  // still known
    }
    if (sent.size() >= 1000) {
      ASSERT_EQ(heard(a, alice).size(), 1000u - rtcp_from(a).size());
      sent.clear();
    }
    pass(milliseconds(1));
  }
  EXPECT_EQ(alice.out.save().senders[0].rtp.highest() >> 16, 2u);
  EXPECT_GE(alice.in.save().senders[0].rtp.highest() >> 16, 1u);
  EXPECT_EQ(stats(a).drop(Drop::replayed), 13u);
  EXPECT_EQ(stats(a).drop(Drop::auth_failed), 0u);

  // New keys both ways: the counters go on, and the old keys are nobody's.
  Phone same = std::move(alice);
  const SrtpKeys fresh = make_keys(srtp::Suite::aes_256_cm_hmac_sha1_80);
  const Bytes late = next_packet(same);
  sent.clear();
  tell(a, same.speaker.address, fresh);
  same.out.rekey(fresh.receive);
  same.in.rekey(fresh.send);
  speak(a, same, 20, 0x44);
  EXPECT_TRUE(all_payload(heard(a, same), 0x44));
  receive_bytes(a, same.speaker.address, late);
  EXPECT_EQ(stats(a).drop(Drop::auth_failed), 1u);
}

// Both contexts go with the port: rollover counters, replay windows and what nobody but the phone knows.
TEST_P(SrtpPortTest, keys_and_counters_go_to_another_worker_with_the_port) {
  Phone alice(address(1, 4000), make_keys(GetParam()));
  const PortId a = open_secure(0, alice);
  command(Echo{.id = a});
  alice.speaker.sequence = 65'400;
  speak(a, alice, 300, 0x21);  // over a roll-over
  EXPECT_TRUE(all_payload(heard(a, alice), 0x21));
  const Bytes old = next_packet(alice, 0x21);
  receive_bytes(a, alice.speaker.address, old);
  heard(a, alice);

  Worker other({.index = 7, .slots = 8}, *this, *this, random, counters, now);
  const PortId moved = make_port_id(7, 8, 1);
  other.take_over(moved, worker.hand_over(a), now);
  const std::uint64_t tag = make_tag(8, Channel::rtp);
  other.on_datagram(tag, alice.speaker.address, old, now);
  for (int i = 0; i < 100; ++i) other.on_datagram(tag, alice.speaker.address, next_packet(alice, 0x43), now);
  const auto back = heard(moved, alice);
  EXPECT_EQ(back.size(), 100u);
  EXPECT_TRUE(all_payload(back, 0x43));
  other.on_command(Close{.id = moved}, now);
  const PortStats stats = events_of<Closed>().back().stats;
  EXPECT_EQ(stats.packets_in, 401u);
  EXPECT_EQ(stats.drop(Drop::replayed), 1u);
  EXPECT_EQ(stats.drop(Drop::auth_failed), 0u);
}

TEST_P(SrtpPortTest, a_saved_port_goes_on_with_its_keys_and_counters) {
  SeededRandom seeded(9);
  Phone alice(address(1, 4000), make_keys(GetParam()));
  srtp::Ciphers of_worker, of_other;
  Port port(id(4), seeded, of_worker);
  SetRemote set = remote(id(4), alice.speaker.address, formats({pcma()}));
  set.srtp = alice.keys;
  port.set_remote(set, now);
  port.map_formats_to(port);
  alice.speaker.sequence = 65'500;
  std::array<std::uint8_t, packet_size_max> room;
  for (int i = 0; i < 200; ++i) {  // over a roll-over, as the one the port knows of
    const Bytes packet = next_packet(alice, 0x66);
    const auto clear = port.unprotect(Channel::rtp, packet, room);
    ASSERT_TRUE(clear) << i;
    if (const auto arrival = port.receive(*clear, alice.speaker.address, now, *this))
      port.forward(*arrival, port, *this, now);
    auto loaded = Port::load(id(4), port.save(now), now + hours(5), of_other);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->save(now + hours(5)), port.save(now));
    EXPECT_FALSE(loaded->unprotect(Channel::rtp, packet, room));  // a replay
    port = *Port::load(id(4), port.save(now), now, of_worker);
    port.map_formats_to(port);
  }
  EXPECT_TRUE(all_payload(heard(id(4), alice), 0x66));
}

INSTANTIATE_TEST_SUITE_P(Suites, SrtpPortTest, testing::ValuesIn(srtp::preferred_suites),
                         [](const auto& suite) { return std::string(srtp::name_of(suite.param)); });

}  // namespace
}  // namespace junctor::media
