#pragma once
// Sees every SIP message in and out, as bytes: for the ring of last messages per call, and for captures.
#include <cstdint>
#include <string_view>

#include "base/address.hpp"
#include "base/time.hpp"
#include "transport/hop.hpp"

namespace junctor::transport {

enum class Direction : std::uint8_t { received, sent };

class MessageObserver {
 public:
  virtual ~MessageObserver() = default;
  /// `bytes` is only valid during the call. `local` may be a wildcard address for UDP. Malformed messages are seen too.
  virtual void on_message(Direction direction, Protocol protocol, const Address& local, const Address& remote,
                          std::string_view bytes, TimePoint now) = 0;
};

}  // namespace junctor::transport
