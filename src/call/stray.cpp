#include "call/stray.hpp"

#include <string>
#include <vector>

namespace junctor::call {

TransactionId end_stray(transport::Endpoint& endpoint, const sip::Message& answer, std::uint64_t owner, TimePoint now) {
  const auto contact = answer.contact();
  if (!contact) return {};
  std::vector<std::string> routes;
  for (const std::string_view route : answer.values(sip::HeaderId::record_route)) routes.emplace_back(route);
  const auto request = [&](sip::Method method, std::uint32_t cseq) {
    sip::Message out = sip::Message::request(method, to_string(contact->uri));
    for (auto route = routes.rbegin(); route != routes.rend(); ++route) out.add(sip::HeaderId::route, *route);
    for (const auto id : {sip::HeaderId::from, sip::HeaderId::to, sip::HeaderId::call_id}) out.copy_headers(answer, id);
    out.add(sip::HeaderId::cseq, std::to_string(cseq) + ' ' + std::string(to_string(method)));
    out.add(sip::HeaderId::max_forwards, std::to_string(sip::max_forwards_initial));
    return out;
  };
  // Beyond any CSeq that the dialog may have used while its leg was alive.
  constexpr std::uint32_t cseq_leap = 1000;
  sip::Message ack = request(sip::Method::ack, answer.cseq().number);
  sip::Message bye = request(sip::Method::bye, answer.cseq().number + cseq_leap);
  const transport::Target target = transport::Target::of(ack);
  endpoint.send_ack(std::move(ack), target, now);
  return endpoint.send_request(std::move(bye), target, owner, now);
}

}  // namespace junctor::call
