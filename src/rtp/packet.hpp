#pragma once
// RTP packets (RFC 3550 §5.1). A Packet is a view into the datagram that it was parsed from.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.hpp"

namespace junctor::rtp {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t fixed_header_size = 12;
constexpr std::uint8_t version = 2;

/// Why a datagram is not an RTP packet.
enum class PacketError : std::uint8_t {
  too_short,      ///< less than the fixed header
  bad_version,    ///< not version 2
  bad_csrc,       ///< the CSRC list passes the end
  bad_extension,  ///< the header extension passes the end
  bad_padding,    ///< padding count of zero, or more than what follows the header
};

struct Packet {
  bool marker = false;
  std::uint8_t payload_type = 0;  ///< 0 … 127
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  Bytes csrcs;  ///< 0 … 15 identifiers of four bytes each
  bool has_extension = false;
  std::uint16_t extension_profile = 0;  ///< "defined by profile"
  Bytes extension;                      ///< a multiple of four bytes
  Bytes payload;                        ///< without padding
  std::uint8_t padding = 0;             ///< bytes of padding, the count byte included
};

Result<Packet, PacketError> parse_packet(Bytes datagram);

/// Writes the packet (padding as zeros and the count) and returns its size; 0 if it does not fit or has a field out of
/// range. `out` must not overlap what the packet views.
std::size_t write_packet(const Packet& packet, std::span<std::uint8_t> out);

/// RTP and RTCP on one port (RFC 5761 §4): true when the datagram is meant to be RTCP.
inline bool looks_like_rtcp(Bytes datagram) {
  return datagram.size() >= 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

}  // namespace junctor::rtp
