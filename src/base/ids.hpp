#pragma once
// Ids instead of pointers between rooms and threads: looked up each time, so that a late message to something that is
// gone is a normal miss. Zero is "none".
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace junctor {

template <class Tag>
struct Id {
  std::uint64_t value = 0;

  explicit operator bool() const { return value != 0; }
  auto operator<=>(const Id&) const = default;
};

using LegId = Id<struct LegTag>;
using PortId = Id<struct PortTag>;                ///< a media port on a worker
using TransactionId = Id<struct TransactionTag>;  ///< a client or server transaction
using ConnectionId = Id<struct ConnectionTag>;    ///< a TCP, TLS or WebSocket connection of the edge

/// A call's id for the life of the installation: which node, which start of it, which call. Printed as
/// "n1-6745ab12-42": node prefix, epoch (seconds of the start-up, hexadecimal), counter (decimal).
struct CallId {
  std::uint32_t node = 0;
  std::uint32_t epoch = 0;
  std::uint64_t counter = 0;

  explicit operator bool() const { return counter != 0; }
  auto operator<=>(const CallId&) const = default;
};

std::string to_string(const CallId& id);
/// The inverse of to_string(); an id with counter 0 if `text` is none.
CallId parse_call_id(std::string_view text);

}  // namespace junctor

template <class Tag>
struct std::hash<junctor::Id<Tag>> {
  std::size_t operator()(const junctor::Id<Tag>& id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};

template <>
struct std::hash<junctor::CallId> {
  std::size_t operator()(const junctor::CallId& id) const noexcept {
    return std::hash<std::uint64_t>{}(id.counter * 0x9E3779B97F4A7C15u ^ (std::uint64_t{id.node} << 32 | id.epoch));
  }
};
