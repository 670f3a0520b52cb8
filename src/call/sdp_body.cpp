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

std::string reason_header(const Cause& cause) {
  if (cause.q850 == 0) return {};
  if (cause.q850 == q850_answered_elsewhere) return "SIP;cause=200;text=\"Call completed elsewhere\"";
  std::string out = "Q.850;cause=" + std::to_string(cause.q850);
  if (!cause.text.empty()) out += ";text=\"" + sip::escape_quoted(cause.text) + '"';
  return out;
}

}  // namespace junctor::call
