#include "transport/connections.hpp"

#include <algorithm>

namespace junctor::transport {

Connection& Connections::add(ConnectionId id, Connection connection) {
  by_place_.emplace(Place{connection.protocol, connection.remote}, id);
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

void Connections::set_alias(ConnectionId id, const Address& address) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->alias == address) return;
  if (connection->alias) forget({connection->protocol, *connection->alias}, id);
  connection->alias = address;
  by_place_.emplace(Place{connection->protocol, address}, id);
}

void Connections::forget(const Place& place, ConnectionId id) {
  const auto [first, last] = by_place_.equal_range(place);
  const auto at = std::find_if(first, last, [id](const auto& entry) { return entry.second == id; });
  if (at != last) by_place_.erase(at);
}

}  // namespace junctor::transport
