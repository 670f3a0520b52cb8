#pragma once
// A worker's bound RTP/RTCP socket pairs: which exist, which are ready to be taken, which are in use. take() and
// give_back() may come from any thread, the rest belongs to the worker's thread.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/counters.hpp"
#include "base/queue.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/fd.hpp"
#include "net/media_thread.hpp"

namespace junctor::net {

/// Counters: media_pool_empty, media_bind_errors.
class PortPool {
 public:
  PortPool(const MediaThreadSettings& settings, Counters& counters);

  // Any thread.

  std::optional<PortPair> take(Family family);
  void give_back(const PortPair& pair);
  std::size_t in_use() const { return in_use_.load(std::memory_order_relaxed); }
  bool has_family(Family family) const { return side(family).bind.has_value(); }
  /// Fewer than half of what should be ready is: the worker is to be woken.
  bool low(Family family) const;

  // The worker's thread (or before it runs).

  /// Called with each new pair, so that it can be watched.
  using OnBound = std::function<void(std::uint32_t slot, const SocketPair& sockets)>;

  /// Takes back what was given back and binds up to `bind_most` new pairs where too few are ready. True when there is
  /// more to do at once.
  bool refill(std::size_t bind_most, const OnBound& on_bound, TimePoint now);
  /// Fills the pool for the first time; a family that the host lacks is left out. The error is one line.
  Result<void, std::string> fill(const OnBound& on_bound, TimePoint now);

  /// Nothing at a slot without a pair.
  const SocketPair* sockets(std::uint32_t slot) const {
    const bool own = slot < settings_.max_slots;
    const auto& from = own ? sockets_ : guests_;
    const std::size_t at = own ? slot : slot - settings_.max_slots;
    return at < from.size() && from[at] ? &from[at] : nullptr;
  }
  /// The sockets leave this worker. Their own slot is not used again before the pair was given back.
  SocketPair release(std::uint32_t slot);
  /// Sockets of another worker's pool, in a slot from max_slots on.
  void adopt(std::uint32_t slot, SocketPair sockets);

 private:
  // Ports of the range that others hold are tried again after that long.
  static constexpr Duration retry_after = seconds(1);

  struct Side {
    Side(std::optional<IpAddress> bind_to, std::size_t pairs, std::size_t capacity)
        : bind(bind_to), ready(capacity), bound(pairs) {}
    std::optional<IpAddress> bind;
    BoundedQueue<PortPair> ready;
    std::vector<bool> bound;  // by index in this worker's part of the range
    std::size_t bound_count = 0;
    std::size_t next = 0;           // the index to be tried next
    std::size_t tried_in_vain = 0;  // in a row
    int last_error = 0;
    TimePoint retry_at{};
  };

  Side& side(Family family) { return family == Family::v4 ? v4_ : v6_; }
  const Side& side(Family family) const { return family == Family::v4 ? v4_ : v6_; }
  static std::size_t pairs_of(const MediaThreadSettings& settings);
  std::uint16_t rtp_port_at(std::size_t index) const;
  std::size_t index_of(std::uint16_t rtp_port) const;
  void take_back();
  bool bind_some(Family family, std::size_t most, const OnBound& on_bound, TimePoint now);
  Result<SocketPair, int> bind_pair(Family family, std::uint16_t rtp_port) const;
  std::optional<std::uint32_t> new_slot();
  void close(const PortPair& pair);

  const MediaThreadSettings settings_;
  Counter& empty_;
  Counter& bind_errors_;
  Side v4_, v6_;
  BoundedQueue<PortPair> returned_;
  std::atomic<std::size_t> in_use_{0};
  std::vector<SocketPair> sockets_;  // by slot
  std::vector<SocketPair> guests_;   // by slot - max_slots
  std::vector<std::uint32_t> free_slots_;
};

}  // namespace junctor::net
