// How long speech takes between a far end and a program that streams: in a call of two legs and a stream, in a time of
// its own that goes by the millisecond. Threads and networks come on top.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "audio/codec.hpp"
#include "base/check.hpp"
#include "media/feed_ring.hpp"
#include "media/tap_ring.hpp"
#include "media/worker.hpp"
#include "rtp/packet.hpp"
#include "stream/session.hpp"

namespace junctor::bench {
namespace {

constexpr std::uint32_t rate = 8'000;
constexpr std::uint32_t packet_samples = 160;
constexpr std::int16_t loud = 12'000, heard_above = 4'000;
constexpr Duration quiet = seconds(4), patience = milliseconds(500);

class SeededRandom final : public Random {
 public:
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_{1};
};

Address far_end(std::uint32_t slot) {
  return {IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(slot + 1)), 10'000};
}
bool is_loud(std::span<const std::int16_t> samples) {
  return std::ranges::any_of(samples, [](std::int16_t s) { return std::abs(s) > heard_above; });
}

/// Listens at the second leg and at the program.
class Ears final : public DatagramSender, public media::EventSink, public stream::FrameSink {
 public:
  bool send(std::uint64_t, const Address& to, std::span<const std::uint8_t> bytes) override {
    const auto packet = rtp::parse_packet(bytes);
    std::array<std::int16_t, audio::packet_samples_max> samples;
    if (to != far_end(1) || rtp::looks_like_rtcp(bytes) || !packet) return true;
    const auto count = decoder_->decode(packet->payload, samples);
    if (count && !leg && is_loud(std::span(samples).first(*count))) leg = now;
    return true;
  }
  void on_event(const media::Event&) override {}
  void send_text(std::string) override {}
  void send_binary(std::string frame) override {
    std::vector<std::int16_t> samples;
    if (frames_.decode(frame, samples) && !program && is_loud(samples)) program = now;
  }
  std::size_t unsent() const override { return 0; }

  TimePoint now{};
  std::optional<TimePoint> leg, program;

 private:
  std::unique_ptr<audio::Decoder> decoder_ = audio::make_decoder({});
  stream::FrameDecoder frames_{{stream::Codec::l16, rate, 1, 20}};
};

enum class Speaker { far_end, program };

struct Delays {
  double leg_ms = 0;                 // until it leaves toward the other leg
  std::optional<double> program_ms;  // until it leaves toward the program
};

class Call {
 public:
  /// Packets arrive up to `jitter` late, each by chance.
  explicit Call(Duration jitter) : jitter_(jitter) {
    const media::MixerId mixer = media::make_mixer_id(0, 1);
    command(media::OpenMixer{.id = mixer, .rate = rate, .token = 1});
    for (std::uint32_t slot = 0; slot < 2; ++slot) {
      command(media::OpenPort{.id = id(slot), .token = 1});
      media::SetRemote remote{.id = id(slot), .rtp = far_end(slot), .token = 1};
      remote.payloads.add({0, 0, rtp::Codec::pcmu});
      command(remote);
      command(media::Seat{.port = id(slot), .mixer = mixer, .token = 1});
    }
    const auto tap = std::make_shared<media::TapRing>(rate, media::TapWants{}, 64 << 10);
    const auto feed = std::make_shared<media::FeedRing>(rate, rate / 2);
    command(media::OpenTap{.id = {1}, .mixer = mixer, .ring = tap, .token = 1});
    media::Play play{.id = {1}, .mixer = mixer, .token = 1};
    play.what = feed;
    command(play);
    session_.apply(stream::Follow{tap, feed, id(0)}, now_);
    session_.open(ears_, now_);
  }

  /// Who speaks does so after a while; both send all the time. `phase`: of their packets against the mixer's ticks.
  Delays speech_of(Speaker speaker, Duration phase) {
    const TimePoint start = now_, speaks = start + quiet + phase;
    std::optional<TimePoint> spoken;
    const auto heard = [&] { return ears_.leg && (speaker == Speaker::program || ears_.program); };
    for (; !heard() && now_ < speaks + patience; now_ += milliseconds(1)) {
      ears_.now = now_;
      if ((now_ - start - phase) % milliseconds(20) == Duration::zero()) {
        const bool speaks_now = now_ >= speaks;
        if (speaks_now && !spoken) spoken = now_;
        say(speaks_now && speaker == Speaker::far_end);
        session_.on_binary(frame(speaks_now && speaker == Speaker::program), now_);
      }
      arrive();
      worker_.advance(now_);
      session_.work(now_);
    }
    JUNCTOR_CHECK(spoken && heard());
    const auto after = [&](TimePoint t) { return std::chrono::duration<double, std::milli>(t - *spoken).count(); };
    Delays out{after(*ears_.leg), std::nullopt};
    if (speaker == Speaker::far_end) out.program_ms = after(*ears_.program);
    return out;
  }

 private:
  struct OnTheWay {
    TimePoint at;
    std::vector<std::uint8_t> bytes;
  };
  static PortId id(std::uint32_t slot) { return media::make_port_id(0, slot, 1); }
  void command(const media::Command& c) { worker_.on_command(c, now_); }

  /// A square wave of 1 kHz, or silence.
  static std::array<std::int16_t, packet_samples> samples(bool speaks) {
    std::array<std::int16_t, packet_samples> out{};
    for (std::size_t i = 0; i < out.size() && speaks; ++i)
      out[i] = i / 4 % 2 == 0 ? loud : static_cast<std::int16_t>(-loud);
    return out;
  }
  std::string frame(bool speaks) { return frames_.encode(samples(speaks)); }
  void say(bool speaks) {
    std::array<std::uint8_t, audio::payload_bytes_max> payload;
    std::array<std::uint8_t, 256> bytes;
    ++sequence_;
    for (std::uint32_t slot = 0; slot < 2; ++slot) {
      const std::size_t size = encoder_->encode(samples(speaks && slot == 0), payload);
      const std::size_t written = rtp::write_packet({.sequence = sequence_,
                                                     .timestamp = std::uint32_t{sequence_} * packet_samples,
                                                     .ssrc = slot + 1,
                                                     .payload = std::span(payload).first(size)},
                                                    bytes);
      const auto late = jitter_ > Duration::zero()
                            ? milliseconds(static_cast<std::int64_t>(
                                  random_.next() % static_cast<std::uint64_t>(jitter_ / milliseconds(1))))
                            : milliseconds(0);
      ways_[slot].push_back({now_ + late, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(written)}});
    }
  }
  void arrive() {
    for (std::uint32_t slot = 0; slot < 2; ++slot) {
      std::erase_if(ways_[slot], [&](const OnTheWay& packet) {
        if (packet.at > now_) return false;
        worker_.on_datagram(media::make_tag(slot, media::Channel::rtp), far_end(slot), packet.bytes, now_);
        return true;
      });
    }
  }

  const Duration jitter_;
  TimePoint now_{hours(1)};
  SeededRandom random_;
  Counters counters_;
  stream::StreamCounters stream_counters_{counters_};
  Ears ears_;
  media::Worker worker_{{.index = 0, .slots = 2}, ears_, ears_, random_, counters_, now_};
  stream::Session session_{stream::SessionSettings{.format = {stream::Codec::l16, rate, 1, 20}}, stream_counters_};
  stream::FrameEncoder frames_{{stream::Codec::l16, rate, 1, 20}};
  std::unique_ptr<audio::Encoder> encoder_ = audio::make_encoder({});
  std::array<std::vector<OnTheWay>, 2> ways_;
  std::uint16_t sequence_ = 0;
};

void measure(const char* says, Duration jitter) {
  std::vector<double> leg, program, beyond, answer;
  for (Duration phase = milliseconds(0); phase < milliseconds(20); phase += milliseconds(1)) {
    const Delays heard = Call(jitter).speech_of(Speaker::far_end, phase);
    leg.push_back(heard.leg_ms);
    program.push_back(*heard.program_ms);
    beyond.push_back(*heard.program_ms - heard.leg_ms);
    answer.push_back(Call(jitter).speech_of(Speaker::program, phase).leg_ms);
  }
  const auto print = [](const char* what, std::vector<double>& all) {
    std::ranges::sort(all);
    std::printf("  %-58s %4.0f to %3.0f ms, half within %3.0f ms\n", what, all.front(), all.back(),
                all[all.size() / 2]);
  };
  std::printf("%s\n", says);
  print("a packet's arrival, until it leaves toward the other leg", leg);
  print("… until it leaves toward the program", program);
  print("… what the program waits beyond the other leg", beyond);
  print("a program's frame, until it leaves toward the legs", answer);
}

}  // namespace
}  // namespace junctor::bench

int main() {
  using namespace junctor;
  std::printf("frames and packets of 20 ms, at 20 phases against the mixer's ticks\n");
  bench::measure("packets that come evenly", Duration::zero());
  bench::measure("packets that come up to 20 ms late", milliseconds(20));
  return 0;
}
