#pragma once
// CPU time of one thread, and medians over rounds. Things that are compared are measured in turns within each round, so
// that whatever else the machine does disturbs both alike.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <time.h>
#include <vector>

namespace junctor::bench {

/// CPU time of the calling thread.
inline double cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// The compiler must believe that `value` is used.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r,m"(&value) : "memory");
}

/// One figure per round.
class Rounds {
 public:
  void add(double value) { values_.push_back(value); }
  double median() const {
    std::vector<double> sorted = values_;
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty() ? 0 : sorted[sorted.size() / 2];
  }
  double best() const { return values_.empty() ? 0 : *std::min_element(values_.begin(), values_.end()); }

 private:
  std::vector<double> values_;
};

/// The median of measured/floor round by round: a ratio of neighbours in time.
inline double median_ratio(const std::vector<double>& measured, const std::vector<double>& floor) {
  Rounds ratios;
  for (std::size_t i = 0; i < measured.size(); ++i) ratios.add(measured[i] / floor[i]);
  return ratios.median();
}

/// ns per call of `work`, over `times` calls.
template <class Work>
double ns_each(std::size_t times, Work&& work) {
  const double start = cpu_ns();
  for (std::size_t i = 0; i < times; ++i) work();
  return (cpu_ns() - start) / static_cast<double>(times);
}

}  // namespace junctor::bench
