#pragma once
// The two requests that a client transaction builds by itself, both with the branch of their INVITE.
#include <string_view>

#include "sip/message.hpp"

namespace junctor::transaction {

/// The ACK for a non-2xx final (RFC 3261 §17.1.1.3).
sip::Message ack_for(const sip::Message& invite, const sip::Message& response);
/// The CANCEL (RFC 3261 §9.1); `reason` is a Reason header (RFC 3326), none if empty.
sip::Message cancel_for(const sip::Message& invite, std::string_view reason);

}  // namespace junctor::transaction
