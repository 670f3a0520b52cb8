#pragma once
// Transfers between phones: REFER blind and attended (RFC 3515, RFC 5589), and INVITE with Replaces (RFC 3891).
#include <string>

#include "apps/dial.hpp"
#include "call/calls.hpp"

namespace junctor::apps {

class Transfers {
 public:
  Transfers(call::Calls& calls, Dialler& dialler, const routing::Directory& directory)
      : calls_(calls), dialler_(dialler), directory_(directory) {}

  void on_call_event(const call::Event& event, TimePoint now);

  /// A new call whose INVITE named a leg of ours in Replaces: its leg takes that leg's place.
  void replace(CallId call, const call::Leg& replaced, TimePoint now);

 private:
  void attended(CallId call, LegId transferor, LegId transferee, const call::Leg& consulted, TimePoint now);
  void blind(CallId call, const call::Referred& referred, LegId transferee, TimePoint now);
  const call::Leg* find_replaced(const std::string& replaces) const;

  call::Calls& calls_;
  Dialler& dialler_;
  const routing::Directory& directory_;
};

}  // namespace junctor::apps
