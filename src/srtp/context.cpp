#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "srtp/bytes.hpp"
#include "srtp/srtp.hpp"

namespace junctor::srtp {
namespace {

constexpr std::size_t rtp_header_size = 12;
constexpr std::size_t rtcp_header_size = 8;  // up to the sender's SSRC; not encrypted
constexpr std::size_t index_size = 4;        // E flag and SRTCP index
constexpr std::uint32_t e_flag = 0x8000'0000;
constexpr std::uint64_t rtp_index_end = std::uint64_t{1} << 48;
constexpr std::uint64_t rtcp_index_end = std::uint64_t{1} << 31;

using Bytes = std::span<const std::uint8_t>;

Transform make_transform(const MasterKey& master, Channel channel) {
  const SessionKeys keys = derive(master, channel);
  switch (master.suite) {
    case Suite::aead_aes_128_gcm:
    case Suite::aead_aes_256_gcm:
      return Transform::gcm(keys, key_size(master.suite));
    case Suite::aes_cm_128_hmac_sha1_32:
    case Suite::aes_256_cm_hmac_sha1_32:  // RTCP keeps the long tag (RFC 4568 §6.2.2, RFC 6188 §6)
      return Transform::counter_mode(keys, key_size(master.suite), channel == Channel::rtp ? 4 : 10);
    default:
      return Transform::counter_mode(keys, key_size(master.suite), 10);
  }
}

/// What of an RTP packet stays in clear: fixed header, CSRCs, header extension. Nothing when it passes the end.
std::optional<std::size_t> rtp_clear_size(Bytes packet) {
  if (packet.size() < rtp_header_size || packet[0] >> 6 != 2) return std::nullopt;
  std::size_t clear = rtp_header_size + std::size_t{4} * (packet[0] & 0x0fu);
  if ((packet[0] & 0x10) != 0) {
    if (packet.size() < clear + 4) return std::nullopt;
    clear += 4 + std::size_t{4} * read_u16(&packet[clear + 2]);
  }
  if (packet.size() < clear) return std::nullopt;
  return clear;
}

bool is_rtcp(Bytes packet) {
  return packet.size() >= rtcp_header_size && packet[0] >> 6 == 2;
}

/// The index of which `sequence` is the lower half, nearest to the highest one (RFC 3711 §3.3.1). Nothing is before
/// rollover counter 0.
std::uint64_t estimate(const ReplayWindow<1024>& seen, std::uint16_t sequence) {
  if (seen.empty()) return sequence;
  const auto highest = static_cast<std::int64_t>(seen.highest());
  const auto ahead = static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence - seen.highest()));
  const std::int64_t index = highest + ahead;
  return index < 0 ? sequence : static_cast<std::uint64_t>(index);
}

/// Where a packet belongs; the sender is null when it is a new one.
struct Place {
  Sender* sender = nullptr;
  Position at;
};

/// Why a packet at `place` may not pass, as far as is known before its tag is looked at.
template <class Window>
std::optional<SrtpError> refusal(const State& state, const Place& place, Window Sender::* window, std::uint64_t end,
                                 std::uint64_t packets) {
  if (place.at.index >= end || packets >= state.master.lifetime) return SrtpError::key_exhausted;
  if (place.sender == nullptr && state.senders.full()) return SrtpError::ssrc_table_full;
  if (place.sender != nullptr && !(place.sender->*window).is_new(place.at.index)) return SrtpError::replayed;
  return std::nullopt;
}

/// The packet at `place` has passed.
template <class Window>
void accept(State& state, const Place& place, Window Sender::* window, std::uint64_t& packets) {
  Sender& sender = place.sender != nullptr ? *place.sender : state.senders.add(Sender{.ssrc = place.at.ssrc});
  (sender.*window).mark(place.at.index);
  ++packets;
}

Place rtp_place(State& state, Bytes packet) {
  const std::uint32_t ssrc = read_u32(&packet[8]);
  const std::uint16_t sequence = read_u16(&packet[2]);
  Sender* const sender = state.senders.find(ssrc);
  return {sender, {ssrc, sender != nullptr ? estimate(sender->rtp, sequence) : sequence}};
}

/// What follows the compound packet: index and tag (RFC 3711 §3.4), with GCM tag and index (RFC 7714 §9.3).
struct RtcpTail {
  RtcpTail(std::span<std::uint8_t> bytes, const Transform& transform)
      : index(transform.is_aead() ? bytes.last<index_size>() : bytes.first<index_size>()),
        tag(transform.is_aead() ? bytes.first(transform.tag_size()) : bytes.last(transform.tag_size())) {}
  std::span<std::uint8_t, index_size> index;
  std::span<std::uint8_t> tag;
};

/// What is authenticated behind an RTP packet without being sent: the rollover counter (RFC 3711 §4.2). GCM has it in
/// the nonce alone.
Bytes rtp_trailer(const Transform& transform, const std::array<std::uint8_t, 4>& roc) {
  return transform.is_aead() ? Bytes() : Bytes(roc);
}

std::array<std::uint8_t, 4> rollover_counter(const Position& at) {
  std::array<std::uint8_t, 4> bytes;
  write_u32(bytes.data(), static_cast<std::uint32_t>(at.index >> 16));
  return bytes;
}

}  // namespace

Context::Context(Direction direction, const MasterKey& master)
    : Context(State{.direction = direction, .master = master}) {}

Context::Context(State saved)
    : rtp_(make_transform(saved.master, Channel::rtp)),
      state_(std::move(saved)),
      rtcp_(make_transform(state_.master, Channel::rtcp)) {
  state_.senders.make_room();
}

void Context::rekey(const MasterKey& master) {
  state_.master = master;
  state_.rtp_packets = state_.rtcp_packets = 0;
  rtp_ = make_transform(state_.master, Channel::rtp);
  rtcp_ = make_transform(state_.master, Channel::rtcp);
}

Result<std::size_t, SrtpError> Context::protect(Ciphers& ciphers, std::span<std::uint8_t> buffer, std::size_t size) {
  JUNCTOR_CHECK(state_.direction == Direction::outbound && size <= buffer.size());
  const std::size_t tag = rtp_.tag_size();
  const auto packet = buffer.first(size);
  const auto clear = rtp_clear_size(packet);
  if (!clear) return fail(SrtpError::malformed);
  if (buffer.size() - size < tag) return fail(SrtpError::no_room);
  const Place place = rtp_place(state_, packet);
  if (const auto error = refusal(state_, place, &Sender::rtp, rtp_index_end, state_.rtp_packets)) return fail(*error);

  const auto roc = rollover_counter(place.at);
  rtp_.seal(ciphers, packet, *clear, place.at, rtp_trailer(rtp_, roc), buffer.subspan(size, tag));
  accept(state_, place, &Sender::rtp, state_.rtp_packets);
  return size + tag;
}

Result<std::size_t, SrtpError> Context::unprotect(Ciphers& ciphers, std::span<std::uint8_t> packet) {
  JUNCTOR_CHECK(state_.direction == Direction::inbound);
  const std::size_t tag = rtp_.tag_size();
  if (packet.size() < tag) return fail(SrtpError::malformed);
  const auto inner = packet.first(packet.size() - tag);
  const auto clear = rtp_clear_size(inner);
  if (!clear) return fail(SrtpError::malformed);
  const Place place = rtp_place(state_, inner);
  if (const auto error = refusal(state_, place, &Sender::rtp, rtp_index_end, state_.rtp_packets)) return fail(*error);

  const auto roc = rollover_counter(place.at);
  if (!rtp_.open(ciphers, inner, *clear, place.at, rtp_trailer(rtp_, roc), packet.last(tag)))
    return fail(SrtpError::auth_failed);
  accept(state_, place, &Sender::rtp, state_.rtp_packets);
  return inner.size();
}

Result<std::size_t, SrtpError> Context::protect_rtcp(Ciphers& ciphers, std::span<std::uint8_t> buffer,
                                                     std::size_t size) {
  JUNCTOR_CHECK(state_.direction == Direction::outbound && size <= buffer.size());
  const std::size_t tag = rtcp_.tag_size();
  const auto packet = buffer.first(size);
  if (!is_rtcp(packet)) return fail(SrtpError::malformed);
  if (buffer.size() - size < tag + index_size) return fail(SrtpError::no_room);
  const std::uint32_t ssrc = read_u32(&packet[4]);
  Sender* const sender = state_.senders.find(ssrc);
  const bool first = sender == nullptr || sender->rtcp.empty();
  const Place place{sender, {ssrc, first ? 0 : sender->rtcp.highest() + 1}};
  if (const auto error = refusal(state_, place, &Sender::rtcp, rtcp_index_end, state_.rtcp_packets))
    return fail(*error);

  const RtcpTail tail(buffer.subspan(size, tag + index_size), rtcp_);
  write_u32(tail.index.data(), e_flag | static_cast<std::uint32_t>(place.at.index));
  rtcp_.seal(ciphers, packet, rtcp_header_size, place.at, tail.index, tail.tag);
  accept(state_, place, &Sender::rtcp, state_.rtcp_packets);
  return size + tag + index_size;
}

Result<std::size_t, SrtpError> Context::unprotect_rtcp(Ciphers& ciphers, std::span<std::uint8_t> packet) {
  JUNCTOR_CHECK(state_.direction == Direction::inbound);
  const std::size_t tail_size = rtcp_.tag_size() + index_size;
  if (packet.size() < tail_size) return fail(SrtpError::malformed);
  const auto inner = packet.first(packet.size() - tail_size);
  const RtcpTail tail(packet.last(tail_size), rtcp_);
  const std::uint32_t word = read_u32(tail.index.data());
  if (!is_rtcp(inner) || (word & e_flag) == 0) return fail(SrtpError::malformed);
  const std::uint32_t ssrc = read_u32(&inner[4]);
  const Place place{state_.senders.find(ssrc), {ssrc, word & ~e_flag}};
  if (const auto error = refusal(state_, place, &Sender::rtcp, rtcp_index_end, state_.rtcp_packets))
    return fail(*error);

  if (!rtcp_.open(ciphers, inner, rtcp_header_size, place.at, tail.index, tail.tag))
    return fail(SrtpError::auth_failed);
  accept(state_, place, &Sender::rtcp, state_.rtcp_packets);
  return inner.size();
}

}  // namespace junctor::srtp
