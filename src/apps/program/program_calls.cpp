#include "apps/program/program_calls.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace junctor::apps::program {

std::string_view state_of(const ProgramCall& call) {
  if (call.ended) return "ended";
  if (call.ownership == Ownership::offered) return "offered";
  if (!call.answered) return "calling";
  if (call.held) return "held";
  switch (call.place) {
    case Place::alone:
    case Place::application:
    case Place::elsewhere:
      return "answered";
    case Place::bridged:
      return "bridged";
    case Place::conference:
      return "conference";
    case Place::supervising:
      return "supervising";
  }
  return "answered";
}

ProgramCall& ProgramCalls::add(CallId id, TokenId token, std::string name, TimePoint now) {
  forget_old(now);
  const auto [at, is_new] = entries_.try_emplace(id);
  JUNCTOR_CHECK(is_new);
  ProgramCall& entry = at->second;
  entry.id = id;
  entry.token = token;
  entry.name = name.empty() ? to_string(id) : std::move(name);
  entry.started = now;
  names_.insert_or_assign(std::pair(token, entry.name), id);  // a call that is over gives up its name
  return entry;
}

bool ProgramCalls::is_taken(TokenId token, std::string_view name) const {
  const auto at = names_.find(std::pair(token, std::string(name)));
  if (at == names_.end()) return parse_call_id(name).counter != 0;
  return !entries_.at(at->second).ended;
}

ProgramCall* ProgramCalls::find(CallId id) {
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second;
}

const ProgramCall* ProgramCalls::find(CallId id) const {
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second;
}

ProgramCall* ProgramCalls::find(TokenId token, std::string_view name, TimePoint now) {
  forget_old(now);
  if (const auto at = names_.find(std::pair(token, std::string(name))); at != names_.end()) return find(at->second);
  const CallId id = parse_call_id(name);
  if (!id) return nullptr;
  if (ProgramCall* const known = find(id)) return known;
  const call::Call* const call = calls_.find(id);
  if (call == nullptr) return nullptr;
  ProgramCall& entry = add(id, {}, {}, call->start());
  entry.inbound = call->labels.direction != "outbound";
  entry.caller = call->caller().number;
  entry.callee = call->callee().number;
  entry.trunk = call->labels.trunk;
  entry.leg = call->first_leg_id();
  entry.answered = call->answer_time();
  entry.place = Place::elsewhere;
  return &entry;
}

std::string ProgramCalls::name_for(TokenId token, CallId id) const {
  const ProgramCall* const entry = find(id);
  return entry != nullptr && entry->token == token ? entry->name : to_string(id);
}

void ProgramCalls::give(ProgramCall& entry, TokenId token, SessionId session) {
  set_owner(entry, session);
  entry.ownership = Ownership::owned;
  if (entry.token == token) return;
  forget_name(entry);
  entry.token = token;
  entry.name = to_string(entry.id);
  names_.insert_or_assign(std::pair(token, entry.name), entry.id);
}

void ProgramCalls::disown(const ProgramCall& entry) {
  const auto at = owned_.find(entry.owner);
  if (at == owned_.end()) return;
  at->second.erase(entry.id);
  if (at->second.empty()) owned_.erase(at);
}

void ProgramCalls::set_owner(ProgramCall& entry, SessionId session) {
  disown(entry);
  entry.owner = session;
  if (session && !entry.ended) owned_[session].insert(entry.id);
}

const std::set<CallId>& ProgramCalls::owned_by(SessionId session) const {
  static const std::set<CallId> none;
  const auto at = owned_.find(session);
  return at == owned_.end() ? none : at->second;
}

call::Leg* ProgramCalls::leg_of(const ProgramCall& entry, std::string_view leg_id) {
  call::Call* const call = calls_.find(entry.id);
  if (call == nullptr) return nullptr;
  if (leg_id.empty()) return call->leg(entry.leg);
  if (const auto at = entry.further_legs.find(std::string(leg_id)); at != entry.further_legs.end())
    return call->leg(at->second);
  call::Leg* const first = call->first_leg();
  if (leg_id == "caller") return entry.inbound ? first : call->leg(entry.leg);
  if (leg_id != "callee" && leg_id != "agent") return nullptr;
  if (first == nullptr || !entry.inbound) return call->leg(entry.leg);
  return call->leg(first->peer);
}

std::optional<std::string> ProgramCalls::leg_name(const ProgramCall& entry, LegId leg) const {
  if (leg == entry.leg) return std::nullopt;
  for (const auto& [name, id] : entry.further_legs)
    if (id == leg) return name;
  return "callee";
}

void ProgramCalls::on_ended(CallId id, TimePoint now) {
  ProgramCall* const entry = find(id);
  if (entry == nullptr || entry->ended) return;
  entry->ended = now;
  disown(*entry);
  ended_.push_back(id);
}

void ProgramCalls::for_each(const std::function<void(ProgramCall&)>& look) {
  for (auto& [id, entry] : entries_)
    if (!entry.ended) look(entry);
}

void ProgramCalls::forget_name(const ProgramCall& entry) {
  const auto at = names_.find(std::pair(entry.token, entry.name));
  if (at != names_.end() && at->second == entry.id) names_.erase(at);
}

void ProgramCalls::forget_old(TimePoint now) {
  while (!ended_.empty()) {
    const auto at = entries_.find(ended_.front());
    if (now - *at->second.ended < remembered) return;
    forget_name(at->second);
    entries_.erase(at);
    ended_.pop_front();
  }
}

}  // namespace junctor::apps::program
