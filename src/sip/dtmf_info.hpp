#pragma once
// DTMF in the body of INFO: application/dtmf-relay ("Signal=5", "Duration=160") and application/dtmf ("5").
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace junctor::sip {

struct DtmfInfo {
  static constexpr std::uint32_t duration_max_ms = 60'000;

  char digit = 0;                            ///< 0–9 * # A–D, and '!' for a hook flash
  std::optional<std::uint32_t> duration_ms;  ///< at most duration_max_ms; not told by application/dtmf

  bool operator==(const DtmfInfo&) const = default;
};

enum class DtmfInfoType : std::uint8_t { relay, plain };

/// By the value of Content-Type, parameters ignored; nothing for another type.
std::optional<DtmfInfoType> dtmf_info_type(std::string_view content_type);
std::string_view content_type(DtmfInfoType type);

/// Nothing if the body does not have exactly one signal. Digits come in either case, * # A–D and flash also as the
/// numbers 10 to 16; lines end in CR, LF or both; a longer duration counts as the longest.
std::optional<DtmfInfo> parse_dtmf_info(DtmfInfoType type, std::string_view body);
/// The body. Without a duration, a relay body has none either.
std::string to_string(const DtmfInfo& info, DtmfInfoType type);

}  // namespace junctor::sip
