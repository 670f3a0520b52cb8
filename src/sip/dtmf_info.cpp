#include "sip/dtmf_info.hpp"

#include "sip/text.hpp"

namespace junctor::sip {
namespace {

constexpr std::string_view relay_type = "application/dtmf-relay";
constexpr std::string_view plain_type = "application/dtmf";

/// In the order of the events of RFC 4733, which some phones write as numbers.
constexpr std::string_view signals = "0123456789*#ABCD!";

std::optional<char> signal_of(std::string_view text) {
  if (text.size() == 1) {
    const char c = text[0] >= 'a' && text[0] <= 'd' ? static_cast<char>(text[0] - 'a' + 'A') : text[0];
    if (signals.find(c) == std::string_view::npos) return std::nullopt;
    return c;
  }
  const auto event =
      text.size() == 2 ? text::number(text, static_cast<std::uint32_t>(signals.size() - 1)) : std::nullopt;
  if (!event || *event < 10) return std::nullopt;
  return signals[*event];
}

std::string_view take_line(std::string_view& body) {
  const std::string_view line = text::take(body, text::find_either(body.data(), 0, body.size(), '\r', '\n'));
  if (!body.empty()) body.remove_prefix(1);
  return text::trim(line);
}

std::optional<DtmfInfo> parse_relay(std::string_view body) {
  DtmfInfo info;
  while (!body.empty()) {
    std::string_view value = take_line(body);
    const std::string_view name = text::trim(text::take(value, text::find_char(value, '=')));
    if (!text::take_char(value, '=')) continue;
    value = text::trim(value);
    if (text::iequals(name, "signal")) {
      const auto digit = signal_of(value);
      if (!digit || info.digit != 0) return std::nullopt;
      info.digit = *digit;
    } else if (text::iequals(name, "duration")) {
      const auto duration = text::take_clamped(value, DtmfInfo::duration_max_ms);
      if (!duration || !value.empty()) return std::nullopt;
      info.duration_ms = duration;
    }
  }
  return info.digit == 0 ? std::nullopt : std::optional(info);
}

}  // namespace

std::optional<DtmfInfoType> dtmf_info_type(std::string_view content_type) {
  const std::string_view type = text::trim(content_type.substr(0, text::find_char(content_type, ';')));
  if (text::iequals(type, relay_type)) return DtmfInfoType::relay;
  if (text::iequals(type, plain_type)) return DtmfInfoType::plain;
  return std::nullopt;
}

std::string_view content_type(DtmfInfoType type) {
  return type == DtmfInfoType::relay ? relay_type : plain_type;
}

std::optional<DtmfInfo> parse_dtmf_info(DtmfInfoType type, std::string_view body) {
  if (type == DtmfInfoType::relay) return parse_relay(body);
  const auto digit = signal_of(text::trim(body));
  return digit ? std::optional(DtmfInfo{.digit = *digit}) : std::nullopt;
}

std::string to_string(const DtmfInfo& info, DtmfInfoType type) {
  if (type == DtmfInfoType::plain) return {info.digit};
  std::string out = "Signal=";
  out += info.digit;
  out += "\r\n";
  if (info.duration_ms) {
    out += "Duration=";
    text::append_number(out, *info.duration_ms);
    out += "\r\n";
  }
  return out;
}

}  // namespace junctor::sip
