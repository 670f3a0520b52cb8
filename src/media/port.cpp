#include "media/port.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "audio/g711.hpp"
#include "base/saved_state.hpp"
#include "media/delay_estimate.hpp"
#include "rtp/quality.hpp"

namespace junctor::media {
namespace {

constexpr std::uint8_t saved_layout = 3;
constexpr Duration key_interval = milliseconds(20);  // between packets of one key
constexpr std::uint32_t key_clock_rate_min = 8000;
/// For the quality estimate: what packetising and a far end's playout add to the network's delay.
constexpr double packetisation_ms = 20;
constexpr double playout_jitters = 2;
/// Its static payload type (RFC 3551 §6): sent by many who never said that they would.
constexpr std::uint8_t comfort_noise_type = 13;
// The receiver configuration in VoIP metrics (RFC 3611 §4.7.6).
constexpr std::uint8_t standard_concealment = 3 << 6, adaptive_buffer = 3 << 4;
constexpr auto jitter_buffer_max_ms = static_cast<std::uint16_t>(
    std::chrono::duration_cast<std::chrono::milliseconds>(DelayEstimate::target_max).count());

Address without_unspecified(const Address& address) {
  return address.ip.is_any() || address.port == 0 ? Address{} : address;
}

Address next_port(Address address) {
  if (address) ++address.port;
  return address;
}

}  // namespace

Port::Port(PortId id, Random& random, srtp::Ciphers& ciphers)
    : id_(id), ciphers_(&ciphers), out_(random), rtcp_(random) {
  format_of_type_.fill(no_format);
  forward_type_.fill(no_format);
}

bool Port::set_remote(const SetRemote& remote, TimePoint now) {
  const Address rtp = without_unspecified(remote.rtp);
  const Address rtcp = without_unspecified(remote.rtcp);
  const bool anew = rtp != lock_.signalled() || (remote.audio_due && !audio_due_);
  if (rtp != lock_.signalled() || rtcp != rtcp_signalled_) rtcp_learned_ = {};
  if (rtp != lock_.signalled()) in_.pause();
  lock_.set_signalled(rtp);
  rtcp_signalled_ = rtcp;
  rtcp_mux_ = remote.rtcp_mux;

  if (remote.send && !send_) out_.begin_source();
  if (!remote.receive && receive_) in_.pause();
  srtp_.set_keys(remote.srtp);
  const bool timing_before = receive_ && timeout_ > Duration::zero();
  send_ = remote.send;
  receive_ = remote.receive;
  timeout_ = remote.timeout;
  audio_due_ = remote.audio_due;
  health_.set_due(audio_due_ && send_ && receive_ && rtp, anew, now);
  if (!timing_before && timeout_at()) {
    heard_ = now;
    timeout_raised = false;
  }

  if (remote.payloads == payloads_ && remote.encoder == encoder_) return false;
  payloads_ = remote.payloads;
  encoder_ = remote.encoder;
  index_payloads();
  if (keys_) prepare_keys();
  return true;
}

void Port::index_payloads() {
  format_of_type_.fill(no_format);
  std::uint8_t index = 0;
  for (const Payload& p : payloads_.entries()) format_of_type_[p.receive_type] = index++;
}

std::optional<TimePoint> Port::timeout_at() const {
  if (!receive_ || timeout_ <= Duration::zero()) return std::nullopt;
  return heard_ + timeout_;
}

// ------------------------------------------------------------------------------------------------------------
// receiving

std::optional<std::span<const std::uint8_t>> Port::unprotect(Channel channel, std::span<const std::uint8_t> datagram,
                                                             std::span<std::uint8_t, packet_size_max> room) {
  if (datagram.size() > packet_size_max) {
    drop(channel == Channel::rtp ? Drop::malformed : Drop::malformed_rtcp);
    return std::nullopt;
  }
  const auto clear = srtp_.unprotect(*ciphers_, channel, datagram, room);
  if (!clear) {
    drop(clear.error());
    return std::nullopt;
  }
  return *clear;
}

std::optional<Arrival> Port::receive(std::span<const std::uint8_t> datagram, const Address& from, TimePoint now,
                                     EventSink& events) {
  const auto dropped = [this](Drop reason) {
    drop(reason);
    return std::nullopt;
  };
  const auto packet = rtp::parse_packet(datagram);
  if (!packet) return dropped(Drop::malformed);

  const std::uint8_t format = format_of_type_[packet->payload_type];
  switch (lock_.on_packet(from, packet->ssrc, packet->sequence, format != no_format, now)) {
    case SourceLock::Verdict::stranger:
      return dropped(Drop::stranger);
    case SourceLock::Verdict::locked:
      if (from.ip != rtcp_learned_.ip) rtcp_learned_ = {};
      events.on_event(Locked{id_, from});
      break;
    case SourceLock::Verdict::accepted:
      break;
  }
  heard_ = now;
  if (!receive_) return dropped(Drop::not_receiving);
  if (format == no_format) {
    if (packet->payload_type == comfort_noise_type) health_.on_comfort_noise(now);
    return dropped(Drop::unknown_type);
  }

  const auto accepted = in_.on_packet(packet->ssrc, packet->sequence);
  if (!accepted) return dropped(accepted.error());
  bytes_in_ += datagram.size();
  if (accepted->new_source) events_seen_.reset();

  const Payload& payload = payloads_.entries()[format];
  bool begins_event = false;
  if (payload.codec == rtp::Codec::telephone_event) {
    begins_event = note_event(*packet, payload.clock_rate, now, events);
    health_.on_event(now);
  } else {
    release_lost_key(now, events);
    in_.on_timing(packet->timestamp, payload.clock_rate, now);
    in_clock_rate_ = payload.clock_rate;
    if (rtp::is_audio(payload.codec)) {
      codec_ = payload.codec;
      health_.on_audio(codec_, packet->payload.size(), packet->marker && !accepted->new_source, now);
      if (packet->sequence % LegHealth::level_one_in == 0 && measures_level()) note_level(*packet);
    } else {
      health_.on_comfort_noise(now);
    }
  }
  return Arrival{*packet, format, payload.clock_rate, accepted->extended_sequence, accepted->new_source, begins_event};
}

void Port::note_level(const rtp::Packet& packet) {
  health_.on_power(audio::power(codec_ == rtp::Codec::pcmu ? audio::Law::mu : audio::Law::a, packet.payload));
}

/// True for the first packet of an event.
bool Port::note_event(const rtp::Packet& packet, std::uint32_t clock_rate, TimePoint now, EventSink& events) {
  const auto event = rtp::parse_telephone_event(packet.payload);
  if (!event) return false;
  const bool begins = events_seen_.is_new(*event, packet.timestamp);
  if (begins) press_key(rtp::dtmf_digit(event->event), now, events);
  if (key_down_ == '\0') return begins;
  key_lasted_ = Duration(seconds(1)) * std::int64_t{events_seen_.duration()} / clock_rate;
  key_heard_ = now;
  if (events_seen_.ended()) release_key(events);
  return begins;
}

void Port::press_key(char digit, TimePoint now, EventSink& events) {
  if (key_down_ != '\0') release_key(events);
  if (digit == '\0') return;
  if (digit_time_ != TimePoint{} && now - digit_time_ < digit_gap_min) return drop(Drop::digit_flood);
  digit_time_ = now;
  key_down_ = digit;
  events.on_event(KeyDown{id_, digit});
}

void Port::release_key(EventSink& events) {
  events.on_event(Dtmf{.id = id_, .digit = std::exchange(key_down_, '\0'), .duration = key_lasted_});
}

void Port::release_lost_key(TimePoint now, EventSink& events) {
  if (key_down_ != '\0' && now - key_heard_ >= event_silence) release_key(events);
}

void Port::receive_rtcp(std::span<const std::uint8_t> datagram, const Address& from, TimePoint now) {
  // RTCP proves no source by itself: it is believed when it comes from where the leg's RTP goes.
  const Address& target = lock_.target();
  if (!target || (rtcp_mux_ ? from != target : from.ip != target.ip && from != rtcp_target())) {
    return drop(Drop::stranger);
  }
  const auto compound = rtp::Compound::parse(datagram);
  if (!compound) return drop(Drop::malformed_rtcp);
  heard_ = now;
  if (!rtcp_mux_) rtcp_learned_ = from;
  const RtcpNews news = rtcp_.on_compound(*compound, in_.ssrc(), out_.ssrc(), out_.clock_rate(), now);
  health_.on_rtcp(news, in_.packets() + in_.lost(), now);
}

void Port::on_unreachable(const Address& to, TimePoint now) {
  // Anybody can make up an ICMP message; this one must know where the leg's audio goes.
  if (to == lock_.target()) health_.on_unreachable(now);
}

bool Port::check(TimePoint now) {
  const std::uint64_t received = in_.packets() - received_before_;
  // What comes late makes up for what was lost before.
  const std::uint64_t lost = in_.lost() - std::min(in_.lost(), lost_before_);
  mos_now_ = 0;
  if (received > 0) {
    const double loss = static_cast<double>(lost) / static_cast<double>(lost + received);
    mos_now_ = static_cast<float>(rtp::mos(codec_, loss, delay_ms()));
  }
  received_before_ = in_.packets();
  lost_before_ = in_.lost();
  return health_.check({.received = in_.packets(), .sent = sent_.packets, .drops = drops_}, now);
}

// --------------------------------------------------------------------------------------------------------------
// sending

bool Port::take_unmapped_audio() {
  if (unmapped_ != Unmapped::seen) return false;
  unmapped_ = Unmapped::told;
  return true;
}

void Port::map_formats_to(const Port& to) {
  forward_type_.fill(no_format);
  unmapped_ = Unmapped::none;
  std::size_t index = 0;
  for (const Payload& ours : payloads_.entries()) {
    const auto theirs = to.payloads_.entries();
    const auto same = std::ranges::find_if(theirs, [&](const Payload& p) { return p.same_format(ours); });
    if (same != theirs.end()) forward_type_[index] = same->send_type;
    ++index;
  }
}

void Port::forward(const Arrival& arrival, Port& from, DatagramSender& sender, TimePoint now) {
  if (arrival.new_source) out_.begin_source();
  const std::uint8_t type = from.forward_type_[arrival.format];
  if (type == no_format) {
    // A key is told in another way; without a gap in the sequence, which would count as loss.
    const bool key = from.payloads_.entries()[arrival.format].codec == rtp::Codec::telephone_event;
    if (key) out_.begin_source();
    const bool audio = rtp::is_audio(from.payloads_.entries()[arrival.format].codec);
    if (audio && from.unmapped_ == Unmapped::none) from.unmapped_ = Unmapped::seen;
    return from.drop(Drop::no_common_format);
  }
  if (!can_send()) return drop(Drop::cannot_send);
  if (sounds_key(now)) return;
  const auto header =
      out_.relay(arrival.extended_sequence, arrival.packet.timestamp, arrival.packet.marker, arrival.clock_rate, now);
  if (!header) return from.drop(Drop::late);
  send(*header, type, arrival.packet.payload, sender);
}

void Port::send(const OutHeader& header, std::uint8_t payload_type, rtp::Bytes payload, DatagramSender& sender) {
  // Extensions, CSRCs and padding were agreed with the other leg, if with anybody: they end here.
  std::array<std::uint8_t, packet_size_max + srtp::overhead_max> datagram;
  const std::size_t plain_size = rtp::write_packet({.marker = header.marker,
                                                    .payload_type = payload_type,
                                                    .sequence = header.sequence,
                                                    .timestamp = header.timestamp,
                                                    .ssrc = header.ssrc,
                                                    .payload = payload},
                                                   std::span(datagram).first(packet_size_max));
  const auto size = srtp_.protect(*ciphers_, Channel::rtp, datagram, plain_size);
  if (!size) return drop(size.error());
  if (!sender.send(make_tag(slot_of(id_), Channel::rtp), lock_.target(), {datagram.data(), *size})) {
    return drop(Drop::send_failed);
  }
  out_type_ = payload_type;
  ++sent_.packets;
  sent_.bytes += plain_size;
  sent_.octets += payload.size();
}

void Port::send_made(const Payload& format, rtp::Bytes payload, std::uint32_t duration, DatagramSender& sender,
                     TimePoint now) {
  send(out_.generate(duration, format.clock_rate, now), format.send_type, payload, sender);
}

void Port::send_event(const Payload& format, const rtp::EventPacket& event, DatagramSender& sender, TimePoint now) {
  std::array<std::uint8_t, rtp::telephone_event_size> payload;
  rtp::write_telephone_event(event.event, payload);
  send(out_.event(event.timestamp, event.marker, format.clock_rate, now), format.send_type, payload, sender);
}

/// The telephone-event of the audio's clock (RFC 4733 §2.1), or else the first.
const Payload* Port::event_format() const {
  std::uint32_t audio_clock_rate = 0;
  const Payload* found = nullptr;
  for (const Payload& p : payloads_.entries())
    if (audio_clock_rate == 0 && rtp::is_audio(p.codec)) audio_clock_rate = p.clock_rate;
  for (const Payload& p : payloads_.entries()) {
    if (p.codec != rtp::Codec::telephone_event || p.clock_rate < key_clock_rate_min) continue;
    if (found == nullptr || (p.clock_rate == audio_clock_rate && found->clock_rate != audio_clock_rate)) found = &p;
  }
  return found;
}

bool Port::prepare_keys() {
  const Payload* const format = event_format();
  if (format == nullptr) {
    keys_.reset();
  } else if (!keys_ || keys_->clock_rate() != format->clock_rate) {
    keys_ = std::make_unique<rtp::EventSender>(format->clock_rate, key_interval);
  }
  return keys_ != nullptr;
}

bool Port::press(const rtp::KeyPress& key) {
  if (!keys_) return false;
  if (keys_->add(key)) return true;
  drop(Drop::digit_flood);
  return false;
}

bool Port::send_keys(DatagramSender& sender, TimePoint now) {
  if (!keys_ || keys_->idle()) return sounds_key(now);
  const Payload& format = *event_format();
  while (const auto packet = keys_->poll(now, out_.next_timestamp(format.clock_rate, now))) {
    if (!can_send()) {
      drop(Drop::cannot_send);
      continue;
    }
    send_event(format, *packet, sender, now);
    keys_until_ = now + key_interval;
  }
  return sounds_key(now);
}

std::optional<TimePoint> Port::keys_wake() const {
  return keys_ ? keys_->next_wake() : std::nullopt;
}

// -----------------------------------------------------------------------------------------------------------------
// RTCP

Address Port::rtcp_target() const {
  const Address& target = lock_.target();
  if (rtcp_mux_) return target;
  if (rtcp_learned_) return rtcp_learned_;
  return target == lock_.signalled() && rtcp_signalled_ ? rtcp_signalled_ : next_port(target);
}

SenderClock Port::sender_clock(const Port* source, const WallClock& wall, TimePoint now) const {
  const auto rewrite = out_.rewrite();
  if (source != nullptr && rewrite) {
    // What the source says about its clocks stays true for the far end: the same NTP time, its RTP time rewritten as
    // its packets are.
    if (auto clock = source->rtcp_.source_clock(source->in_.ssrc(), source->in_clock_rate_, now)) {
      clock->timestamp += rewrite->timestamp_offset;
      return *clock;
    }
  }
  return {rtp::ntp_from_unix(wall.at(now).time_since_epoch()), out_.timestamp_at(now)};
}

void Port::send_report(const Port* source, const WallClock& wall, bool bye, DatagramSender& sender, TimePoint now) {
  const Address target = rtcp_target();
  if (!target) return;
  if (bye && sent_.packets == 0 && sent_.reports == 0) return;
  std::optional<RtcpLink::Received> received;
  if (const auto block = in_.report_block()) received = {*block, metrics(now)};
  std::array<std::uint8_t, RtcpLink::report_size_max + srtp::overhead_max> datagram;
  const std::size_t plain_size = rtcp_.build(
      std::span(datagram).first<RtcpLink::report_size_max>(),
      {.ssrc = out_.ssrc(), .clock = sender_clock(source, wall, now), .packets = sent_.packets, .octets = sent_.octets},
      received, bye, now);
  const auto size = srtp_.protect(*ciphers_, Channel::rtcp, datagram, plain_size);
  if (!size) return drop(size.error());
  const Channel channel = rtcp_mux_ ? Channel::rtp : Channel::rtcp;
  if (!sender.send(make_tag(slot_of(id_), channel), target, {datagram.data(), *size})) return drop(Drop::send_failed);
  ++sent_.reports;
}

/// Mouth to ear as far as it is known: half of the round trip, packetising, and the jitter buffer, ours or what a far
/// end's would be.
double Port::delay_ms() const {
  const double network_ms = std::max(rtcp_.remote().rtt_ms, 0.0f) / 2;
  return network_ms + packetisation_ms + (playout ? playout->target_ms : playout_jitters * in_.jitter_ms());
}

/// Of all that was sent to us; what came too late for a mixer is as good as lost.
double Port::loss() const {
  const auto missing = static_cast<double>(in_.lost() + drops_[static_cast<std::size_t>(Drop::late)]);
  const auto all = static_cast<double>(in_.lost() + in_.packets());
  return all > 0 ? std::min(missing / all, 1.0) : 0;
}

rtp::Codec Port::codec_out() const {
  if (sent_.packets == 0) return rtp::Codec::none;
  for (const Payload& p : payloads_.entries()) {
    if (p.send_type == out_type_) return p.codec;
  }
  return rtp::Codec::none;
}

/// Bursts are not told apart: all the time counts as gap.
rtp::VoipMetrics Port::metrics(TimePoint now) const {
  const auto as_fraction = [](double part) { return static_cast<std::uint8_t>(std::clamp(part * 256, 0.0, 255.0)); };
  const auto as_ms = [](double ms) { return static_cast<std::uint16_t>(std::clamp(ms, 0.0, 65535.0)); };
  const double all = static_cast<double>(in_.lost() + in_.packets());
  const double lost = all > 0 ? static_cast<double>(in_.lost()) / all : 0;
  const double target_ms = playout ? playout->target_ms : 0;
  rtp::VoipMetrics m;
  m.ssrc = in_.ssrc();
  m.loss_rate = m.gap_density = as_fraction(lost);
  m.discard_rate = as_fraction(loss() - lost);
  if (const auto since = health_.due_since())
    m.gap_ms = as_ms(std::chrono::duration<double, std::milli>(now - *since).count());
  m.round_trip_ms = as_ms(rtcp_.remote().rtt_ms);
  m.end_system_ms = as_ms(packetisation_ms + target_ms);
  if (const auto level = health_.level_dbm0()) m.signal_level = static_cast<std::uint8_t>(std::lround(*level));
  m.r_factor = static_cast<std::uint8_t>(std::lround(rtp::r_factor(codec_, loss(), delay_ms())));
  m.mos_listening = static_cast<std::uint8_t>(std::lround(10 * rtp::mos(codec_, loss(), 0)));
  m.mos_conversational = static_cast<std::uint8_t>(std::lround(10 * rtp::mos(codec_, loss(), delay_ms())));
  if (playout) {
    m.receiver_config = standard_concealment | adaptive_buffer;
    m.jitter_nominal_ms = as_ms(target_ms);
    m.jitter_max_ms = m.jitter_absolute_max_ms = jitter_buffer_max_ms;
  }
  return m;
}

PortStats Port::stats() const {
  PortStats s;
  s.packets_in = in_.packets();
  s.bytes_in = bytes_in_;
  s.packets_out = sent_.packets;
  s.bytes_out = sent_.bytes;
  s.lost = in_.lost();
  s.duplicates = in_.duplicates();
  s.out_of_order = in_.out_of_order();
  s.jitter_ms = static_cast<float>(in_.jitter_ms());
  s.jitter_ms_max = static_cast<float>(in_.jitter_ms_max());
  s.codec = codec_;
  const RemoteView& remote = rtcp_.remote();
  s.remote_loss = remote.loss;
  s.remote_lost = remote.lost;
  s.remote_jitter_ms = remote.jitter_ms;
  s.rtt_ms = remote.rtt_ms;
  if (lock_.locked()) s.locked = lock_.target();
  s.ssrc_in = in_.ssrc();
  s.ssrc_out = out_.ssrc();
  s.path = feed == Feed::relay ? Path::relay : feed == Feed::mixer ? Path::mixer : Path::none;
  s.concealed_ms = static_cast<float>(concealed_ms_ + (playout ? playout->concealed_ms : 0));
  s.jitter_target_ms = playout ? static_cast<float>(playout->target_ms) : 0;
  s.drops = drops_;
  if (s.packets_in > 0) s.mos = static_cast<float>(rtp::mos(codec_, loss(), delay_ms()));
  s.mos_now = mos_now_;
  if (s.rtt_ms >= 0) {
    s.delay_ms = s.rtt_ms / 2 + s.jitter_target_ms;
    s.remote_delay_ms = s.rtt_ms / 2 + std::max(remote.end_system_ms, 0.0f);
  }
  if (const auto level = health_.level_dbm0()) s.level_dbm0 = static_cast<float>(*level);
  s.remote_level_dbm0 = remote.level_dbm0;
  s.codec_out = codec_out();
  if (remote.mos >= 0) {
    s.remote_mos = remote.mos;
  } else if (remote.reported) {
    s.remote_mos = static_cast<float>(rtp::mos(s.codec_out, remote.loss, std::max(s.remote_delay_ms, 0.0f)));
  }
  s.verdict = health_.verdict();
  s.past_verdict = health_.past_verdict();
  return s;
}

std::string Port::save(TimePoint now) const {
  return save_value(saved_layout, *this, now);
}

std::optional<Port> Port::load(PortId id, std::string_view saved, TimePoint now, srtp::Ciphers& ciphers) {
  // What it draws is at once replaced by what was drawn then.
  struct : Random {
    std::uint64_t next() override { return 0; }
  } nothing;
  Port port(id, nothing, ciphers);
  if (!load_value(saved_layout, saved, port, now)) return std::nullopt;
  port.index_payloads();
  if (port.feed == Feed::mixer) port.feed = Feed::none;  // until it is seated again
  return port;
}

void Port::count_drops(DropCounters& counters) {
  for (std::size_t reason = 0; reason < drop_reasons; ++reason) {
    counters[reason]->add(drops_[reason] - drops_counted_[reason]);
    drops_counted_[reason] = drops_[reason];
  }
}

}  // namespace junctor::media
