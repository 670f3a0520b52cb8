#include "call/sdp_body.hpp"

#include "sip/headers.hpp"

namespace junctor::call {

bool is_supported_extension(std::string_view token) {
  return token == "timer" || token == "100rel" || token == "replaces";
}

Result<std::optional<sip::sdp::Session>, sip::sdp::Error> session_in(const sip::Message& message) {
  if (message.body().empty()) return std::optional<sip::sdp::Session>();
  const auto type = sip::typed<sip::MediaType>(message, sip::HeaderId::content_type);
  if (!type || !type->is("application/sdp")) return std::optional<sip::sdp::Session>();
  auto session = sip::sdp::parse(message.body());
  if (!session) return fail(session.error());
  return std::optional<sip::sdp::Session>(std::move(*session));
}

void put_session(sip::Message& message, const sip::sdp::Session& session) {
  message.set_body("application/sdp", sip::sdp::serialize(session));
}

std::string with_tag(std::string_view name_addr, std::string_view tag) {
  return std::string(name_addr) + ";tag=" + std::string(tag);
}

namespace {

std::string reason_value(std::string_view protocol, int cause, std::string_view text) {
  std::string out = std::string(protocol) + ";cause=" + std::to_string(cause);
  if (!text.empty()) out += ";text=\"" + sip::escape_quoted(text) + '"';
  return out;
}

}  // namespace

std::string reason_of_refusal(const Cause& cause) {
  return cause.q850 == 0 ? std::string() : reason_value("Q.850", cause.q850, cause.text);
}

std::string reason_header(const Cause& cause) {
  if (cause.q850 == q850_answered_elsewhere) return reason_value("SIP", 200, "Call completed elsewhere");
  std::string out = cause.status >= 300 ? reason_value("SIP", cause.status, cause.text) : std::string();
  const std::string q850 = reason_of_refusal(cause);
  if (!out.empty() && !q850.empty()) out += ", ";
  return out + q850;
}

}  // namespace junctor::call
