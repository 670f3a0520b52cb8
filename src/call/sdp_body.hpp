#pragma once
// Small things that all files of a leg share: session descriptions in bodies, tags, the Reason header, and the lists of
// what we allow and support.
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "call/vocabulary.hpp"
#include "sip/message.hpp"
#include "sip/sdp.hpp"

namespace junctor::call {

inline constexpr std::string_view allowed_methods =
    "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY, MESSAGE";
inline constexpr std::string_view supported_extensions = "timer, 100rel, replaces";
bool is_supported_extension(std::string_view token);

/// The session description in a message: nothing when it has none, an error when it cannot be read.
Result<std::optional<sip::sdp::Session>, sip::sdp::Error> session_in(const sip::Message& message);
void put_session(sip::Message& message, const sip::sdp::Session& session);

/// A To or From value with this tag.
std::string with_tag(std::string_view name_addr, std::string_view tag);

/// A Reason header's values (RFC 3326) for the end of a dialog, SIP and Q.850; without one where it says nothing.
std::string reason_header(const Cause& cause);
/// The same for a final response, whose status says the other half.
std::string reason_of_refusal(const Cause& cause);

}  // namespace junctor::call
