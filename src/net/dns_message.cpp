#include "net/dns_message.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace junctor::net {
namespace {

constexpr std::size_t header_bytes = 12;
constexpr std::size_t name_chars = 255;  // RFC 1035 §2.3.4
constexpr std::size_t compression_jumps = 64;
constexpr std::uint32_t longest_ttl = 7 * 24 * 3600;
constexpr std::uint16_t class_in = 1;

std::uint16_t number_of(DnsType type) {
  switch (type) {
    case DnsType::a:
      return 1;
    case DnsType::aaaa:
      return 28;
    case DnsType::srv:
      return 33;
    case DnsType::naptr:
      return 35;
  }
  return 0;
}

/// Reads forward; once something does not fit, everything after is empty and ok() is false.
class Reader {
 public:
  Reader(std::span<const std::uint8_t> message, std::size_t at, std::size_t end)
      : message_(message), at_(at), end_(end) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == end_; }
  std::size_t at() const { return at_; }

  std::span<const std::uint8_t> bytes(std::size_t count) {
    if (!ok_ || end_ - at_ < count) {
      ok_ = false;
      return {};
    }
    return message_.subspan(std::exchange(at_, at_ + count), count);
  }

  std::uint16_t u16() {
    const auto b = bytes(2);
    return b.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(b[0] << 8 | b[1]);
  }

  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }

  std::string character_string() {
    const auto length = bytes(1);
    if (length.empty()) return {};
    const auto text = bytes(length[0]);
    return {text.begin(), text.end()};
  }

  /// Without the final dot; compression pointers (RFC 1035 §4.1.4) may lead anywhere in the message.
  std::string name() {
    std::string out;
    std::size_t read_at = at_, limit = end_, jumps = 0;
    for (bool jumped = false; ok_;) {
      if (read_at >= limit) break;
      const std::uint8_t length = message_[read_at++];
      if ((length & 0xC0) == 0xC0) {
        if (read_at >= limit || ++jumps > compression_jumps) break;
        const std::size_t target = std::size_t{length & 0x3Fu} << 8 | message_[read_at++];
        if (!std::exchange(jumped, true)) at_ = read_at;
        read_at = target;
        limit = message_.size();
      } else if (length == 0) {
        if (!jumped) at_ = read_at;
        return out;
      } else {
        if (length > 63 || limit - read_at < length || out.size() + length + 1 > name_chars) break;
        if (!out.empty()) out += '.';
        for (const std::uint8_t byte : message_.subspan(read_at, length)) out += static_cast<char>(byte);
        read_at += length;
      }
    }
    ok_ = false;
    return {};
  }

 private:
  std::span<const std::uint8_t> message_;
  std::size_t at_, end_;
  bool ok_ = true;
};

bool read_data(Reader& data, DnsType type, DnsAnswer& answer) {
  switch (type) {
    case DnsType::a:
    case DnsType::aaaa: {
      IpAddress ip{{}, type == DnsType::a ? Family::v4 : Family::v6};
      const auto bytes = data.bytes(type == DnsType::a ? 4 : 16);
      std::copy(bytes.begin(), bytes.end(), ip.bytes.begin());
      answer.addresses.push_back(ip);
      break;
    }
    case DnsType::srv: {
      SrvRecord record;
      record.priority = data.u16();
      record.weight = data.u16();
      record.port = data.u16();
      record.target = data.name();
      answer.srv.push_back(std::move(record));
      break;
    }
    case DnsType::naptr: {
      NaptrRecord record;
      record.order = data.u16();
      record.preference = data.u16();
      record.flags = data.character_string();
      record.service = data.character_string();
      record.regexp = data.character_string();
      record.replacement = data.name();
      answer.naptr.push_back(std::move(record));
      break;
    }
  }
  return data.ok() && data.at_end();
}

}  // namespace

DnsAnswer parse_dns_answer(std::span<const std::uint8_t> message, DnsType type) {
  Reader reader(message, 0, message.size());
  reader.bytes(4);  // id and flags
  const std::uint16_t questions = reader.u16();
  const std::uint16_t records = reader.u16();
  reader.bytes(header_bytes - 8);
  for (int i = 0; i < questions && reader.ok(); ++i) {
    reader.name();
    reader.bytes(4);
  }
  DnsAnswer answer;
  std::uint32_t ttl = longest_ttl;
  bool found = false;
  for (int i = 0; i < records; ++i) {
    reader.name();
    const std::uint16_t record_type = reader.u16();
    const std::uint16_t record_class = reader.u16();
    const std::uint32_t record_ttl = reader.u32();
    const std::size_t length = reader.u16();
    const std::size_t at = reader.at();
    reader.bytes(length);
    if (!reader.ok()) return {};
    // Aliases on the way bound the life of what they lead to, so the smallest of all counts. RFC 2181 §8: with the top
    // bit set it means zero.
    ttl = std::min(ttl, (record_ttl >> 31) != 0 ? 0 : record_ttl);
    if (record_type != number_of(type) || record_class != class_in) continue;
    Reader data(message, at, at + length);
    if (!read_data(data, type, answer)) return {};
    found = true;
  }
  if (!reader.ok()) return {};
  answer.status = found ? DnsStatus::ok : DnsStatus::no_data;
  answer.ttl = seconds(found ? ttl : 0);
  return answer;
}

}  // namespace junctor::net
