#pragma once
// The stream connections that carry SIP, and how one is found again: by id (a flow), by the far address, or by the
// address that its peer claimed with `alias` (RFC 5923).
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/io.hpp"
#include "transport/hop.hpp"

namespace junctor::transport {

/// Responses kept on a connection that was made for them, until it is known to work.
inline constexpr std::size_t undelivered_max = 16;

struct Connection {
  Protocol protocol = Protocol::tcp;
  ListenerIndex listener = any_listener;  ///< any_listener: we opened it
  Address local, remote;
  bool ours() const { return listener == any_listener; }
  std::optional<Address> alias;
  std::vector<TransactionId> requests;   ///< client transactions sent over it; some may be gone
  std::vector<std::string> undelivered;  ///< responses to be sent by RFC 3263 §5 if it cannot be made
};

class Connections {
 public:
  Connection& add(ConnectionId id, Connection connection);
  Connection* find(ConnectionId id);
  /// Takes it out of all tables.
  std::optional<Connection> remove(ConnectionId id);

  /// The newest open connection to that address, or whose peer is reachable there by alias, that `fits(id,
  /// connection)`; none if there is none.
  template <class Fits>
  ConnectionId to(Protocol protocol, const Address& remote, Fits fits) const {
    ConnectionId newest;
    const auto [first, last] = by_place_.equal_range({protocol, remote});
    for (auto at = first; at != last; ++at)
      if (newest < at->second && fits(at->second, by_id_.at(at->second))) newest = at->second;
    return newest;
  }
  /// The peer says that requests for `address` may use this connection. The caller vouches that the IP address is the
  /// peer's own: whoever connects must not draw other hosts' calls.
  void set_alias(ConnectionId id, const Address& address);
  /// Remembers that the transaction depends on the connection; forgets those that `is_gone`, now and then.
  template <class IsGone>
  void note_request(ConnectionId id, TransactionId transaction, IsGone is_gone) {
    Connection* connection = find(id);
    if (connection == nullptr) return;
    auto& requests = connection->requests;
    if (requests.size() == requests.capacity()) std::erase_if(requests, is_gone);
    requests.push_back(transaction);
  }

  std::size_t size() const { return by_id_.size(); }

 private:
  using Place = std::pair<Protocol, Address>;
  struct PlaceHash {
    std::size_t operator()(const Place& p) const noexcept {
      return std::hash<Address>{}(p.second) * 8 + static_cast<std::size_t>(p.first);
    }
  };

  void forget(const Place& place, ConnectionId id);

  std::unordered_map<ConnectionId, Connection> by_id_;
  std::unordered_multimap<Place, ConnectionId, PlaceHash> by_place_;
};

}  // namespace junctor::transport
