#pragma once
// The hash map for tables that every message looks into: keys and values lie in one array, so that a look-up costs one
// or two cache misses and an insertion no allocation. Nothing in it has a fixed place: an insertion moves everything.
#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <string_view>

#include "base/touched_memory.hpp"

namespace junctor {

template <class Key, class Value, class Hash = boost::hash<Key>, class Equal = std::equal_to<>>
using FlatMap = boost::unordered_flat_map<Key, Value, Hash, Equal, TouchedMemory<std::pair<const Key, Value>>>;

/// For string keys that are looked up by views.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
};

}  // namespace junctor
