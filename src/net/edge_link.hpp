#pragma once
// What the two sides of the edge share: commands down, deliveries up, and one number per connection.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.hpp"
#include "base/io.hpp"
#include "net/control_loop.hpp"
#include "net/tls.hpp"

namespace junctor::net {

/// Bytes handed to write() and not yet taken by the kernel.
using UnsentBytes = std::atomic<std::size_t>;

struct EdgeCommand {
  enum class Kind : std::uint8_t { none, connect, write, close, output_limit, tls };
  Kind kind = Kind::none;
  ConnectionId connection;
  Address to;                           ///< connect
  std::string bytes;                    ///< write; connect: the host that has to prove itself, empty: TCP
  std::shared_ptr<UnsentBytes> unsent;  ///< connect
  std::shared_ptr<const TlsContexts> tls;
};

/// The connections as the control thread knows them. Only touched there, but for the count of deliveries; those that
/// are still in the inbox keep it alive when the edge is gone.
class EdgeRegister {
 public:
  // Edge thread: a delivery sets out, unless `most` are on their way.

  bool begin_delivery(std::size_t most) {
    if (in_flight_.fetch_add(1, std::memory_order_relaxed) < most) return true;
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void cancel_delivery() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

  // Control thread.

  struct Known {
    StreamSink* sink = nullptr;
    std::shared_ptr<UnsentBytes> unsent;
    bool closing = false;             // by ourselves; on_close is still to come
    std::string host;                 // asked for by connect_tls(): whoever has not proven to be it never gets here
    std::vector<std::string> proven;  // by the client of an accepted TLS connection
  };

  Known* find(ConnectionId connection) {
    const auto at = known_.find(connection);
    return at == known_.end() ? nullptr : &at->second;
  }
  const Known* find(ConnectionId connection) const {
    const auto at = known_.find(connection);
    return at == known_.end() ? nullptr : &at->second;
  }
  void add(ConnectionId connection, Known known) { known_.emplace(connection, std::move(known)); }
  std::size_t size() const { return known_.size(); }

  void on_open(ConnectionId connection, ListenerIndex index, const Known& known, const Address& local,
               const Address& remote, TimePoint now) {
    arrived();
    if (forgotten_) return;
    const auto at = known_.try_emplace(connection, known).first;  // there already when it is our own connect()
    if (!at->second.closing) at->second.sink->on_open(connection, index, local, remote, now);
  }
  void on_message(ConnectionId connection, std::string&& message, TimePoint now) {
    arrived();
    const Known* known = find(connection);
    if (known != nullptr && !known->closing) known->sink->on_message(connection, std::move(message), now);
  }
  void on_close(ConnectionId connection, std::string_view reason, TimePoint now) {
    arrived();
    const auto at = known_.find(connection);
    if (at == known_.end()) return;
    StreamSink* const sink = at->second.sink;
    known_.erase(at);
    sink->on_close(connection, reason, now);
  }

  /// The edge is gone: nothing is delivered any more.
  void forget() {
    forgotten_ = true;
    known_.clear();
  }

 private:
  void arrived() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

  std::atomic<std::size_t> in_flight_{0};
  std::unordered_map<ConnectionId, Known> known_;
  bool forgotten_ = false;
};

}  // namespace junctor::net
