#pragma once
// For the tests of mixing: far ends that say a tone in a codec, packet by packet, and what they hear, as samples at
// 8 kHz.
#include <algorithm>
#include <array>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "audio/codec.hpp"
#include "audio/goertzel.hpp"
#include "audio/tone.hpp"
#include "audio/tone_plan.hpp"
#include "media/codec_settings.hpp"
#include "media/worker_fixture.hpp"

namespace junctor::media {

constexpr std::uint32_t far_end_rate = 8000;
using Samples = std::vector<std::int16_t>;

inline Payload g722() {
  return {9, 9, rtp::Codec::g722};
}
inline Payload opus() {
  return {.receive_type = 96, .send_type = 98, .codec = rtp::Codec::opus, .channels = 2, .clock_rate = 48000};
}
inline Payload comfort_noise() {
  return {13, 13, rtp::Codec::comfort_noise};
}

struct FarEnd {
  FarEnd(PortId its_port, Address its_address, Payload its_format, double hz, double level_dbm0 = -10)
      : port(its_port),
        address(its_address),
        format(its_format),
        ssrc(static_cast<std::uint32_t>(its_port.value) + 77),
        tone(hz, level_dbm0, far_end_rate),
        encoder(audio::make_encoder(*codec_settings(its_format, far_end_rate))) {}

  PortId port;
  Address address;
  Payload format;
  std::uint32_t ssrc;
  std::uint16_t sequence = 65500;
  std::uint32_t timestamp = 4294960000;
  audio::ToneGenerator tone;
  std::unique_ptr<audio::Encoder> encoder;
  Duration phase{};                                // of its packets
  bool talks = true;                               // else its packets are missing, and its clock goes on
  bool silent = false;                             // its packets hold silence
  std::optional<audio::CadenceGenerator> cadence;  // instead of the tone
  Samples words;                                   // instead of both, once
  std::size_t said = 0;                            // of them
  std::function<std::optional<Duration>()> path = [] { return Duration::zero(); };

  rtp::Packet next(std::span<std::uint8_t> payload) {
    std::array<std::int16_t, far_end_rate / ticks_per_second> pcm;
    tone.generate(pcm);
    if (silent || cadence) pcm.fill(0);
    if (cadence) cadence->generate(pcm);
    if (said < words.size()) {
      const auto next = std::span(words).subspan(said, std::min(pcm.size(), words.size() - said));
      std::ranges::copy(next, pcm.begin());
      said += next.size();
    }
    rtp::Packet packet{.payload_type = format.receive_type, .sequence = sequence, .timestamp = timestamp, .ssrc = ssrc};
    packet.payload = payload.first(encoder->encode(pcm, payload));
    timestamp += format.clock_rate / ticks_per_second;
    return packet;
  }
};

struct MixingFixture : testing::Test, WorkerFixture {
  static constexpr MixerId mixer = make_mixer_id(worker_index, 1);
  std::vector<std::unique_ptr<FarEnd>> ends;

  FarEnd& add(Payload format, double hz, double level_dbm0 = -10) {
    const auto n = static_cast<std::uint8_t>(ends.size());
    const Address from = address(static_cast<std::uint8_t>(n + 1), static_cast<std::uint16_t>(4000 + n));
    const PortId port =
        open(n, from, formats({format, events_as(101, static_cast<std::uint8_t>(110 + n)), comfort_noise()}));
    ends.push_back(std::make_unique<FarEnd>(port, from, format, hz, level_dbm0));
    ends.back()->phase = milliseconds(7 * n % 20);
    return *ends.back();
  }
  Outcome outcome(Command c) {
    std::visit([](auto& one) { one.token = 9; }, c);
    command(c);
    return events_of<Done>().back().outcome;
  }
  Outcome seat(const FarEnd& end) { return outcome(Seat{.port = end.port, .mixer = mixer}); }
  void seat_all(std::uint32_t rate = 8000) {
    ASSERT_EQ(outcome(OpenMixer{.id = mixer, .rate = rate}), Outcome::done);
    for (const auto& end : ends) ASSERT_EQ(seat(*end), Outcome::done);
  }

  void talk(Duration span) {
    constexpr Duration step = microseconds(100);  // finer than the jitter that a buffer sees in a line
    for (Duration t{}; t < span; t += step) {
      for (const auto& end : ends) {
        if (clock_ % milliseconds(20) == end->phase) send_next(*end);
      }
      while (!under_way_.empty() && under_way_.begin()->first <= now) {
        const Sent& due = under_way_.begin()->second;
        receive_bytes(due.port, due.from, due.bytes);
        under_way_.erase(under_way_.begin());
      }
      pass(step);
      clock_ += step;
    }
  }

  /// What the port's far end was sent since `sent` was last cleared, packet after packet.
  Samples heard(const FarEnd& end) {
    auto decoder = audio::make_decoder(*codec_settings(end.format, far_end_rate));
    Samples out;
    std::array<std::int16_t, audio::packet_samples_max> pcm;
    for (const Datagram& d : rtp_from(end.port)) {
      const rtp::Packet packet = d.packet();
      if (packet.payload_type != end.format.send_type) continue;
      const auto count = decoder->decode(packet.payload, pcm);
      EXPECT_TRUE(count);
      out.insert(out.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(count.value_or(0)));
    }
    return out;
  }
  /// Its second half, when levels have settled.
  Samples settled(const FarEnd& end) {
    Samples all = heard(end);
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
    return all;
  }
  static double level(const Samples& samples, double hz) { return audio::tone_level_dbm0(samples, hz, far_end_rate); }

 private:
  struct Sent {
    PortId port;
    Address from;
    std::vector<std::uint8_t> bytes;
  };

  void send_next(FarEnd& end) {
    std::array<std::uint8_t, audio::payload_bytes_max> payload;
    const rtp::Packet packet = end.next(payload);
    if (!end.talks) return;
    ++end.sequence;
    const auto delay = end.path();
    if (!delay) return;
    std::array<std::uint8_t, 2048> bytes;
    const std::size_t size = rtp::write_packet(packet, bytes);
    under_way_.emplace(now + *delay, Sent{end.port, end.address, {bytes.begin(), bytes.begin() + size}});
  }

  Duration clock_{};
  std::multimap<TimePoint, Sent> under_way_;
};

}  // namespace junctor::media
