#pragma once
// /metrics: the hub's counters and gauges in the text form of Prometheus. Names, labels and meanings are in
// docs/metrics.md, made of the table here. Base units; no label has values that a far end could make up.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/commands.hpp"

namespace junctor::control {

/// A counter (base/counters.hpp), or all whose names begin with `counter` where that ends in '_': what is behind it is
/// then the value of `label`.
struct CounterMetric {
  std::string_view counter;
  std::string_view name;   ///< "junctor_…_total"
  std::string_view label;  ///< empty: none; several, and their values: separated by commas
  std::string_view help;
  double unit = 1;  ///< of the metric's unit
};
std::span<const CounterMetric> counter_metrics();
/// Null: it is not documented.
const CounterMetric* find_metric(std::string_view counter);

struct GaugeMetric {
  std::string_view name;
  std::string_view help;
};
std::span<const GaugeMetric> gauge_metrics();

std::string metrics_text(const Status& status, const std::vector<TrunkInfo>& trunks);

}  // namespace junctor::control
