#include "transport/names.hpp"

#include <algorithm>
#include <utility>

namespace junctor::transport {
namespace {

std::string key_of(RecordType type, std::string_view name) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(type)));
  for (const char c : name) key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return key;
}

}  // namespace

Names::Names(Resolver& resolver, Counters& counters, std::size_t names_max)
    : resolver_(resolver), failed_(counters.get("dns_failed")), names_max_(names_max) {}

const std::vector<Record>* Names::find(RecordType type, std::string_view name, std::uint64_t waiter, TimePoint now) {
  std::string key = key_of(type, name);
  auto at = entries_.find(key);
  if (at == entries_.end()) {
    make_room(now);
    at = entries_.emplace(key, Entry{}).first;
  }
  Entry& entry = at->second;
  if (!entry.asked && entry.expires > now) return &entry.records;
  if (!entry.asked) {
    const QueryId query{++last_query_};
    if (!resolver_.start(query, type, name)) {
      keep(entry, {}, now);
      return &entry.records;
    }
    entry.asked = true;
    queries_.emplace(query, std::move(key));
  }
  if (std::ranges::find(entry.waiters, waiter) == entry.waiters.end()) entry.waiters.push_back(waiter);
  return nullptr;
}

std::vector<std::uint64_t> Names::on_resolved(QueryId query, const Answer& answer, TimePoint now) {
  const auto asked = queries_.find(query);
  if (asked == queries_.end()) return {};
  Entry& entry = entries_[asked->second];
  queries_.erase(asked);
  entry.asked = false;
  keep(entry, answer, now);
  return std::exchange(entry.waiters, {});
}

void Names::keep(Entry& entry, const Answer& answer, TimePoint now) {
  entry.records = answer.records;
  seconds ttl = ttl_negative;
  if (answer.status == AnswerStatus::failed) {
    failed_.add();
    ttl = ttl_failed;
  } else if (!answer.records.empty()) {
    const auto shortest = std::ranges::min_element(answer.records, {}, &Record::ttl);
    ttl = std::clamp(shortest->ttl, ttl_min, ttl_max);
  }
  entry.expires = now + ttl;
}

void Names::make_room(TimePoint now) {
  if (entries_.size() < names_max_) return;
  std::erase_if(entries_, [now](const auto& e) { return !e.second.asked && e.second.expires <= now; });
  if (entries_.size() < names_max_) return;
  const auto idle = std::ranges::find_if(entries_, [](const auto& e) { return !e.second.asked; });
  if (idle != entries_.end()) entries_.erase(idle);
}

}  // namespace junctor::transport
