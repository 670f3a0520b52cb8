#include "transaction/derived_requests.hpp"

#include <string>

namespace junctor::transaction {
namespace {

using sip::HeaderId;

sip::Message derive(sip::Method method, const sip::Message& invite, std::string_view to) {
  sip::Message out = sip::Message::request(method, invite.request_uri());
  out.add(HeaderId::via, invite.first_value(HeaderId::via).value_or(std::string_view()));
  out.copy_headers(invite, HeaderId::route);
  out.add(HeaderId::max_forwards, std::to_string(sip::max_forwards_initial));
  out.add(HeaderId::from, invite.header(HeaderId::from).value_or(std::string_view()));
  out.add(HeaderId::to, to);
  out.add(HeaderId::call_id, invite.call_id());
  out.add(HeaderId::cseq, std::to_string(invite.cseq().number) + ' ' + std::string(sip::to_string(method)));
  return out;
}

}  // namespace

sip::Message ack_for(const sip::Message& invite, const sip::Message& response) {
  return derive(sip::Method::ack, invite, response.header(HeaderId::to).value_or(std::string_view()));
}

sip::Message cancel_for(const sip::Message& invite, std::string_view reason) {
  sip::Message cancel = derive(sip::Method::cancel, invite, invite.header(HeaderId::to).value_or(std::string_view()));
  if (!reason.empty()) cancel.add(HeaderId::reason, reason);
  return cancel;
}

}  // namespace junctor::transaction
