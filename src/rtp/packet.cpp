#include "rtp/packet.hpp"

#include "rtp/bytes.hpp"

namespace junctor::rtp {

Result<Packet, PacketError> parse_packet(Bytes datagram) {
  if (datagram.size() < fixed_header_size) return fail(PacketError::too_short);
  const std::uint8_t* const p = datagram.data();
  if (p[0] >> 6 != version) return fail(PacketError::bad_version);
  const bool padded = (p[0] & 0x20) != 0;
  const std::size_t csrc_bytes = std::size_t{4} * (p[0] & 0x0fu);

  Packet packet;
  packet.has_extension = (p[0] & 0x10) != 0;
  packet.marker = (p[1] & 0x80) != 0;
  packet.payload_type = p[1] & 0x7f;
  packet.sequence = read_u16(p + 2);
  packet.timestamp = read_u32(p + 4);
  packet.ssrc = read_u32(p + 8);

  Bytes rest = datagram.subspan(fixed_header_size);
  if (rest.size() < csrc_bytes) return fail(PacketError::bad_csrc);
  packet.csrcs = rest.first(csrc_bytes);
  rest = rest.subspan(csrc_bytes);

  if (packet.has_extension) {
    if (rest.size() < 4) return fail(PacketError::bad_extension);
    packet.extension_profile = read_u16(rest.data());
    const std::size_t size = std::size_t{4} * read_u16(rest.data() + 2);
    if (rest.size() - 4 < size) return fail(PacketError::bad_extension);
    packet.extension = rest.subspan(4, size);
    rest = rest.subspan(4 + size);
  }
  if (padded) {
    if (rest.empty() || rest.back() == 0 || rest.back() > rest.size()) return fail(PacketError::bad_padding);
    packet.padding = rest.back();
    rest = rest.first(rest.size() - packet.padding);
  }
  packet.payload = rest;
  return packet;
}

std::size_t write_packet(const Packet& packet, std::span<std::uint8_t> out) {
  const std::size_t extension_size = packet.has_extension ? 4 + packet.extension.size() : 0;
  const std::size_t size =
      fixed_header_size + packet.csrcs.size() + extension_size + packet.payload.size() + packet.padding;
  const bool in_range = packet.payload_type <= 127 && packet.csrcs.size() % 4 == 0 && packet.csrcs.size() <= 60 &&
                        packet.extension.size() % 4 == 0 && packet.extension.size() / 4 <= 0xffff;
  if (!in_range || size > out.size()) return 0;

  std::uint8_t* p = out.data();
  p[0] = static_cast<std::uint8_t>(version << 6 | (packet.padding != 0 ? 0x20 : 0) | (packet.has_extension ? 0x10 : 0) |
                                   static_cast<int>(packet.csrcs.size() / 4));
  p[1] = static_cast<std::uint8_t>((packet.marker ? 0x80 : 0) | packet.payload_type);
  write_u16(p + 2, packet.sequence);
  write_u32(p + 4, packet.timestamp);
  write_u32(p + 8, packet.ssrc);
  p = std::copy(packet.csrcs.begin(), packet.csrcs.end(), p + fixed_header_size);
  if (packet.has_extension) {
    write_u16(p, packet.extension_profile);
    write_u16(p + 2, static_cast<std::uint16_t>(packet.extension.size() / 4));
    p = std::copy(packet.extension.begin(), packet.extension.end(), p + 4);
  }
  p = std::copy(packet.payload.begin(), packet.payload.end(), p);
  if (packet.padding != 0) {
    p = std::fill_n(p, packet.padding - 1, std::uint8_t{0});
    *p = packet.padding;
  }
  return size;
}

}  // namespace junctor::rtp
