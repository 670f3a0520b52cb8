#pragma once
// Counters by name, e.g. "sip_dropped_bad_via". Looked up once and held by reference; adding is one relaxed atomic add
// and may be done on any thread. `status` and, later, the metrics page read them all.
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace junctor {

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Counters {
 public:
  /// The counter of that name, made on first use; the reference stays valid as long as this object.
  Counter& get(std::string_view name) {
    const std::lock_guard lock(mutex_);
    auto at = counters_.find(name);
    if (at == counters_.end()) at = counters_.emplace(std::string(name), std::make_unique<Counter>()).first;
    return *at->second;
  }

  std::vector<std::pair<std::string, std::uint64_t>> snapshot() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, std::uint64_t>> out;
    out.reserve(counters_.size());
    for (const auto& [name, counter] : counters_) out.emplace_back(name, counter->value());
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Counter>, std::less<>> counters_;
};

}  // namespace junctor
