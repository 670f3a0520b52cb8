// The path of one message from the wire, in order:
//
//   datagram ─┐                                    ┌ response → client transaction → user
//             ├ size → observer → parse → (400) ───┤
//   stream ───┘                                    └ request → Via → key ┬ ACK → server transaction, else user
//                                                                        ├ known key: retransmission
//                                                                        ├ CANCEL → its INVITE
//                                                                        └ merged? overload? hops? → user → (100)
#include <algorithm>
#include <utility>

#include "transport/endpoint_core.hpp"

namespace junctor::transport {

using sip::HeaderId;
using sip::Message;
using sip::Method;

namespace {

constexpr std::string_view ping = "\r\n\r\n";

// RFC 5626 §4.4.1 has CRLFs for streams only, but phones send them, and zero bytes, over UDP as well.
bool is_keepalive(std::span<const std::uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t b) { return b == '\r' || b == '\n' || b == 0; });
}

}  // namespace

void EndpointCore::on_datagram(ListenerIndex listener, const Address& from, std::span<const std::uint8_t> bytes,
                               TimePoint now) {
  if (bytes.size() <= ping.size() && is_keepalive(bytes)) return counts_.keepalives.add();
  if (bytes.size() > settings.datagram_bytes_max) return counts_.too_large.add();
  const Listener* const at = advertise.listener(listener);
  const Source source{
      .protocol = Protocol::udp, .listener = listener, .local = at != nullptr ? at->bound : Address{}, .remote = from};
  on_bytes(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), source, now);
}

void EndpointCore::on_open(ConnectionId id, ListenerIndex listener, const Address& local, const Address& remote) {
  if (Connection* const ours =
          connections.find(id)) {  // in the table since connect(); its own address is known only now
    ours->local = local;
    return;
  }
  const Listener* const at = advertise.listener(listener);
  const Protocol protocol = at != nullptr ? at->protocol : Protocol::tcp;
  connections.add(id, {.protocol = protocol, .listener = listener, .local = local, .remote = remote});
}

void EndpointCore::on_stream_message(ConnectionId id, std::string&& bytes, TimePoint now) {
  Connection* const connection = connections.find(id);
  if (connection == nullptr) return counts_.no_connection.add();
  if (bytes == ping) {
    counts_.keepalives.add();
    return outbox.send_raw(id, "\r\n");
  }
  connection->undelivered.clear();  // it works
  const Source source{.protocol = connection->protocol,
                      .listener = connection->listener,
                      .connection = id,
                      .local = connection->local,
                      .remote = connection->remote};
  on_bytes(std::move(bytes), source, now);
}

void EndpointCore::on_close(ConnectionId id, TimePoint now) {
  const auto gone = connections.remove(id);
  if (!gone) return;
  for (const TransactionId request : gone->requests) clients.on_connection_lost(request, now);
  for (const std::string& response : gone->undelivered) locate_for_response(response, now);
}

void EndpointCore::on_bytes(std::string&& bytes, const Source& source, TimePoint now) {
  counts_.received.add();
  outbox.observe(Direction::received, source.protocol, source.local, source.remote, bytes, now);
  std::optional<Message> answerable;
  auto message = Message::parse(std::move(bytes), &answerable);
  if (!message) {
    counts_.malformed[static_cast<std::size_t>(message.error())]->add();
    if (answerable) on_malformed(*answerable, message.error(), source, now);
    return;
  }
  if (message->is_request()) return on_request(std::move(*message), source, now);
  if (!clients.on_response(*message, now)) counts_.stray_response.add();
}

void EndpointCore::on_malformed(const Message& answerable, const sip::ParseError& error, const Source& source,
                                TimePoint now) {
  const sip::ParseErrorInfo& why = sip::info(error);
  if (why.status == 0 || answerable.method() == Method::ack) return;
  Message request = answerable;
  fix_top_via(request, source);
  refuse(request, why.status, why.reason, keys.server(request), source, now);
}

void EndpointCore::on_request(Message&& request, const Source& source, TimePoint now) {
  fix_top_via(request, source);
  note_alias(request, source);
  const transaction::Key key = keys.server(request);
  if (request.method() == Method::ack) return on_ack(std::move(request), key, source, now);
  if (const TransactionId known = servers.find(key)) return servers.on_retransmission(known, now);
  if (request.method() == Method::cancel) return on_cancel(request, key, source, now);
  if (const int status = refusal(request)) return refuse(request, status, {}, key, source, now);
  if (servers.size() >= settings.server_transactions_max / 4 * 5) return counts_.table_full.add();
  const TransactionId id = servers.open(request, key, way_back(request, source));
  take_own_routes(request, ourselves_);
  user_.on_request(id, request, source, now);
  // At once rather than after 200 ms (RFC 3261 §17.2.1): it stops the retransmissions of a caller who waits for a
  // phone.
  if (request.method() == Method::invite && !servers.has_response(id))
    servers.respond(id, Message::response(request, 100), now);
}

// Each refusal at the door: one condition, one status.
int EndpointCore::refusal(const Message& request) const {
  if (servers.is_merged(request)) return counts_.merged.add(), 482;
  if (begins_something(request) && (overload || servers.size() >= settings.server_transactions_max))
    return counts_.refused_overload.add(), 503;
  if (has_too_many_hops(request)) return counts_.too_many_hops.add(), 483;
  return 0;
}

void EndpointCore::on_ack(Message&& ack, const transaction::Key& key, const Source& source, TimePoint now) {
  if (servers.on_ack(servers.find(key), now)) return;
  // The ACK for a final response that was sent without keeping state.
  if (ack.to_tag() == keys.stateless_tag(key)) return counts_.stray_ack.add();
  take_own_routes(ack, ourselves_);
  user_.on_ack(ack, source, now);
}

// RFC 3261 §9.2: the CANCEL gets its own answer whatever becomes of the INVITE.
void EndpointCore::on_cancel(const Message& cancel, const transaction::Key& key, const Source& source, TimePoint now) {
  const TransactionId invite = servers.find(keys.cancelled(cancel));
  if (!invite) return refuse(cancel, 481, {}, key, source, now);
  const TransactionId id = servers.open(cancel, key, way_back(cancel, source));
  Message ok = Message::response(cancel, 200);
  if (ok.to_tag().empty())
    ok.set(HeaderId::to, std::string(*ok.header(HeaderId::to)) + ";tag=" + keys.stateless_tag(key));
  servers.respond(id, ok, now);
  if (servers.is_unanswered_invite(invite)) user_.on_cancel(invite, cancel, now);
}

// A peer on a connection says that it can be reached by it at its sent-by port (RFC 5923 §4). The IP address is the one
// that it really has: nobody may claim another's.
void EndpointCore::note_alias(const Message& request, const Source& source) {
  if (!source.connection) return;
  const auto via = request.top_via();
  if (via && via->params.has("alias"))
    connections.set_alias(source.connection, {source.remote.ip, via->port_or_default()});
}

void EndpointCore::refuse(const Message& request, int status, std::string_view reason, const transaction::Key& key,
                          const Source& source, TimePoint now) {
  Message response = Message::response(request, status, reason);
  if (response.to_tag().empty()) {
    const std::string to(response.header(HeaderId::to).value_or(std::string_view()));
    response.set(HeaderId::to, to + ";tag=" + keys.stateless_tag(key));
  }
  if (status == 503) response.add(HeaderId::retry_after, std::to_string(overload.value_or(seconds(10)).count()));
  if (!settings.server.empty()) response.add(HeaderId::server, settings.server);
  if (!outbox.send(way_back(request, source), response.serialize(), now)) counts_.undeliverable_response.add();
}

}  // namespace junctor::transport
