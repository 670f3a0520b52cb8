#include "transport/connections.hpp"

namespace junctor::transport {

Connection& Connections::add(ConnectionId id, Connection connection) {
  by_place_.insert_or_assign({connection.protocol, connection.remote}, id);
  return by_id_.insert_or_assign(id, std::move(connection)).first->second;
}

Connection* Connections::find(ConnectionId id) {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &at->second;
}

std::optional<Connection> Connections::remove(ConnectionId id) {
  const auto at = by_id_.find(id);
  if (at == by_id_.end()) return std::nullopt;
  Connection gone = std::move(at->second);
  by_id_.erase(at);
  forget({gone.protocol, gone.remote}, id);
  if (gone.alias) forget({gone.protocol, *gone.alias}, id);
  return gone;
}

ConnectionId Connections::to(Protocol protocol, const Address& remote) const {
  const auto at = by_place_.find({protocol, remote});
  return at == by_place_.end() ? ConnectionId{} : at->second;
}

void Connections::set_alias(ConnectionId id, const Address& address) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->alias == address) return;
  if (connection->alias) forget({connection->protocol, *connection->alias}, id);
  connection->alias = address;
  by_place_.insert_or_assign({connection->protocol, address}, id);
}

void Connections::forget(const Place& place, ConnectionId id) {
  const auto at = by_place_.find(place);
  if (at != by_place_.end() && at->second == id) by_place_.erase(at);
}

}  // namespace junctor::transport
