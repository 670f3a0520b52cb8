// What a two-way stream between a call and a program takes, beside what a leg in the mixer takes, in the same rounds.
// Calls of two legs, and calls of one leg and a stream: what the second have that the first have not is the stream in
// place of a leg. Both threads are counted, the worker's and that of the socket.
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "audio/codec.hpp"
#include "audio/sound_fixture.hpp"
#include "base/check.hpp"
#include "bench/loopback.hpp"
#include "bench/measure.hpp"
#include "media/codec_settings.hpp"
#include "media/feed_ring.hpp"
#include "media/tap_ring.hpp"
#include "media/worker.hpp"
#include "rtp/packet.hpp"
#include "stream/session.hpp"

namespace junctor::bench {
namespace {

const media::Payload pcmu{0, 0, rtp::Codec::pcmu};
const media::Payload g722{9, 9, rtp::Codec::g722};
const media::Payload opus{
    .receive_type = 96, .send_type = 96, .codec = rtp::Codec::opus, .channels = 2, .clock_rate = 48000};
constexpr std::uint32_t calls = 200;
constexpr std::size_t packets = 100;  // of speech: two seconds, again and again
constexpr int rounds = 15, turns = 50;

class SeededRandom final : public Random {
 public:
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_{1};
};

class NoNetwork final : public DatagramSender, public media::EventSink, public stream::FrameSink {
 public:
  bool send(std::uint64_t, const Address&, std::span<const std::uint8_t> bytes) override {
    ++sent;
    keep(bytes);
    return true;
  }
  void on_event(const media::Event& event) override {
    if (const auto* done = std::get_if<media::Done>(&event)) JUNCTOR_CHECK(done->outcome == media::Outcome::done);
  }
  void send_text(std::string) override {}
  void send_binary(std::string frame) override {
    ++frames;
    keep(frame);
  }
  std::size_t unsent() const override { return 0; }

  std::size_t sent = 0, frames = 0;
};

/// Two seconds of speech.
std::vector<std::vector<std::uint8_t>> speech_packets(const media::Payload& format, std::uint32_t mixer_rate) {
  const audio::CodecSettings settings = *media::codec_settings(format, mixer_rate);
  const auto encoder = audio::make_encoder(settings);
  const audio::Sound sound = audio::speech(settings.pcm_rate, 2);
  const std::size_t size = encoder->packet_samples();
  std::vector<std::vector<std::uint8_t>> out;
  std::array<std::uint8_t, audio::payload_bytes_max> payload;
  for (std::size_t i = 0; i < packets; ++i) {
    const std::size_t bytes = encoder->encode(std::span(sound).subspan(i * size, size), payload);
    out.emplace_back(payload.begin(), payload.begin() + bytes);
  }
  return out;
}

class Calls {
 public:
  /// `format`: of each call's stream; null: calls of two legs.
  Calls(std::uint32_t mixer_rate, const media::Payload& leg, const stream::Format* format)
      : mixer_rate_(mixer_rate), leg_(leg), legs_(format == nullptr ? 2 : 1), speech_(speech_packets(leg, mixer_rate)) {
    for (std::uint32_t slot = 0; slot < calls * legs_; ++slot) {
      const media::MixerId mixer = media::make_mixer_id(0, slot / legs_ + 1);
      if (slot % legs_ == 0) command(media::OpenMixer{.id = mixer, .rate = mixer_rate_, .token = 1});
      command(media::OpenPort{.id = id(slot), .token = 1});
      media::SetRemote remote{.id = id(slot), .rtp = far_end(slot), .token = 1};
      remote.payloads.add(leg_);
      command(remote);
      command(media::Seat{.port = id(slot), .mixer = mixer, .token = 1});
      if (format != nullptr) add_stream(*format, mixer, id(slot));
    }
    if (format != nullptr) make_frames(*format);
    for (int i = 0; i < 100; ++i) turn();
  }

  double ns_per_call() {
    double spent = 0;
    for (int i = 0; i < turns; ++i) spent += turn();
    return spent / (turns * calls);
  }
  bool works() const { return network_.sent > 0 && (sessions_.empty() || network_.frames > calls * turns); }

 private:
  static constexpr std::uint32_t phases = 8;
  static constexpr Duration phase = Duration(milliseconds(20)) / phases;

  void add_stream(const stream::Format& format, media::MixerId mixer, PortId caller) {
    const auto tap = std::make_shared<media::TapRing>(mixer_rate_, media::TapWants{}, 64 << 10);
    const auto feed = std::make_shared<media::FeedRing>(mixer_rate_, mixer_rate_ / 2);
    command(media::OpenTap{.id = {sessions_.size() + 1}, .mixer = mixer, .ring = tap, .token = 1});
    media::Play play{.id = {sessions_.size() + 1}, .mixer = mixer, .token = 1};
    play.what = feed;
    command(play);
    sessions_.push_back(std::make_unique<stream::Session>(stream::SessionSettings{.format = format}, stream_counters_));
    sessions_.back()->apply(stream::Follow{tap, feed, caller}, now_);
    sessions_.back()->open(network_, now_);
  }
  void make_frames(const stream::Format& format) {
    stream::FrameEncoder encoder(format);
    const audio::Sound sound = audio::speech(static_cast<int>(format.rate), 2);
    for (std::size_t at = 0; at + encoder.frame_samples() <= sound.size(); at += encoder.frame_samples())
      frames_.push_back(encoder.encode(std::span(sound).subspan(at, encoder.frame_samples())));
  }

  /// 20 ms; the making of what arrives is not measured.
  double turn() {
    ++turn_;
    const std::uint32_t count = calls * legs_;
    for (std::uint32_t slot = 0; slot < count; ++slot) {
      sizes_[slot] = rtp::write_packet({.payload_type = leg_.receive_type,
                                        .sequence = static_cast<std::uint16_t>(turn_),
                                        .timestamp = static_cast<std::uint32_t>(turn_) * (leg_.clock_rate / 50),
                                        .ssrc = slot + 1,
                                        .payload = speech_[(turn_ + slot * 7) % packets]},
                                       bytes_[slot]);
    }
    const double start = cpu_ns();
    for (std::uint32_t p = 0; p < phases; ++p) {
      now_ += phase;
      for (std::uint32_t slot = p; slot < count; slot += phases) {
        worker_.on_datagram(media::make_tag(slot, media::Channel::rtp), far_end(slot),
                            std::span(bytes_[slot]).first(sizes_[slot]), now_ - phase / 2);
      }
      worker_.advance(now_);
      // What programs say comes at any time; what they hear is looked for once, with all others.
      for (std::size_t at = p; at < sessions_.size(); at += phases) {
        sessions_[at]->on_binary(frames_[(turn_ + at * 7) % frames_.size()], now_);
        if (p == phases - 1) continue;
        sessions_[at]->work(now_);
      }
    }
    for (const auto& session : sessions_) session->work(now_);
    return cpu_ns() - start;
  }

  void command(const media::Command& c) { worker_.on_command(c, now_); }
  static PortId id(std::uint32_t slot) { return media::make_port_id(0, slot, 1); }
  static Address far_end(std::uint32_t slot) {
    return {IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(slot % 250 + 1)),
            static_cast<std::uint16_t>(10'000 + 2 * slot)};
  }

  const std::uint32_t mixer_rate_;
  const media::Payload leg_;
  const std::uint32_t legs_;
  const std::vector<std::vector<std::uint8_t>> speech_;
  TimePoint now_{hours(1)};
  SeededRandom random_;
  Counters counters_;
  stream::StreamCounters stream_counters_{counters_};
  NoNetwork network_;
  std::array<std::array<std::uint8_t, 256>, 2 * calls> bytes_;
  std::array<std::size_t, 2 * calls> sizes_{};
  std::vector<std::unique_ptr<stream::Session>> sessions_;
  std::vector<std::string> frames_;
  std::size_t turn_ = 0;
  media::Worker worker_{{.index = 0, .slots = 2 * calls}, network_, network_, random_, counters_, now_};
};

/// A stream in place of a leg that has the same to do.
struct Pair {
  const char* name;
  std::uint32_t mixer_rate;
  stream::Format format;
  media::Payload leg;
};

void compare(const Pair& pair) {
  const auto base = std::make_unique<Calls>(pair.mixer_rate, pcmu, nullptr),
             like = std::make_unique<Calls>(pair.mixer_rate, pair.leg, nullptr),
             of_streams = std::make_unique<Calls>(pair.mixer_rate, pcmu, &pair.format);
  Loopback udp(172), tcp(Loopback::Kind::tcp, 4 + stream::frame_bytes(pair.format));
  std::vector<double> leg, stream, leg_with_io, stream_with_io;
  Rounds legs, streams;
  for (int round = 0; round < rounds; ++round) {
    leg.push_back(like->ns_per_call() / 2);
    stream.push_back(of_streams->ns_per_call() - base->ns_per_call() / 2);
    leg_with_io.push_back(leg.back() + ns_each(2000, [&udp] { udp.pass_one(); }));
    stream_with_io.push_back(stream.back() + ns_each(2000, [&tcp] { tcp.pass_one(); }));
    legs.add(leg.back());
    streams.add(stream.back());
  }
  JUNCTOR_CHECK(base->works() && like->works() && of_streams->works());
  std::printf("  %-52s %7.2f us   the leg %7.2f us (%.2f x)   with I/O %.2f x\n", pair.name, streams.median() / 1000,
              legs.median() / 1000, median_ratio(stream, leg), median_ratio(stream_with_io, leg_with_io));
  std::fflush(stdout);
}

}  // namespace
}  // namespace junctor::bench

int main() {
  using namespace junctor;
  using namespace junctor::bench;
  using stream::Codec;
  std::printf("200 two-way streams, per 20 ms, beside a leg in the same mixer\n");
  const Pair pairs[] = {{"PCMU at 8 kHz, a PCMU leg, mixer at 8 kHz", 8000, {Codec::pcmu, 8000, 1, 20}, pcmu},
                        {"L16 at 8 kHz, a PCMU leg, mixer at 8 kHz", 8000, {Codec::l16, 8000, 1, 20}, pcmu},
                        {"L16 at 8 kHz, two channels, a PCMU leg, mixer at 8", 8000, {Codec::l16, 8000, 2, 20}, pcmu},
                        {"L16 at 16 kHz, a G.722 leg, mixer at 8 kHz", 8000, {Codec::l16, 16'000, 1, 20}, g722},
                        {"L16 at 16 kHz, a G.722 leg, mixer at 16 kHz", 16'000, {Codec::l16, 16'000, 1, 20}, g722},
                        {"L16 at 24 kHz, a G.722 leg, mixer at 16 kHz", 16'000, {Codec::l16, 24'000, 1, 20}, g722},
                        {"Opus at 8 kHz, an Opus leg, mixer at 8 kHz", 8000, {Codec::opus, 8000, 1, 20}, opus},
                        {"Opus at 16 kHz, an Opus leg, mixer at 16 kHz", 16'000, {Codec::opus, 16'000, 1, 20}, opus},
                        {"L16 at 16 kHz, a PCMU leg, mixer at 8 kHz", 8000, {Codec::l16, 16'000, 1, 20}, pcmu},
                        {"L16 at 24 kHz, a PCMU leg, mixer at 8 kHz", 8000, {Codec::l16, 24'000, 1, 20}, pcmu}};
  for (const Pair& pair : pairs) compare(pair);
  return 0;
}
