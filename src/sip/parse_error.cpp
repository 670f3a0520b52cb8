#include "sip/parse_error.hpp"

#include <array>

namespace junctor::sip {
namespace {

constexpr std::array<ParseErrorInfo, parse_error_count> table = {{
    {"empty", "There is nothing but line breaks: a keep-alive.", "", 0, "sip_dropped_empty"},
    {"message_too_large", "The message is longer than max_message_bytes.", "", 0, "sip_dropped_message_too_large"},
    {"start_line_too_long", "The start line is longer than max_start_line_bytes.", "", 0,
     "sip_dropped_start_line_too_long"},
    {"bad_start_line", "The first line is neither a request line nor a status line.", "Bad Request Line", 400,
     "sip_dropped_bad_start_line"},
    {"bad_version", "The version of the request line is not SIP/2.0.", "Version Not Supported", 505,
     "sip_dropped_bad_version"},
    {"bad_request_uri", "The Request-URI is malformed, or has a header part.", "Bad Request-URI", 400,
     "sip_dropped_bad_request_uri"},
    {"bad_status", "The status code is not a number from 100 to 699.", "", 0, "sip_dropped_bad_status"},
    {"incomplete", "The message ends before the empty line behind the headers.", "Message Incomplete", 400,
     "sip_dropped_incomplete"},
    {"bad_header", "A line is not a header: no name, no colon, or a lone carriage return.", "Bad Header", 400,
     "sip_dropped_bad_header"},
    {"header_too_long", "A header is longer than max_header_bytes.", "Header Too Long", 400,
     "sip_dropped_header_too_long"},
    {"too_many_headers", "There are more header lines than max_headers.", "Too Many Headers", 400,
     "sip_dropped_too_many_headers"},
    {"duplicate_header", "A header that may stand once only stands there again.", "Duplicate Header", 400,
     "sip_dropped_duplicate_header"},
    {"bad_content_length", "Content-Length is not a number, or larger than any message.", "Bad Content-Length", 400,
     "sip_dropped_bad_content_length"},
    {"body_too_short", "The body is shorter than Content-Length says.", "Body Too Short", 400,
     "sip_dropped_body_too_short"},
    {"missing_via", "There is no Via.", "", 0, "sip_dropped_missing_via"},
    {"bad_via", "The top Via is malformed.", "Bad Via", 400, "sip_dropped_bad_via"},
    {"missing_from", "There is no From.", "", 0, "sip_dropped_missing_from"},
    {"bad_from", "From is malformed.", "Bad From", 400, "sip_dropped_bad_from"},
    {"missing_to", "There is no To.", "", 0, "sip_dropped_missing_to"},
    {"bad_to", "To is malformed.", "Bad To", 400, "sip_dropped_bad_to"},
    {"missing_call_id", "There is no Call-ID.", "", 0, "sip_dropped_missing_call_id"},
    {"bad_call_id", "Call-ID is empty or has white space inside.", "Bad Call-ID", 400, "sip_dropped_bad_call_id"},
    {"missing_cseq", "There is no CSeq.", "", 0, "sip_dropped_missing_cseq"},
    {"bad_cseq", "CSeq is not a number below 2^31 and a method.", "Bad CSeq", 400, "sip_dropped_bad_cseq"},
    {"cseq_method_mismatch", "The method of CSeq is not that of the request line.", "CSeq Method Mismatch", 400,
     "sip_dropped_cseq_method_mismatch"},
    {"bad_max_forwards", "Max-Forwards is not a number from 0 to 255.", "Bad Max-Forwards", 400,
     "sip_dropped_bad_max_forwards"},
    {"bad_contact", "A Contact is malformed.", "Bad Contact", 400, "sip_dropped_bad_contact"},
}};

}  // namespace

const ParseErrorInfo& info(ParseError error) {
  return table[static_cast<std::size_t>(error)];
}

}  // namespace junctor::sip
