#pragma once
// Where a call may be sent, as operators write it: user:1001, ring:1001,1002, dial:URI, queue:NAME, ivr:NAME,
// conference:NAME, voicemail:BOX, rwi:CONTEXT, reject:CODE, browsers. One grammar, parsed here only.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace junctor::routing {

struct Destination {
  enum class Kind : std::uint8_t { user, ring, dial, queue, ivr, conference, voicemail, rwi, reject, browsers };

  Kind kind = Kind::user;
  std::vector<std::string> names;  ///< the users of `ring`; else one: user, URI, queue, menu, room, box or context
  int code = 0;                    ///< of `reject`, 300–699

  const std::string& name() const { return names.front(); }  ///< not for `reject` and `browsers`
  bool operator==(const Destination&) const = default;

  /// A sip: or sips: URI without `dial:` is taken as `dial`. The error is one line for the operator.
  static Result<Destination, std::string> parse(std::string_view text);
};

/// The inverse of parse().
std::string to_string(const Destination& destination);

}  // namespace junctor::routing
