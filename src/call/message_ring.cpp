#include "call/message_ring.hpp"

#include <algorithm>
#include <functional>

#include "sip/header_id.hpp"

namespace junctor::call {
namespace {

// So many of these fill the ring: where messages are shorter still, the list of them makes the oldest go.
constexpr std::size_t short_message_bytes = 512;
constexpr std::size_t few_messages = 64;  // for a small ring

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The value of the first header line of that id, without parsing the message: messages that cannot be parsed are kept
/// too.
std::string_view header_value(std::string_view text, sip::HeaderId id) {
  const char initial = small(sip::to_string(id).front());
  std::size_t at = text.find('\n');
  while (at != std::string_view::npos && at + 1 < text.size()) {
    const std::size_t begin = at + 1;
    at = text.find('\n', begin);
    std::string_view line = text.substr(begin, at == std::string_view::npos ? at : at - begin);
    if (line.empty() || line == "\r") return {};
    // Most lines are told by their first letter; a compact form is one letter long.
    if (small(line.front()) != initial && line.size() > 1 && small(line[1]) >= 'a' && small(line[1]) <= 'z') continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) continue;
    std::string_view name = line.substr(0, colon);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
    if (sip::header_from(name) != id) continue;
    line.remove_prefix(colon + 1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    return line;
  }
  return {};
}

}  // namespace

MessageRing::MessageRing(std::size_t bytes, Duration keep)
    : buffer_(bytes, '\0'), keep_(keep), kept_(bytes / short_message_bytes + few_messages) {}

void MessageRing::on_message(transport::Direction direction, transport::Protocol protocol, const Address& local,
                             const Address& remote, std::string_view bytes, TimePoint now) {
  if (bytes.size() > buffer_.size() || bytes.starts_with("REGISTER ")) return;
  if (bytes.starts_with("SIP/2.0 ") && header_value(bytes, sip::HeaderId::cseq).ends_with("REGISTER")) return;
  const std::string_view call_id = header_value(bytes, sip::HeaderId::call_id);
  if (call_id.empty()) return;
  while (!kept_.empty() && now - kept_.front().at > keep_) kept_.pop_front();
  if (next_ + bytes.size() > buffer_.size()) {  // a message is never split over the end
    while (!kept_.empty() && kept_.front().begin >= next_) kept_.pop_front();
    next_ = 0;
  }
  while (!kept_.empty() && kept_.front().begin >= next_ && kept_.front().begin < next_ + bytes.size())
    kept_.pop_front();
  std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(next_));
  kept_.push_back({now, std::hash<std::string_view>{}(call_id), next_, static_cast<std::uint32_t>(bytes.size()),
                   direction, protocol, local, remote});
  next_ += bytes.size();
}

std::vector<MessageRing::Entry> MessageRing::find(const std::vector<std::string>& call_ids) const {
  std::vector<Entry> out;
  for (const Kept& kept : kept_) {
    for (const std::string& call_id : call_ids) {
      if (std::hash<std::string_view>{}(call_id) != kept.call_id_hash) continue;
      const std::string_view text(buffer_.data() + kept.begin, kept.length);
      if (header_value(text, sip::HeaderId::call_id) != call_id) continue;
      out.push_back({kept.at, kept.direction, kept.protocol, kept.local, kept.remote, std::string(text)});
      break;
    }
  }
  return out;
}

}  // namespace junctor::call
