#pragma once
// What the sessions of each token were told: numbers that go on over restarts, and the last events for who comes back.
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/program/vocabulary.hpp"
#include "base/time.hpp"
#include "base/web.hpp"
#include "store/store.hpp"

namespace junctor::control {

class EventLog {
 public:
  static constexpr std::size_t events_max = 10'000;  ///< per token
  static constexpr Duration kept = minutes(15);
  static constexpr std::uint64_t block = 1'000;  ///< numbers that one write reserves

  struct Entry {
    std::uint64_t seq = 0;
    TimePoint at{};
    std::string timestamp;
    CallId call;
    std::string call_name;
    SharedText seed;  ///< as it was sent
    SharedText flat;  ///< null: no session of the token has ever read that
  };

  explicit EventLog(store::Store& store) : store_(store) {}

  /// What the store has, at the start.
  void load(std::map<std::string, std::uint64_t> before) { before_ = std::move(before); }

  /// What the store has of a token of this name: numbers begin behind it.
  void begin(apps::program::TokenId token, const std::string& name, TimePoint now);
  std::uint64_t next(apps::program::TokenId token, TimePoint now);
  std::uint64_t current(apps::program::TokenId token) const;
  void keep(apps::program::TokenId token, Entry entry);
  void note_flat(apps::program::TokenId token) { streams_[token].reads_flat = true; }
  bool reads_flat(apps::program::TokenId token) const;

  struct Since {
    std::vector<const Entry*> events;
    bool complete = true;
  };
  /// Behind `seq`; of one call, if it is named.
  Since since(apps::program::TokenId token, std::uint64_t seq, CallId call, TimePoint now);

  /// An orderly stop: the next start goes on where this one ends.
  void close(TimePoint now);

 private:
  struct Stream {
    std::string name;
    std::uint64_t last = 0;
    std::uint64_t reserved = 0;
    std::uint64_t began_after = 0;  // no event up to this number is from this start
    bool lost = false;              // some of this start are not kept any more
    bool reads_flat = false;
    std::deque<Entry> events;
  };

  void reserve(Stream& stream, TimePoint now);
  static void forget_old(Stream& stream, TimePoint now);

  store::Store& store_;
  std::map<std::string, std::uint64_t> before_;
  std::unordered_map<apps::program::TokenId, Stream> streams_;
};

}  // namespace junctor::control
