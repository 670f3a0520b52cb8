#pragma once
// Key presses of one far end, which may be told in several ways: each counts once.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/time.hpp"

namespace junctor::call {

/// In the order in which they are believed.
enum class DigitKind : std::uint8_t {
  in_band,  ///< tones in the audio
  info,     ///< SIP INFO
  event,    ///< telephone-event (RFC 4733)
};
/// As programs say it: inband, info, rfc4733.
constexpr std::string_view to_string(DigitKind kind) {
  constexpr std::string_view words[] = {"inband", "info", "rfc4733"};
  return words[static_cast<std::size_t>(kind)];
}

/// There are phones that send INFO beside telephone-events, or play the tone beside INFO. Once a far end has told a key
/// press in one way, what it tells in a way that is less believed is a copy. A plain value.
class DigitSource {
 public:
  /// The first time that a better way is used, the same key so soon after is the same press.
  static constexpr Duration same_press = seconds(1);

  /// False for a copy.
  bool is_new(DigitKind kind, char digit, TimePoint now) {
    if (digit_ != 0 && kind < kind_) return false;
    const bool copy = kind > kind_ && digit == digit_ && now - time_ <= same_press;
    kind_ = kind;
    digit_ = digit;
    time_ = now;
    return !copy;
  }

 private:
  DigitKind kind_ = DigitKind::in_band;
  char digit_ = 0;  // 0: none was told
  TimePoint time_{};
};

}  // namespace junctor::call
