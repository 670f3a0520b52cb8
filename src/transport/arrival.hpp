#pragma once
// What is done to a request before anybody looks at it: Via, Route, and the reasons to refuse it at the door.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message.hpp"
#include "transport/advertise.hpp"
#include "transport/hop.hpp"

namespace junctor::transport {

/// Writes received and rport into the top Via (RFC 3261 §18.2.1, RFC 3581 §4).
void fix_top_via(sip::Message& request, const Source& source);

/// Where its responses go (§18.2.2, RFC 3581 §4): back to the source; to sent-by's port if rport was not asked for.
Hop way_back(const sip::Message& request, const Source& source);

/// Who we are in a Route or Request-URI: one of our sockets, or one of our names.
class Ourselves {
 public:
  Ourselves(const Advertise& advertise, std::vector<std::string> names);
  bool is_us(const sip::Uri& uri) const;

 private:
  const Advertise& advertise_;
  std::vector<std::string> names_;
};

/// Removes the Routes at the top that are us, after undoing what a strict router did (§16.4: our Route stands in the
/// Request-URI, the target is the last Route).
void take_own_routes(sip::Message& request, const Ourselves& ourselves);

/// Whether the overload answer is due rather than service: work that begins something new.
bool begins_something(const sip::Message& request);

/// Max-Forwards is used up and the request would go on beyond us (§16.3): the one place where this is checked. OPTIONS
/// and REGISTER end here; what belongs to a dialog has us as its end.
bool has_too_many_hops(const sip::Message& request);

}  // namespace junctor::transport
