#pragma once
// DNS answers, kept for their time to live: found ones, empty ones and failed ones alike. One question is asked once,
// whoever waits for it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/counters.hpp"
#include "base/time.hpp"
#include "transport/resolver.hpp"

namespace junctor::transport {

inline constexpr seconds ttl_min{5};
inline constexpr seconds ttl_max{3600};
inline constexpr seconds ttl_negative{30};  ///< no such name, or no such records
inline constexpr seconds ttl_failed{5};     ///< no server answered

class Names {
 public:
  /// At most `names_max` answers are kept; beyond that the stale ones go, then any.
  Names(Resolver& resolver, Counters& counters, std::size_t names_max);

  /// The records if they are known (none: the name has none), else nullptr: a question is under way, and `waiter` will
  /// be among those that on_resolved() returns. Valid until the next call.
  const std::vector<Record>* find(RecordType type, std::string_view name, std::uint64_t waiter, TimePoint now);
  /// Takes an answer; who waited for it.
  std::vector<std::uint64_t> on_resolved(QueryId query, const Answer& answer, TimePoint now);

 private:
  struct Entry {
    std::vector<Record> records;
    TimePoint expires{};
    bool asked = false;  // a question is under way
    std::vector<std::uint64_t> waiters;
  };

  void keep(Entry& entry, const Answer& answer, TimePoint now);
  void make_room(TimePoint now);

  Resolver& resolver_;
  Counter& failed_;
  std::size_t names_max_;
  std::unordered_map<std::string, Entry> entries_;  // by type and lower-case name
  std::unordered_map<QueryId, std::string> queries_;
  std::uint64_t last_query_ = 0;
};

}  // namespace junctor::transport
