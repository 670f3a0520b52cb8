// Nothing on a packet's path allocates.
#include <cstdlib>
#include <gtest/gtest.h>
#include <new>

#include "media/far_ends.hpp"
#include "media/sound.hpp"
#include "media/tap_ring.hpp"

namespace {

std::size_t allocations = 0;

void* allocate(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  std::abort();
}

}  // namespace

// Every form that the library uses, so that no pair is half replaced.
void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete[](void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}

namespace junctor::media {
namespace {

constexpr int packets = 10000;

struct AllocationTest : testing::Test, WorkerFixture {};

TEST_F(AllocationTest, ten_thousand_relayed_packets_with_reports_and_timers_need_none) {
  record = false;
  Speaker alice{.address = address(1, 4000)}, bob{.address = address(2, 4000), .ssrc = 2};
  const PortId a = open(0, alice.address), b = open(1, bob.address);
  for (const PortId port : {a, b}) {
    SetRemote timed = remote(port, port == a ? alice.address : bob.address, formats({pcma(), events_as(101, 101)}));
    timed.timeout = seconds(30);
    command(timed);
  }
  command(Join{.a = a, .b = b});
  speak(a, alice, 600);
  speak(b, bob, 600);
  const std::size_t before = allocations, sent_before = sent_count;
  for (int i = 0; i < packets / 2; ++i) {
    alice.payload_type = i % 100 < 8 ? 101 : 8;
    speak(a, alice);
    speak(b, bob);
    Speaker stranger{.address = address(66, 6), .sequence = static_cast<std::uint16_t>(i)};
    speak(a, stranger);
  }
  EXPECT_EQ(allocations, before);
  EXPECT_GE(sent_count - sent_before, static_cast<std::size_t>(packets));
}

TEST_F(AllocationTest, encrypted_legs_need_none_either) {
  record = false;
  const Address phone = address(1, 4000), trunk = address(2, 4000);
  srtp::MasterKey gcm{.suite = srtp::Suite::aead_aes_128_gcm}, sha{.suite = srtp::Suite::aes_cm_128_hmac_sha1_80};
  gcm.key[0] = sha.key[0] = 1;
  srtp::Ciphers ciphers;
  srtp::Context from_phone(srtp::Direction::outbound, gcm), from_trunk(srtp::Direction::outbound, sha);
  for (const std::uint32_t slot : {0u, 1u}) {
    command(OpenPort{.id = id(slot)});
    SetRemote set = remote(id(slot), slot == 0 ? phone : trunk, formats({pcma()}));
    const srtp::MasterKey& key = slot == 0 ? gcm : sha;
    set.srtp = SrtpKeys{key, key};
    command(set);
  }
  command(Join{.a = id(0), .b = id(1)});
  std::size_t before = 0, sent_before = 0;
  for (int i = 0; i < packets / 2; ++i) {
    if (i == 600) before = allocations, sent_before = sent_count;
    static constexpr std::array<std::uint8_t, 160> speech{};
    for (const bool first : {true, false}) {
      std::array<std::uint8_t, 172 + srtp::overhead_max> bytes;
      const std::size_t size = rtp::write_packet({.payload_type = 8,
                                                  .sequence = static_cast<std::uint16_t>(i),
                                                  .timestamp = static_cast<std::uint32_t>(160 * i),
                                                  .ssrc = 7,
                                                  .payload = speech},
                                                 bytes);
      const std::size_t wire = (first ? from_phone : from_trunk).protect(ciphers, bytes, size).value();
      receive_bytes(id(first ? 0 : 1), first ? phone : trunk, std::span(bytes).first(wire));
      if (i % 50 == 0) receive_bytes(id(first ? 0 : 1), first ? phone : trunk, std::span(bytes).first(wire));
    }
    pass(milliseconds(20));
  }
  EXPECT_EQ(allocations, before);
  EXPECT_GE(sent_count - sent_before, static_cast<std::size_t>(packets - 1200));
}

TEST_F(AllocationTest, an_echo_needs_none) {
  record = false;
  Speaker alice{.address = address(1, 4000)};
  const PortId a = open(0, alice.address);
  command(Echo{.id = a});
  speak(a, alice, 600);
  const std::size_t before = allocations;
  speak(a, alice, packets);
  EXPECT_EQ(allocations, before);
}

struct MixedAllocationTest : MixingFixture {
  /// To one leg a cadence, to all a sound that is shorter than a tick.
  void play_for_ever() {
    auto sound = std::make_shared<Sound>();
    sound->rate = 16000;
    sound->samples.assign(300, 1000);
    Play play{.id = {1}, .mixer = mixer, .to = {}, .what = Play::Sounds{sound}, .times = 0};
    ASSERT_EQ(outcome(play), Outcome::done);
    play.id = {2};
    play.to = ends[0]->port;
    play.what = audio::find_tone_plan("gb")->ringback;
    ASSERT_EQ(outcome(play), Outcome::done);
    for (int beep = 0; beep < 3; ++beep) {  // these end meanwhile
      play.id = {};
      play.what = Play::Sounds{sound};
      play.times = 100;
      ASSERT_EQ(outcome(play), Outcome::done);
    }
    play.to = ends[1]->port;
    play.what = Play::Keys{.digits = "0123456789*#", .duration = milliseconds(100), .gap = seconds(1)};
    ASSERT_EQ(outcome(play), Outcome::done);
  }
  /// Everything at once, of every leg.
  void process_all() {
    VoiceProcessing what{.sound = {audio::NoiseSuppression::high, true}, .events = true, .limits = {}};
    what.limits.dead_air_after = what.limits.silence_after = milliseconds(500);
    for (const auto& end : ends) {
      Process command{end->port, what, std::make_shared<audio::VoiceProcessor>(16000, what.sound)};
      ASSERT_EQ(outcome(command), Outcome::done);
    }
  }
  std::shared_ptr<TapRing> tap_all() {
    auto ring = std::make_shared<TapRing>(16000, TapWants{.legs = true, .mix = true}, 1 << 20);
    EXPECT_EQ(outcome(OpenTap{.id = {1}, .mixer = mixer, .ring = ring}), Outcome::done);
    return ring;
  }
};

TEST_F(MixedAllocationTest, seated_legs_of_every_codec_need_none) {
  FarEnd& alice = add(WorkerFixture::pcmu(), 500);
  FarEnd& bob = add(g722(), 900);
  add(opus(), 700);
  add(WorkerFixture::pcma(), 1100);
  SetRemote gathers = remote(bob.port, bob.address, formats({g722(), events_as(101, 101)}));
  gathers.encoder.ptime_ms = 60;
  command(gathers);
  seat_all(16000);
  process_all();
  play_for_ever();
  record = false;
  const auto ring = tap_all();
  std::size_t before = 0, sent_before = 0;
  int heard_ticks = 0;
  std::array<std::array<std::uint8_t, 2048>, 4> bytes;
  for (int turn = 0; turn < packets / 4; ++turn) {
    if (turn == 600) before = allocations, sent_before = sent_count;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      FarEnd& end = *ends[i];
      std::array<std::uint8_t, audio::payload_bytes_max> payload;
      rtp::Packet packet = end.next(payload);
      packet.sequence = end.sequence++;
      const std::array<std::uint8_t, 4> digit{5, static_cast<std::uint8_t>(turn % 100 > 2 ? 0x8a : 0x0a), 0, 160};
      if (&end == &alice && turn % 100 < 6) packet.payload_type = 101, packet.payload = digit;
      const std::size_t size = rtp::write_packet(packet, bytes[i]);
      if (turn % 20 != 7) receive_bytes(end.port, end.address, {bytes[i].data(), size});
    }
    pass(milliseconds(20));
    while (const auto tick = ring->next()) heard_ticks += tick->parts.size() == 5 ? 1 : 0;
  }
  EXPECT_EQ(allocations, before);
  EXPECT_GT(sent_count - sent_before, static_cast<std::size_t>(packets / 2));
  EXPECT_GT(heard_ticks, packets / 8);
}

}  // namespace
}  // namespace junctor::media
