// The path of a response: the way its request came; if that connection is gone, to the address it came from at
// sent-by's port (RFC 3261 §18.2.2); if nobody takes it there, to what sent-by's name leads to (RFC 3263 §5).
#include <utility>

#include "transport/endpoint_core.hpp"

namespace junctor::transport {

using sip::HeaderId;
using sip::Message;

void EndpointCore::respond_reliably(TransactionId invite, Message&& provisional, TimePoint now) {
  if (!servers.respond_reliably(invite, std::move(provisional), now)) counts_.provisional_refused.add();
}

void EndpointCore::send_response(TransactionId id, const Hop& back, std::string_view bytes, TimePoint now) {
  if (outbox.send(back, bytes, now)) return;
  if (is_reliable(back.protocol)) return redirect_response(id, back, bytes, now);
  counts_.undeliverable_response.add();
}

void EndpointCore::redirect_response(TransactionId id, const Hop& back, std::string_view bytes, TimePoint now) {
  const auto response = Message::parse(std::string(bytes));
  const auto via = response ? response->top_via() : std::nullopt;
  if (!via) return counts_.undeliverable_response.add();
  const Hop by_sent_by{
      .protocol = back.protocol, .remote = {back.remote.ip, via->port_or_default()}, .host = std::string(via->host)};
  const auto used = outbox.send(by_sent_by, bytes, now);
  if (!used) return locate_for_response(std::string(bytes), now);
  servers.set_back(id, by_sent_by);
  Connection* const connection = connections.find(*used);
  if (connection != nullptr && connection->undelivered.size() < undelivered_max)
    connection->undelivered.emplace_back(bytes);
}

void EndpointCore::locate_for_response(std::string bytes, TimePoint now) {
  const auto response = Message::parse(bytes);
  const auto via = response ? response->top_via() : std::nullopt;
  const auto protocol = via ? parse_protocol(via->transport) : std::nullopt;
  // A literal address is where it has just been tried, or where nobody behind a NAT is.
  if (!protocol || IpAddress::parse(via->host)) return counts_.undeliverable_response.add();
  const std::uint64_t token = ++last_token_;
  if (const auto hops = locator.locate_sent_by(via->host, via->port, *protocol, token, now))
    return send_response_to(bytes, *hops, now);
  waiting_.emplace(token, WaitingResponse{std::move(bytes)});
}

void EndpointCore::send_response_to(const std::string& bytes, const std::vector<Hop>& hops, TimePoint now) {
  for (const Hop& hop : hops) {
    if (outbox.send(hop, bytes, now)) return;
  }
  counts_.undeliverable_response.add();
}

void EndpointCore::on_server_end(TransactionId id, ServerEnd why, TimePoint now) {
  user_.on_server_end(id, why, now);
}

}  // namespace junctor::transport
