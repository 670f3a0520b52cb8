#pragma once
// Why a message was refused.
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace junctor::sip {

enum class ParseError : std::uint8_t {
  empty,
  message_too_large,
  start_line_too_long,
  bad_start_line,
  bad_version,
  bad_request_uri,
  bad_status,
  incomplete,
  bad_header,
  header_too_long,
  too_many_headers,
  duplicate_header,
  bad_content_length,
  body_too_short,
  missing_via,
  bad_via,
  missing_from,
  bad_from,
  missing_to,
  bad_to,
  missing_call_id,
  bad_call_id,
  missing_cseq,
  bad_cseq,
  cseq_method_mismatch,
  bad_max_forwards,
  bad_contact,
};
constexpr std::size_t parse_error_count = static_cast<std::size_t>(ParseError::bad_contact) + 1;

struct ParseErrorInfo {
  std::string_view name;      ///< the enumerator's name
  std::string_view sentence;  ///< one sentence for people
  std::string_view reason;    ///< reason phrase of the answer, when one can be sent
  int status;                 ///< 400, 505 …; 0 if a message with this error is never answered, only dropped
  std::string_view counter;   ///< "sip_dropped_" + name
};
const ParseErrorInfo& info(ParseError error);

}  // namespace junctor::sip
