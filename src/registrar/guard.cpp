#include "registrar/guard.hpp"

#include <algorithm>
#include <utility>

namespace junctor::registrar {
namespace {

constexpr Duration window = seconds(60);
constexpr Duration sweep_interval = seconds(1);  // a sweep looks at the whole table

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains_without_case(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

}  // namespace

Guard::Guard(GuardSettings settings, Log& log, Counters& counters)
    : settings_(std::move(settings)),
      log_(log),
      dropped_(counters.get("guard_dropped")),
      blocked_failures_(counters.get("guard_blocked_failures")),
      blocked_scanner_(counters.get("guard_blocked_scanner")),
      table_full_(counters.get("guard_table_full")) {
  std::erase(settings_.scanner_agents, std::string());  // found in everything
}

void Guard::set_exempt(std::vector<Network> networks) {
  exempt_ = std::move(networks);
}

bool Guard::exempt(const IpAddress& from) const {
  return std::ranges::any_of(exempt_, [&](const Network& network) { return network.contains(from); });
}

bool Guard::is_scanner(std::string_view user_agent) const {
  return !user_agent.empty() && std::ranges::any_of(settings_.scanner_agents, [&](const std::string& agent) {
    return contains_without_case(user_agent, agent);
  });
}

bool Guard::drops(const IpAddress& from, std::string_view user_agent, TimePoint now) {
  const auto at = entries_.find(from);
  const bool blocked = at != entries_.end() && at->second.blocked_until > now;
  if ((!blocked && !is_scanner(user_agent)) || exempt(from)) return false;
  dropped_.add();
  if (blocked) {
    ++at->second.dropped;
  } else if (Entry* entry = this->entry(from, now)) {
    entry->dropped = 1;
    block(from, *entry, Why::scanner, now);
  }
  return true;
}

void Guard::on_failure(const IpAddress& from, TimePoint now) {
  if (settings_.failures_max == 0 || exempt(from)) return;
  Entry* entry = this->entry(from, now);
  if (entry == nullptr || entry->blocked_until > now) return;
  if (now - entry->window >= window) {
    entry->window = now;
    entry->failures = 0;
  }
  if (++entry->failures > settings_.failures_max) {
    entry->dropped = 0;
    block(from, *entry, Why::failures, now);
  }
}

void Guard::block(const IpAddress& from, Entry& entry, Why why, TimePoint now) {
  entry.blocked_until = now + settings_.block;
  entry.scanner = why == Why::scanner;
  entry.failures = 0;
  (entry.scanner ? blocked_scanner_ : blocked_failures_).add();
  // Nothing here comes from the message: a log reader that blocks addresses cannot be led astray.
  log_.warning("address blocked", {{"address", to_string(from)}, {"why", entry.scanner ? "scanner" : "failures"}});
}

Guard::Entry* Guard::entry(const IpAddress& from, TimePoint now) {
  if (const auto at = entries_.find(from); at != entries_.end()) return &at->second;
  if (entries_.size() >= settings_.addresses_max && (!swept_ || now - *swept_ >= sweep_interval)) sweep(now);
  if (entries_.size() >= settings_.addresses_max) {
    table_full_.add();
    return nullptr;
  }
  Entry& fresh = entries_[from];
  fresh.window = now;
  return &fresh;
}

void Guard::sweep(TimePoint now) {
  swept_ = now;
  std::erase_if(entries_, [&](const auto& item) {
    return item.second.blocked_until <= now && now - item.second.window >= window;
  });
}

std::vector<Guard::Blocked> Guard::blocked(TimePoint now) const {
  std::vector<Blocked> out;
  for (const auto& [address, entry] : entries_) {
    if (entry.blocked_until > now) out.push_back({address, entry.blocked_until - now, entry.scanner, entry.dropped});
  }
  std::ranges::sort(out, {}, &Blocked::address);
  return out;
}

}  // namespace junctor::registrar
