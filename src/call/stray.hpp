#pragma once
// A 2xx that nobody waits for: of another fork below us, or come after its leg was gone (RFC 3261 §13.2.2.4).
#include <cstdint>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "sip/message.hpp"
#include "transport/endpoint.hpp"

namespace junctor::call {

/// Sends its ACK and then BYE, both built from the 2xx alone. The transaction of the BYE; none if the 2xx has no
/// Contact.
TransactionId end_stray(transport::Endpoint& endpoint, const sip::Message& answer, std::uint64_t owner, TimePoint now);

}  // namespace junctor::call
