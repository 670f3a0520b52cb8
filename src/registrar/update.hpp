#pragma once
// What one REGISTER means for the bindings of its user (RFC 3261 §10.3 steps 6 to 8), as data: nothing is changed here.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "registrar/binding.hpp"
#include "sip/message.hpp"
#include "store/store.hpp"

namespace junctor::registrar {

struct BindingLimits {
  std::uint32_t expires_default_secs = 3600;
  std::uint32_t expires_min_secs = 60;    ///< shorter: 423 (RFC 3261 §10.2.8)
  std::uint32_t expires_max_secs = 7200;  ///< longer is shortened
  std::size_t contacts_max = 10;          ///< per user; one more: 403
};

/// Both forms of the same change: for memory, and for the store.
struct Update {
  std::vector<Binding> put;      ///< each replaces the binding with the same contact text
  store::UpdateBindings stored;  ///< its `remove` and `remove_all` come before `put`

  bool empty() const { return put.empty() && stored.remove.empty() && !stored.remove_all; }
};

struct Refusal {
  int status = 400;
  std::string_view reason;
};

/// A request without Contact gives an empty update: it only asks.
Result<Update, Refusal> plan_update(std::span<const Binding> bindings, const sip::Message& request,
                                    std::string_view user, const Reach& source, const BindingLimits& limits,
                                    TimePoint now, WallTime wall);

/// Puts the update into effect.
void apply_update(std::vector<Binding>& bindings, Update update);

}  // namespace junctor::registrar
