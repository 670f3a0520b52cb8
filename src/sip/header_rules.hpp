#pragma once
// Which headers a back-to-back user agent passes from a message on one side to the message on its other side: a value
// that can be printed, compared and configured.
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message.hpp"

namespace junctor::sip {

struct HeaderRule {
  enum class Action : std::uint8_t { keep, drop, set };
  Action action = Action::keep;
  std::string name;   ///< keep and drop: a header name, or the beginning of one and '*'
  std::string value;  ///< of set; empty removes the header

  bool operator==(const HeaderRule&) const = default;
};

HeaderRule keep(std::string pattern);
HeaderRule drop(std::string pattern);
HeaderRule set(std::string name, std::string value);

/// For each header of the incoming message the first keep or drop whose name fits decides; a header that none fits is
/// not passed. Then each set replaces that header of the outgoing message, in order.
/// Headers that belong to one side only never pass and are never set, whatever the rules say: see is_side_header().
struct HeaderRules {
  std::vector<HeaderRule> rules;

  HeaderRules() = default;
  HeaderRules(std::initializer_list<HeaderRule> list) : rules(list) {}
  bool operator==(const HeaderRules&) const = default;

  /// Adds to `outgoing` what passes of `incoming`, behind its own headers.
  void apply(const Message& incoming, Message& outgoing) const;
};

/// Routing, dialog, transaction, authentication, body and capability headers: each side makes its own.
bool is_side_header(HeaderId id);

/// One rule a line: "keep Subject", "drop X-Internal-*", "set P-Asserted-Identity: <sip:100@hub.example>".
std::string to_string(const HeaderRules& rules);
std::optional<HeaderRule> parse_header_rule(std::string_view line);

}  // namespace junctor::sip
