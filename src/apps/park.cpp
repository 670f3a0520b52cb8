#include "apps/park.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace junctor::apps {

using call::Cause;

namespace {

/// The numbers from `first` to `last`, with leading zeros as `first` has them.
std::vector<std::string> numbers_between(const std::string& first, const std::string& last) {
  std::uint32_t from = 0, to = 0;
  std::from_chars(first.data(), first.data() + first.size(), from);
  std::from_chars(last.data(), last.data() + last.size(), to);
  std::vector<std::string> out;
  for (std::uint32_t n = from; n <= to; ++n) {
    const std::string text = std::to_string(n);
    out.push_back(std::string(first.size() - std::min(first.size(), text.size()), '0') + text);
  }
  return out;
}

}  // namespace

Parking::~Parking() {
  for (auto& [number, lot] : lots_) timers_.cancel(lot.timer);
}

std::optional<std::string> Parking::park(CallId call_id, LegId leg_id, const std::string& by, const std::string& first,
                                         const std::string& last, const std::string& wanted, TimePoint now) {
  std::vector<std::string> candidates = wanted.empty() ? numbers_between(first, last) : std::vector{wanted};
  const auto free = std::ranges::find_if(candidates, [&](const std::string& n) { return !lots_.contains(n); });
  call::Call* const call = calls_.find(call_id);
  if (free == candidates.end() || call == nullptr || !call->part(leg_id, now)) return std::nullopt;
  call::Leg& leg = *call->leg(leg_id);
  leg.kept = true;
  lots_[*free] = {call_id, leg_id, by, ++last_order_, timers_.schedule(now + lonely_after, *this, leg_id.value)};
  music_.start(call_id, leg_id, now);
  return *free;
}

std::string Parking::last_of(const std::string& user) const {
  std::string out;
  std::uint64_t newest = 0;
  for (const auto& [number, lot] : lots_)
    if (lot.by == user && lot.order > newest) newest = lot.order, out = number;
  return out;
}

std::optional<Cause> Parking::take(CallId id, LegId leg, const std::string& number, TimePoint now) {
  const auto at = lots_.find(number);
  if (at == lots_.end()) return Cause{404, 1, "nobody is parked there"};
  const Lot lot = at->second;
  const call::Calls::Turn turn(calls_, now);
  if (call::Call* const call = calls_.find(id)) call->labels.variables["transferred_to"] = to_string(lot.call);
  if (!calls_.move_leg(id, leg, lot.call, now)) return Cause{500, 41, "cannot take the call"};
  if (!calls_.answer(lot.call, leg, lot.leg, now)) calls_.reject(lot.call, leg, {488, 88, "cannot take the call"}, now);
  return std::nullopt;
}

void Parking::free_lot(LegId leg) {
  const auto at = std::ranges::find_if(lots_, [&](const auto& each) { return each.second.leg == leg; });
  if (at == lots_.end()) return;
  timers_.cancel(at->second.timer);
  call::Call* const call = calls_.find(at->second.call);
  if (call::Leg* const parked = call != nullptr ? call->leg(leg) : nullptr) parked->kept = false;
  lots_.erase(at);
}

void Parking::on_call_event(const call::Event& event, TimePoint) {
  if (const auto* connected = std::get_if<call::Connected>(&event.body)) {
    free_lot(connected->a);
    free_lot(connected->b);
  } else if (const auto* gone = std::get_if<call::LegGone>(&event.body)) {
    free_lot(gone->leg);
  } else if (std::holds_alternative<call::Ended>(event.body)) {
    for (auto at = lots_.begin(); at != lots_.end();) {
      if (at->second.call == event.call) timers_.cancel(at->second.timer);
      at = at->second.call == event.call ? lots_.erase(at) : std::next(at);
    }
  }
}

void Parking::on_timer(std::uint64_t token, TimePoint now) {
  const call::Calls::Turn turn(calls_, now);
  for (auto& [number, lot] : lots_) {
    if (lot.leg.value != token) continue;
    lot.timer = timers_.schedule(now + lonely_after, *this, token);
    if (!lot.by.empty() && ring_back_) ring_back_(lot.call, lot.leg, std::string(lot.by), now);
    return;
  }
}

}  // namespace junctor::apps
