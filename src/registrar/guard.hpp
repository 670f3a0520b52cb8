#pragma once
// Keeps scanners out: an address that fails too often within a minute, or whose User-Agent is on the list, is dropped
// in silence for a while. The hub asks before it looks at a request in any other way.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.hpp"
#include "base/counters.hpp"
#include "base/log.hpp"
#include "base/time.hpp"

namespace junctor::registrar {

struct GuardSettings {
  std::uint32_t failures_max = 20;  ///< per address and minute; one more blocks. 0: never
  Duration block = seconds(300);
  std::vector<std::string> scanner_agents = {"friendly-scanner", "sipvicious", "sipcli", "sip-scan", "VaxSIPUserAgent"};
  std::size_t addresses_max = 16'384;  ///< watched or blocked at once; more are not watched
};

/// Counters: guard_dropped, guard_blocked_failures, guard_blocked_scanner, guard_table_full.
class Guard {
 public:
  Guard(GuardSettings settings, Log& log, Counters& counters);

  /// Sources of trunks, which are never blocked.
  void set_exempt(std::vector<Network> networks);

  /// Whether to drop this request unanswered; `user_agent` may be empty. A listed User-Agent (found anywhere in the
  /// value, without case) blocks its address.
  bool drops(const IpAddress& from, std::string_view user_agent, TimePoint now);

  /// A wrong password, an unknown user or number. A first request without credentials is none.
  void on_failure(const IpAddress& from, TimePoint now);

  struct Blocked {
    IpAddress address;
    Duration left{};
    bool scanner = false;       ///< by its User-Agent
    std::uint64_t dropped = 0;  ///< requests since
  };
  std::vector<Blocked> blocked(TimePoint now) const;
  std::size_t size() const { return entries_.size(); }

 private:
  enum class Why : std::uint8_t { failures, scanner };
  struct Entry {
    TimePoint window{};         // since when failures are counted
    TimePoint blocked_until{};  // the epoch: never
    std::uint64_t dropped = 0;
    std::uint32_t failures = 0;
    bool scanner = false;
  };

  bool exempt(const IpAddress& from) const;
  bool is_scanner(std::string_view user_agent) const;
  Entry* entry(const IpAddress& from, TimePoint now);  // null when the table is full
  void block(const IpAddress& from, Entry& entry, Why why, TimePoint now);
  void sweep(TimePoint now);

  GuardSettings settings_;
  Log& log_;
  std::vector<Network> exempt_;
  std::unordered_map<IpAddress, Entry> entries_;
  std::optional<TimePoint> swept_;
  Counter& dropped_;
  Counter& blocked_failures_;
  Counter& blocked_scanner_;
  Counter& table_full_;
};

}  // namespace junctor::registrar
