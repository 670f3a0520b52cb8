// What the media worker takes for calls and conferences through a mixer, beside the sum of the codec calls that they
// cannot do without, measured in the same rounds.
#include <array>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "audio/codec.hpp"
#include "audio/sound_fixture.hpp"
#include "base/check.hpp"
#include "bench/loopback.hpp"
#include "bench/measure.hpp"
#include "media/codec_settings.hpp"
#include "media/worker.hpp"
#include "rtp/packet.hpp"

namespace junctor::bench {
namespace {

constexpr std::uint32_t mixer_rate = 8000;
constexpr std::size_t packets = 100;  // of speech: two seconds, again and again
constexpr int rounds = 15;
constexpr int turns = 25;
constexpr std::size_t packet_bytes = rtp::fixed_header_size + 160;

const media::Payload pcmu{0, 0, rtp::Codec::pcmu};
const media::Payload g722{9, 9, rtp::Codec::g722};
const media::Payload opus{
    .receive_type = 96, .send_type = 96, .codec = rtp::Codec::opus, .channels = 2, .clock_rate = 48000};

/// Two seconds of speech in a format.
class Speech {
 public:
  explicit Speech(const media::Payload& format) {
    const auto encoder = audio::make_encoder(*media::codec_settings(format, mixer_rate));
    const audio::Sound sound = audio::speech(mixer_rate, 2);
    const std::size_t size = encoder->packet_samples();
    std::array<std::uint8_t, audio::payload_bytes_max> payload;
    for (std::size_t i = 0; i < packets; ++i) {
      const std::size_t bytes = encoder->encode(std::span(sound).subspan(i * size, size), payload);
      payloads_.emplace_back(payload.begin(), payload.begin() + bytes);
    }
  }
  std::span<const std::uint8_t> operator[](std::size_t at) const { return payloads_[at % packets]; }

 private:
  std::vector<std::vector<std::uint8_t>> payloads_;
};

/// The codec calls of one leg: what it says is decoded, what it hears is encoded.
class Coders {
 public:
  explicit Coders(const media::Payload& format)
      : settings_(*media::codec_settings(format, mixer_rate)),
        decoder_(audio::make_decoder(settings_)),
        encoder_(audio::make_encoder(settings_)),
        said_(format),
        heard_(audio::speech(mixer_rate, 2)) {}
  double ns_per_packet() {
    return ns_each(packets, [this] {
      JUNCTOR_CHECK(decoder_->decode(said_[at_], pcm_).has_value());
      keep(pcm_);
      const std::size_t size = encoder_->packet_samples();
      keep(encoder_->encode(std::span(heard_).subspan(at_ * size, size), payload_));
      keep(payload_);
      at_ = (at_ + 1) % packets;
    });
  }

 private:
  audio::CodecSettings settings_;
  std::unique_ptr<audio::Decoder> decoder_;
  std::unique_ptr<audio::Encoder> encoder_;
  Speech said_;
  audio::Sound heard_;
  std::size_t at_ = 0;
  std::array<std::int16_t, audio::packet_samples_max> pcm_;
  std::array<std::uint8_t, audio::payload_bytes_max> payload_;
};

class SeededRandom final : public Random {
 public:
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_{1};
};

class NoNetwork final : public DatagramSender, public media::EventSink {
 public:
  bool send(std::uint64_t, const Address&, std::span<const std::uint8_t> bytes) override {
    ++sent;
    keep(bytes);
    return true;
  }
  void on_event(const media::Event& event) override {
    if (const auto* done = std::get_if<media::Done>(&event)) JUNCTOR_CHECK(done->outcome == media::Outcome::done);
  }
  std::size_t sent = 0;
};

/// Rooms in which every leg sends a packet each 20 ms, at one of eight phases.
class Rooms {
 public:
  /// The legs of each room; of these `talkers` send speech and the rest silence.
  Rooms(std::size_t rooms, const std::vector<media::Payload>& legs, std::size_t talkers)
      : count_(static_cast<std::uint32_t>(rooms * legs.size())), bytes_(count_), sizes_(count_), formats_(count_) {
    for (const media::Payload& format : legs) speech_.emplace_back(format);
    for (std::uint32_t slot = 0; slot < count_; ++slot) {
      const std::size_t leg = slot % legs.size();
      const MixerId mixer = media::make_mixer_id(0, slot / legs.size() + 1);
      if (leg == 0) command(media::OpenMixer{.id = mixer, .rate = mixer_rate, .token = 1});
      command(media::OpenPort{.id = id(slot), .token = 1});
      formats_[slot] = legs[leg];
      media::SetRemote remote{.id = id(slot), .rtp = far_end(slot), .token = 1};
      remote.payloads.add(formats_[slot]);
      command(remote);
      command(media::Seat{.port = id(slot), .mixer = mixer, .token = 1});
      talks_.push_back(leg < talkers);
    }
    for (int i = 0; i < 100; ++i) turn();
  }

  double ns_per_leg() {
    double spent = 0;
    for (int i = 0; i < turns; ++i) spent += turn();
    return spent / (turns * count_);
  }
  std::size_t sent() const { return network_.sent; }

 private:
  using MixerId = media::MixerId;
  static constexpr std::uint32_t phases = 8;
  static constexpr Duration phase = Duration(milliseconds(20)) / phases;

  /// 20 ms; the making of the packets is not measured.
  double turn() {
    static constexpr std::array<std::uint8_t, 160> silence = [] {
      std::array<std::uint8_t, 160> out{};
      out.fill(0xff);
      return out;
    }();
    ++turn_;
    for (std::uint32_t slot = 0; slot < count_; ++slot) {
      const media::Payload& format = formats_[slot];
      const std::span<const std::uint8_t> said =
          talks_[slot] ? speech_[slot % speech_.size()][turn_ + slot * 7] : std::span<const std::uint8_t>(silence);
      sizes_[slot] = rtp::write_packet({.payload_type = format.receive_type,
                                        .sequence = static_cast<std::uint16_t>(turn_),
                                        .timestamp = static_cast<std::uint32_t>(turn_) * (format.clock_rate / 50),
                                        .ssrc = slot + 1,
                                        .payload = said},
                                       bytes_[slot]);
    }
    const double start = cpu_ns();
    for (std::uint32_t p = 0; p < phases; ++p) {
      now_ += phase;
      for (std::uint32_t slot = p; slot < count_; slot += phases) {
        worker_.on_datagram(media::make_tag(slot, media::Channel::rtp), far_end(slot),
                            std::span(bytes_[slot]).first(sizes_[slot]), now_ - phase / 2);
      }
      worker_.advance(now_);
    }
    return cpu_ns() - start;
  }

  void command(const media::Command& c) { worker_.on_command(c, now_); }
  static PortId id(std::uint32_t slot) { return media::make_port_id(0, slot, 1); }
  static Address far_end(std::uint32_t slot) {
    return {IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(slot % 250 + 1)),
            static_cast<std::uint16_t>(10'000 + 2 * slot)};
  }

  std::uint32_t count_;
  TimePoint now_{hours(1)};
  SeededRandom random_;
  Counters counters_;
  NoNetwork network_;
  std::vector<Speech> speech_;
  std::vector<std::array<std::uint8_t, 1500>> bytes_;
  std::vector<std::size_t> sizes_;
  std::vector<media::Payload> formats_;
  std::vector<bool> talks_;
  std::size_t turn_ = 0;
  media::Worker worker_{{.index = 0, .slots = count_}, network_, network_, random_, counters_, now_};
};

void compare(const char* name, std::size_t rooms, const std::vector<media::Payload>& legs, std::size_t talkers) {
  Rooms worker(rooms, legs, talkers);
  std::vector<std::unique_ptr<Coders>> coders;
  coders.push_back(std::make_unique<Coders>(legs.front()));
  if (legs.back() != legs.front()) coders.push_back(std::make_unique<Coders>(legs.back()));
  Loopback loopback(packet_bytes);
  std::vector<double> measured, codecs, with_io, floor;
  const std::size_t before = worker.sent();
  for (int round = 0; round < rounds; ++round) {
    double sum = 0;
    for (const auto& c : coders) sum += c->ns_per_packet();
    codecs.push_back(sum / static_cast<double>(coders.size()));
    measured.push_back(worker.ns_per_leg());
    const double io = ns_each(2000, [&loopback] { loopback.pass_one(); });
    with_io.push_back(measured.back() + io);
    floor.push_back(codecs.back() + io);
  }
  JUNCTOR_CHECK(worker.sent() - before >= rooms * legs.size() * rounds * turns);
  Rounds m, c, f;
  for (const double v : measured) m.add(v);
  for (const double v : codecs) c.add(v);
  for (const double v : floor) f.add(v);
  std::printf("  %-34s %8.2f us   codecs %8.2f us (%.2f x)   with I/O %.2f x of %.2f us\n", name, m.median() / 1000,
              c.median() / 1000, median_ratio(measured, codecs), median_ratio(with_io, floor), f.median() / 1000);
}

}  // namespace
}  // namespace junctor::bench

int main() {
  using namespace junctor::bench;
  std::printf("media::Worker, through a mixer at 8 kHz, per packet (and per member and tick), speech\n");
  compare("50 calls PCMU - PCMU", 50, {pcmu, pcmu}, 2);
  compare("50 calls PCMU - G.722", 50, {pcmu, g722}, 2);
  compare("50 calls PCMU - Opus", 50, {pcmu, opus}, 2);
  const std::vector<junctor::media::Payload> four(4, pcmu), hundred(100, pcmu);
  compare("50 rooms of 4 (PCMU), all speak", 50, four, 4);
  compare("1 room of 100 (PCMU), all speak", 1, hundred, 100);
  compare("1 room of 100 (PCMU), 3 speak", 1, hundred, 3);
  return 0;
}
