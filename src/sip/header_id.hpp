#pragma once
// The headers and methods that this stack knows by number. Anything else is `other` and goes by its name.
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace junctor::sip {

enum class Method : std::uint8_t {
  invite,
  ack,
  bye,
  cancel,
  register_,
  options,
  info,
  prack,
  update,
  subscribe,
  notify,
  refer,
  message,
  publish,
  other
};

/// Case-sensitive (RFC 3261 §7.1); `other` for any method that is not in the enum.
Method method_from(std::string_view name);
/// "INVITE"; empty for `other`.
std::string_view to_string(Method method);

enum class HeaderId : std::uint8_t {
  other,
  accept,
  accept_contact,
  accept_encoding,
  accept_language,
  alert_info,
  allow,
  allow_events,
  answer_mode,
  authentication_info,
  authorization,
  call_id,
  call_info,
  contact,
  content_disposition,
  content_encoding,
  content_language,
  content_length,
  content_type,
  cseq,
  date,
  diversion,
  error_info,
  event,
  expires,
  flow_timer,
  from,
  geolocation,
  history_info,
  identity,
  identity_info,
  in_reply_to,
  info_package,
  join,
  max_forwards,
  mime_version,
  min_expires,
  min_se,
  organization,
  p_access_network_info,
  p_asserted_identity,
  p_charging_vector,
  p_preferred_identity,
  path,
  priority,
  privacy,
  proxy_authenticate,
  proxy_authorization,
  proxy_require,
  rack,
  reason,
  record_route,
  recv_info,
  refer_sub,
  refer_to,
  referred_by,
  reject_contact,
  remote_party_id,
  replaces,
  reply_to,
  request_disposition,
  require,
  retry_after,
  route,
  rseq,
  server,
  service_route,
  session_expires,
  sip_etag,
  sip_if_match,
  subject,
  subscription_state,
  supported,
  target_dialog,
  timestamp,
  to,
  unsupported,
  user_agent,
  via,
  warning,
  www_authenticate
};
constexpr std::size_t header_id_count = static_cast<std::size_t>(HeaderId::www_authenticate) + 1;

/// Case-insensitive, compact forms included (RFC 3261 §7.3.3 and the extensions that define more).
HeaderId header_from(std::string_view name);
/// The same for a name in the midst of a message: `longest_name` bytes must be readable at `name`, whatever its size.
constexpr std::size_t longest_name = 24;
HeaderId header_from(const char* name, std::size_t size);
/// The long name as the RFC writes it: "Call-ID"; empty for `other`.
std::string_view to_string(HeaderId id);
/// Whether a comma separates values of this header that could stand on lines of their own (§7.3.1).
bool is_list(HeaderId id);

}  // namespace junctor::sip
