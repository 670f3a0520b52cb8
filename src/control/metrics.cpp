#include "control/metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

namespace junctor::control {
namespace {

std::string number(double value) {
  std::array<char, 32> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

double in_seconds(microseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

/// As the format wants it inside quotes.
std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

class Page {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    out_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
    out_.append(type).append("\n");
  }
  void sample(std::string_view name, std::string_view labels, double value) {
    out_.append(name);
    if (!labels.empty()) out_.append("{").append(labels).append("}");
    out_.append(" ").append(number(value)).append("\n");
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + escaped(value) + '"';
}

/// `names` and `values` are lists with commas.
std::string labels_of(std::string_view names, std::string_view values) {
  std::string out;
  const auto take = [](std::string_view& list) {
    const std::string_view first = list.substr(0, list.find(','));
    list.remove_prefix(std::min(first.size() + 1, list.size()));
    return first;
  };
  while (!names.empty()) {
    if (!out.empty()) out += ',';
    const std::string_view name = take(names);
    out += label(name, names.empty() ? values : take(values));
  }
  return out;
}

void put_counters(Page& page, const Status& status) {
  struct Sample {
    std::string labels;
    double value = 0;
  };
  std::map<const CounterMetric*, std::vector<Sample>> families;  // in the table's order
  for (const auto& [name, value] : status.counters) {
    const CounterMetric* const metric = find_metric(name);
    if (metric == nullptr) continue;
    std::string labels = labels_of(metric->label, std::string_view(name).substr(metric->counter.size()));
    families[metric].push_back({std::move(labels), static_cast<double>(value) * metric->unit});
  }
  for (const auto& [metric, samples] : families) {
    page.family(metric->name, "counter", metric->help);
    for (const Sample& sample : samples) page.sample(metric->name, sample.labels, sample.value);
  }
}

void put_durations(Page& page, const std::string& name, std::string_view help, const DurationCounts& counts) {
  page.family(name, "histogram", help);
  std::uint64_t sum = 0;
  for (const DurationCounts::Bucket& bucket : counts.buckets) {
    sum += bucket.count;
    page.sample(name + "_bucket", label("le", number(in_seconds(bucket.below))), static_cast<double>(sum));
  }
  sum += counts.longer;
  page.sample(name + "_bucket", label("le", "+Inf"), static_cast<double>(sum));
  page.sample(name + "_sum", {}, in_seconds(counts.total));
  page.sample(name + "_count", {}, static_cast<double>(sum));
}

constexpr GaugeMetric gauges[] = {
    {"junctor_calls", "Calls that are going on."},
    {"junctor_legs", "Legs of these calls."},
    {"junctor_registrations", "Contacts that phones have registered."},
    {"junctor_users", "Users, of the configuration and of the database."},
    {"junctor_trunks", "Trunks of the configuration."},
    {"junctor_transactions", "SIP transactions that have not ended."},
    {"junctor_media_ports", "Pairs of RTP and RTCP ports in use."},
    {"junctor_store_backlog_writes", "Writes that are not on disk yet."},
    {"junctor_blocked_addresses", "Addresses that are ignored as scanners."},
    {"junctor_draining", "1: new calls are refused, since the hub is about to stop."},
    {"junctor_start_time_seconds", "When the hub was started, in seconds since 1970."},
    {"junctor_rwi_sessions", "Sessions of programs that are open."},
    {"junctor_longest_turn_seconds", "The longest turn of the control loop since the start."},
};

std::array<double, std::size(gauges)> gauge_values(const Status& s) {
  const auto number_of = [](std::uint64_t n) { return static_cast<double>(n); };
  return {number_of(s.calls),
          number_of(s.legs),
          number_of(s.registrations),
          number_of(s.users),
          number_of(s.trunks),
          number_of(s.transactions),
          number_of(s.media_ports),
          number_of(s.store_backlog),
          number_of(s.blocked.size()),
          s.draining ? 1.0 : 0.0,
          std::chrono::duration<double>(s.started.time_since_epoch()).count(),
          number_of(s.rwi_sessions),
          in_seconds(s.longest_turn)};
}

void put_gauges(Page& page, const Status& status) {
  page.family("junctor_build_info", "gauge", "Always 1; the label tells the version.");
  page.sample("junctor_build_info", label("version", status.version), 1);
  const auto values = gauge_values(status);
  for (std::size_t i = 0; i < values.size(); ++i) {
    page.family(gauges[i].name, "gauge", gauges[i].help);
    page.sample(gauges[i].name, {}, values[i]);
  }
}

void put_trunks(Page& page, const std::vector<TrunkInfo>& trunks) {
  page.family("junctor_trunk_calls", "gauge", "Calls that go through a trunk.");
  for (const TrunkInfo& trunk : trunks)
    page.sample("junctor_trunk_calls", label("trunk", trunk.name), static_cast<double>(trunk.calls));
  page.family("junctor_trunk_state", "gauge", "Always 1; the label tells the trunk's state.");
  for (const TrunkInfo& trunk : trunks)
    page.sample("junctor_trunk_state", label("trunk", trunk.name) + ',' + label("state", trunk.state), 1);
}

}  // namespace

std::span<const GaugeMetric> gauge_metrics() {
  return gauges;
}

const CounterMetric* find_metric(std::string_view counter) {
  const CounterMetric* best = nullptr;
  for (const CounterMetric& metric : counter_metrics()) {
    const bool fits = metric.label.empty() ? counter == metric.counter
                                           : counter.starts_with(metric.counter) && counter != metric.counter;
    if (fits && (best == nullptr || metric.counter.size() > best->counter.size())) best = &metric;
  }
  return best;
}

std::string metrics_text(const Status& status, const std::vector<TrunkInfo>& trunks) {
  Page page;
  put_gauges(page, status);
  put_trunks(page, trunks);
  put_durations(page, "junctor_control_turn_seconds", "How long the turns of the control loop took.", status.turns);
  put_durations(page, "junctor_control_work_seconds", "CPU time of the turns of the control loop.", status.work);
  put_durations(page, "junctor_media_tick_lateness_seconds",
                "How long after its time each tick of a media worker's mixers was done.", status.ticks);
  put_counters(page, status);
  return page.take();
}

}  // namespace junctor::control
