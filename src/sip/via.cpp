#include "sip/via.hpp"

#include "sip/read.hpp"
#include "sip/text.hpp"

namespace junctor::sip {

using namespace text;

namespace {

// The version is only looked at in the start line, so that a message of another version can be answered with 505.
bool take_protocol(std::string_view& rest) {
  constexpr std::string_view usual = "SIP/2.0/";
  if (rest.starts_with(usual)) {
    rest.remove_prefix(usual.size());
    rest = trim_left(rest);
    return true;
  }
  return iequals(take_token(rest), "SIP") && take_separator(rest, '/') && !take_token(rest).empty() &&
         take_separator(rest, '/');
}

}  // namespace

bool read(std::string_view text, Via& via, WantedParam* wanted) {
  std::string_view rest = trim(text);
  if (!take_protocol(rest)) return false;
  via.transport = take_token(rest);
  if (via.transport.empty() || rest.empty() || !is_lws(rest.front())) return false;
  rest = trim_left(rest);
  HostPort sent_by;
  if (!take_host_port(rest, Spaces::allowed, sent_by)) return false;
  via.host = sent_by.host;
  via.port = sent_by.port;
  if (rest.empty()) return true;
  via.params.text = trim_left(rest);
  return scan_params(rest, ParamSyntax::header, wanted) == rest.size();
}

std::optional<Via> Via::parse(std::string_view text) {
  return read_optional<Via>(text);
}

std::uint16_t Via::rport() const {
  return static_cast<std::uint16_t>(number(params.get("rport").value_or(std::string_view()), 65535).value_or(0));
}

std::uint16_t Via::port_or_default() const {
  if (port != 0) return port;
  return iequals(transport, "TLS") || iequals(transport, "WSS") ? 5061 : 5060;
}

std::string to_string(const Via& via) {
  std::string out;
  out.reserve(16 + via.transport.size() + via.host.size() + via.params.text.size());
  out += "SIP/2.0/";
  out += via.transport;
  out += ' ';
  out += via.host;
  if (via.port != 0) {
    out += ':';
    append_number(out, via.port);
  }
  out += via.params.text;
  return out;
}

}  // namespace junctor::sip
