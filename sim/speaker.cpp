#include "sim/speaker.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "audio/goertzel.hpp"
#include "rtp/rtcp.hpp"

namespace junctor::sim {
namespace {

constexpr double sample_rate = 8000;
constexpr std::size_t frame = 160;  // samples of 20 ms
constexpr Duration frame_time = milliseconds(20);
constexpr double spoken_dbm0 = -10, heard_dbm0 = -20, purity_db = 1.0;
constexpr std::uint16_t digit_length = 800;  // timestamp units: 100 ms
constexpr std::string_view keys = "0123456789*#ABCD";
constexpr std::size_t header_bytes = 12;

std::uint32_t read(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[at + i];
  return value;
}

void append(std::string& out, std::uint32_t value, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

/// All are spoken and heard as PCM at 8000 Hz.
audio::CodecSettings settings_of(audio::Format format) {
  return {.format = format};
}

/// Of RTP timestamps, per frame.
std::uint32_t units_of(audio::Format format) {
  return format == audio::Format::opus ? 6 * frame : frame;
}

Address rtcp_of(const Address& rtp) {
  return {rtp.ip, static_cast<std::uint16_t>(rtp.port + 1)};
}

}  // namespace

Speaker::Speaker(World& world, Net& net, const Address& rtp) : world_(world), net_(net), rtp_(rtp) {
  SeededRandom random = world_.random().fork();
  ssrc_ = static_cast<std::uint32_t>(random.next());
  timestamp_ = static_cast<std::uint32_t>(random.next());
  sequence_ = static_cast<std::uint16_t>(random.next());
  expect({pcmu, audio::Format::pcmu});
  expect({pcma, audio::Format::pcma});
  net_.bind(rtp_, [this](const Address& from, std::span<const std::uint8_t> bytes) { on_rtp(from, bytes); });
  net_.bind(rtcp_of(rtp_), [this](const Address&, std::span<const std::uint8_t> bytes) { on_rtcp(bytes); });
}

Speaker::~Speaker() {
  *alive_ = false;
  net_.unbind(rtp_);
  net_.unbind(rtcp_of(rtp_));
}

void Speaker::configure(std::optional<Address> remote, bool send, Codec voice, std::span<const Codec> heard,
                        std::uint8_t event_type) {
  remote_ = remote;
  may_send_ = send;
  if (!encoder_ || voice.format != voice_.format) encoder_ = audio::make_encoder(settings_of(voice.format));
  voice_ = voice;
  for (const Codec& codec : heard) expect(codec);
  event_type_ = event_type;
}

void Speaker::use_codec(const Codec& codec) {
  voice_ = codec;
  encoder_ = audio::make_encoder(settings_of(codec.format));
}

void Speaker::prepare(std::span<const Codec> offered, std::uint8_t event_type) {
  for (const Codec& codec : offered) expect(codec);
  offered_event_type_ = event_type;
}

void Speaker::expect(const Codec& codec) {
  auto& decoder = decoders_[codec.payload_type];
  if (!decoder) decoder = audio::make_decoder(settings_of(codec.format));
}

void Speaker::use_keys(const std::optional<media::SrtpKeys>& wanted) {
  if (wanted == srtp_keys_) return;
  if (!wanted) {
    protect_.reset();
    unprotect_.reset();
  } else if (srtp_keys_) {
    if (wanted->send != srtp_keys_->send) protect_->rekey(wanted->send);
    if (wanted->receive != srtp_keys_->receive) unprotect_->rekey(wanted->receive);
  } else {
    if (sent_ == 0) sequence_ &= 0x7fff;  // RFC 3711 §3.3.1
    ciphers_.emplace();
    protect_.emplace(srtp::Direction::outbound, wanted->send);
    unprotect_.emplace(srtp::Direction::inbound, wanted->receive);
  }
  srtp_keys_ = wanted;
}

void Speaker::stop() {
  may_send_ = talking_ = false;
  remote_.reset();
}

// ---------------------------------------------------------------------------------------------------------- speaking

void Speaker::speak(double hz) {
  tone_ = hz > 0 ? audio::ToneGenerator(hz, spoken_dbm0, sample_rate) : audio::ToneGenerator();
  talking_ = true;
  if (!std::exchange(ticking_, true)) tick();
}

void Speaker::say(std::vector<std::int16_t> samples) {
  words_ = std::move(samples);
  said_ = 0;
  if (!talking_) speak(0);
}

void Speaker::be_quiet() {
  talking_ = false;
}

void Speaker::pause() {
  constexpr std::uint8_t comfort_noise = 13;
  const std::array<std::uint8_t, 1> level{70};
  if (may_send_ && remote_) send_packet(comfort_noise, false, timestamp_, level);
  be_quiet();
}

void Speaker::close_socket() {
  net_.unbind(rtp_);
  be_quiet();
}

void Speaker::report_every(Duration interval) {
  world_.after(interval, [this, interval, alive = alive_] {
    if (*alive) report(interval);
  });
}

void Speaker::report(Duration interval) {
  rtp::Report report{.sender = sent_ != sent_when_reported_, .ssrc = ssrc_};
  report.info = {1, timestamp_, static_cast<std::uint32_t>(sent_), static_cast<std::uint32_t>(sent_ * frame)};
  if (received_ != received_when_reported_) {
    report.blocks[report.block_count++] = {.ssrc = heard_ssrc_, .highest_sequence = heard_sequence_};
  }
  sent_when_reported_ = sent_;
  received_when_reported_ = received_;
  std::array<std::uint8_t, 200> bytes;
  rtp::CompoundWriter writer(bytes);
  writer.add_report(report);
  writer.add_cname(ssrc_, "phone");
  if (remote_) net_.send(rtcp_of(rtp_), rtcp_of(*remote_), {bytes.data(), writer.finish()});
  report_every(interval);
}

void Speaker::press(char digit) {
  digit_ = digit;
  digit_duration_ = 0;
  digit_timestamp_ = timestamp_;
  if (!std::exchange(ticking_, true)) tick();
}

void Speaker::sound(char digit) {
  constexpr std::chrono::milliseconds duration{100}, gap{100};
  key_tones_.emplace(*audio::dtmf_tone(digit, duration, gap), static_cast<int>(sample_rate), audio::dtmf_level_dbm0);
  if (!talking_) speak(0);
}

void Speaker::tick() {
  if (!talking_ && digit_ == 0) {
    ticking_ = false;
    marker_ = true;
    return;
  }
  const bool send = may_send_ && remote_;
  if (digit_ != 0) {
    digit_duration_ = static_cast<std::uint16_t>(digit_duration_ + frame);
    const bool end = digit_duration_ >= digit_length;
    const std::array<std::uint8_t, 4> event{
        static_cast<std::uint8_t>(keys.find(digit_)), static_cast<std::uint8_t>((end ? 0x80 : 0) | 10),
        static_cast<std::uint8_t>(digit_duration_ >> 8), static_cast<std::uint8_t>(digit_duration_ & 0xff)};
    if (send && event_type_ != 255) {
      const int copies = end ? 3 : 1;  // RFC 4733 §2.5.1.4
      for (int i = 0; i < copies; ++i) send_packet(event_type_, digit_duration_ == frame, digit_timestamp_, event);
    }
    if (end) digit_ = 0;
  } else {
    std::array<std::int16_t, frame> samples{};
    if (key_tones_) {
      key_tones_->generate(samples);
      if (key_tones_->done()) key_tones_.reset();
    } else if (is_saying()) {
      const auto next = std::span(words_).subspan(said_, std::min(frame, words_.size() - said_));
      std::ranges::copy(next, samples.begin());
      said_ += next.size();
    } else {
      tone_.generate(samples);
    }
    std::array<std::uint8_t, audio::payload_bytes_max> payload;
    const std::size_t size = send ? encoder_->encode(samples, payload) : 0;
    if (send)
      send_packet(voice_.payload_type, std::exchange(marker_, false), timestamp_, std::span(payload).first(size));
  }
  timestamp_ += units_of(voice_.format);
  world_.after(frame_time, [this, alive = alive_] {
    if (*alive) tick();
  });
}

void Speaker::send_packet(std::uint8_t payload_type, bool marker, std::uint32_t timestamp,
                          std::span<const std::uint8_t> payload) {
  std::string packet;
  append(packet, 0x80, 1);
  append(packet, (marker ? 0x80u : 0u) | payload_type, 1);
  append(packet, sequence_++, 2);
  append(packet, timestamp, 4);
  append(packet, ssrc_, 4);
  packet += text_of(payload);
  ++sent_;
  if (protect_) {
    std::vector<std::uint8_t> buffer(packet.begin(), packet.end());
    buffer.resize(packet.size() + srtp::overhead_max);
    buffer.resize(protect_->protect(*ciphers_, buffer, packet.size()).value());
    return net_.send(rtp_, *remote_, buffer);
  }
  net_.send(rtp_, *remote_, bytes_of(packet));
}

void Speaker::send_raw(const Address& to, std::span<const std::uint8_t> bytes) {
  net_.send(rtp_, to, bytes);
}

// ----------------------------------------------------------------------------------------------------------- hearing

void Speaker::on_rtp(const Address& from, std::span<const std::uint8_t> bytes) {
  if (!unprotect_) return hear(from, bytes);
  std::vector<std::uint8_t> buffer(bytes.begin(), bytes.end());
  const auto size = unprotect_->unprotect(*ciphers_, buffer);
  if (!size) {
    ++unreadable_;
    return;
  }
  hear(from, std::span(buffer).first(*size));
}

void Speaker::hear(const Address& from, std::span<const std::uint8_t> bytes) {
  if (deaf_ || bytes.size() < header_bytes || bytes[0] >> 6 != 2) return;
  const auto payload_type = static_cast<std::uint8_t>(bytes[1] & 0x7f);
  const auto sequence = static_cast<std::uint16_t>(read(bytes, 2, 2));
  const std::uint32_t timestamp = read(bytes, 4, 4), ssrc = read(bytes, 8, 4);
  const auto payload = bytes.subspan(header_bytes);
  if (received_ > 0 && from == heard_from_) {
    const auto step = static_cast<std::int16_t>(sequence - heard_sequence_);
    if (ssrc != heard_ssrc_) ++ssrc_changes_;
    if (step != 1) ++sequence_jumps_;
    if (step > 0 && static_cast<std::int32_t>(timestamp - heard_timestamp_) < 0) ++timestamp_faults_;
  }
  ++received_;
  heard_from_ = from;
  heard_ssrc_ = ssrc;
  heard_sequence_ = sequence;
  heard_timestamp_ = timestamp;
  if (last_heard_) longest_gap_ = std::max(longest_gap_, world_.now() - *last_heard_);
  last_heard_ = world_.now();
  if (payload_type == event_type_ || payload_type == offered_event_type_) {
    if (payload.size() < 4 || (timestamp == heard_event_timestamp_ && !digits_.empty())) return;
    heard_event_timestamp_ = timestamp;
    if (payload[0] < keys.size()) digits_ += keys[payload[0]];
    return;
  }
  const auto decoder = decoders_.find(payload_type);
  if (decoder == decoders_.end()) {
    ++wrong_payload_;
    return;
  }
  std::array<std::int16_t, audio::packet_samples_max> pcm;
  const auto count = decoder->second->decode(payload, pcm);
  if (!count) return;
  if (recording_) keep(std::span(pcm).first(*count));
  for (const std::int16_t sample : std::span(pcm).first(*count)) {
    samples_[next_sample_] = sample;
    next_sample_ = (next_sample_ + 1) % window;
    filled_ = std::min(filled_ + 1, window);
  }
}

void Speaker::record() {
  recording_ = true;
  recorded_.clear();
  heard_keys_.clear();
  detector_ = audio::DtmfDetector(static_cast<int>(sample_rate));
}

void Speaker::keep(std::span<const std::int16_t> pcm) {
  for (std::size_t at = 0; at < pcm.size(); at += frame) {
    const auto piece = pcm.subspan(at, std::min(frame, pcm.size() - at));
    recorded_.insert(recorded_.end(), piece.begin(), piece.end());
    const auto key = detector_.process(piece);
    if (key && key->kind == audio::DtmfEvent::Kind::ended)
      heard_keys_.push_back({key->digit, key->duration, std::chrono::milliseconds(recorded_.size() / 8)});
  }
}

void Speaker::on_rtcp(std::span<const std::uint8_t> bytes) {
  constexpr std::uint8_t sender_report = 200;
  std::vector<std::uint8_t> buffer;
  if (unprotect_) {
    buffer.assign(bytes.begin(), bytes.end());
    const auto size = unprotect_->unprotect_rtcp(*ciphers_, buffer);
    if (!size) {
      ++unreadable_;
      return;
    }
    bytes = std::span(buffer).first(*size);
  }
  if (bytes.size() < 8 || bytes[0] >> 6 != 2) return;
  ++rtcp_received_;
  if (bytes[1] == sender_report) ++sender_reports_;
}

bool Speaker::recent() const {
  return last_heard_ && world_.now() - *last_heard_ <= 3 * frame_time && filled_ == window;
}

bool Speaker::hears(double hz) const {
  if (!recent()) return false;
  std::array<std::int16_t, window> ordered{};
  std::ranges::rotate_copy(samples_, samples_.begin() + static_cast<std::ptrdiff_t>(next_sample_), ordered.begin());
  const double tone = audio::tone_level_dbm0(ordered, hz, sample_rate);
  return tone > heard_dbm0 && audio::total_level_dbm0(ordered) - tone < purity_db;
}

double Speaker::level_dbm0() const {
  return recent() ? audio::total_level_dbm0(samples_) : -90;
}

bool Speaker::hears_nothing() const {
  return !last_heard_ || world_.now() - *last_heard_ > 10 * frame_time;
}

}  // namespace junctor::sim
