#pragma once
// What became of the commands of one token, by action_id, for whoever gives one again.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "apps/program/vocabulary.hpp"
#include "base/flat_map.hpp"
#include "base/time.hpp"

namespace junctor::control {

struct Outcome {
  std::string call_id;  ///< empty: about none
  std::optional<apps::program::Failure> failure;
  std::string data;  ///< JSON; empty: none
};

class ResultMemory {
 public:
  static constexpr Duration kept = minutes(10);
  static constexpr std::size_t entries_max = 100'000;                   ///< the oldest that are over go
  static constexpr std::size_t data_bytes_max = std::size_t{32} << 20;  ///< likewise

  struct Entry {
    std::string action_id;
    std::size_t body = 0;  ///< hash of the command
    TimePoint at{};
    std::optional<Outcome> outcome;  ///< none: it is under way
  };

  /// Null: it was not given before, and is under way from now on.
  const Entry* begin(const std::string& action_id, std::size_t body, TimePoint now);
  void finish(const std::string& action_id, Outcome outcome);

 private:
  Entry* find(const std::string& action_id);
  void put(Entry entry);
  void forget_old(TimePoint now);

  std::deque<Entry> entries_;                      // in the order in which they came
  std::uint64_t first_ = 0;                        // number of the first of them
  FlatMap<std::uint64_t, std::uint64_t> numbers_;  // by the action_id's hash
  std::size_t data_bytes_ = 0;
};

}  // namespace junctor::control
