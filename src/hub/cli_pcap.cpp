#include "hub/cli_pcap.hpp"

#include <algorithm>

namespace junctor::hub::cli {
namespace {

constexpr std::uint32_t magic_microseconds = 0xA1B2C3D4;
constexpr std::uint32_t link_type_raw = 101;
constexpr std::uint32_t snap_length = 65'535;
constexpr std::size_t udp_payload_max = 65'535 - 40 - 8;  // behind either IP header
constexpr std::uint8_t protocol_udp = 17;
constexpr std::uint8_t hops = 64;

void put_le(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}
void put_be(std::string& out, std::uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

std::string raw(const IpAddress& ip) {
  const std::size_t size = ip.family == Family::v4 ? 4 : 16;
  return {reinterpret_cast<const char*>(ip.bytes.data()), size};
}

/// RFC 1071.
std::uint16_t checksum(const std::string& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<unsigned char>(bytes[i]);
    const auto low = i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : static_cast<unsigned char>(0);
    sum += static_cast<std::uint32_t>(high << 8 | low);
  }
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum & 0xFFFF);
}

std::string udp(const Captured& m, const std::string& payload) {
  const auto length = static_cast<std::uint32_t>(8 + payload.size());
  std::string pseudo = raw(m.from.ip) + raw(m.to.ip);
  put_be(pseudo, length, 4);
  put_be(pseudo, protocol_udp, 4);
  std::string head;
  put_be(head, m.from.port, 2);
  put_be(head, m.to.port, 2);
  put_be(head, length, 2);
  const std::uint16_t sum = checksum(pseudo + head + std::string(2, '\0') + payload);
  put_be(head, sum == 0 ? 0xFFFF : sum, 2);
  return head + payload;
}

std::string ipv4(const Captured& m, const std::string& datagram) {
  std::string head = {'\x45', '\0'};
  put_be(head, static_cast<std::uint32_t>(20 + datagram.size()), 2);
  put_be(head, 0, 4);  // identification, fragment
  put_be(head, hops, 1);
  put_be(head, protocol_udp, 1);
  const std::string addresses = raw(m.from.ip) + raw(m.to.ip);
  const std::uint16_t sum = checksum(head + std::string(2, '\0') + addresses);
  put_be(head, sum, 2);
  return head + addresses + datagram;
}

std::string ipv6(const Captured& m, const std::string& datagram) {
  std::string head = {'\x60', '\0', '\0', '\0'};
  put_be(head, static_cast<std::uint32_t>(datagram.size()), 2);
  put_be(head, protocol_udp, 1);
  put_be(head, hops, 1);
  return head + raw(m.from.ip) + raw(m.to.ip) + datagram;
}

/// Our side may only be known as "any address": then it takes the other side's family.
void same_family(Captured& m) {
  if (m.from.ip.family == m.to.ip.family) return;
  (m.from.ip.is_any() ? m.from : m.to).ip = IpAddress{{}, m.from.ip.is_any() ? m.to.ip.family : m.from.ip.family};
}

}  // namespace

std::string pcap(const std::vector<Captured>& messages) {
  std::string out;
  put_le(out, magic_microseconds, 4);
  put_le(out, 2, 2);
  put_le(out, 4, 2);
  put_le(out, 0, 4);
  put_le(out, 0, 4);
  put_le(out, snap_length, 4);
  put_le(out, link_type_raw, 4);
  for (Captured m : messages) {
    same_family(m);
    const std::string datagram = udp(m, m.bytes.substr(0, udp_payload_max));
    const std::string packet = m.from.ip.family == Family::v4 ? ipv4(m, datagram) : ipv6(m, datagram);
    put_le(out, static_cast<std::uint32_t>(m.at_ms / 1000), 4);
    put_le(out, static_cast<std::uint32_t>(m.at_ms % 1000 * 1000), 4);
    put_le(out, static_cast<std::uint32_t>(packet.size()), 4);
    put_le(out, static_cast<std::uint32_t>(packet.size()), 4);
    out += packet;
  }
  return out;
}

}  // namespace junctor::hub::cli
