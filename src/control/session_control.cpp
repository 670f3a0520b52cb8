#include "control/session_control.hpp"

#include <algorithm>

namespace junctor::control {
namespace {

namespace json = boost::json;
namespace events = apps::program::events;
using apps::program::failed;
using apps::program::Ownership;
using apps::program::ProgramCall;

constexpr std::size_t secret_length = 26;  // 130 bits

bool is_allowed(const Token& token, const std::string& context) {
  if (token.contexts.empty()) return true;
  return std::ranges::find(token.contexts, context) != token.contexts.end() ||
         std::ranges::find(token.contexts, "*") != token.contexts.end();
}

apps::program::Failure forbidden(std::string_view why) {
  return failed("forbidden", why);
}

/// A replayed event of the flat form stands in a member of its own, with its name and call beside it.
json::value flat_replay(const EventLog::Entry& entry) {
  json::value payload = entry.flat == nullptr ? json::value(nullptr) : json::parse(*entry.flat);
  json::value type = payload.is_object() ? payload.as_object()["event_type"] : json::value(nullptr);
  return json::object{
      {"event_type", std::move(type)}, {"call_id", text(entry.call_name)}, {"payload", std::move(payload)}};
}

}  // namespace

std::string SessionControl::name_of(SessionId id) const {
  const Session* const session = parts_.sessions.find(id);
  if (session != nullptr) return session->name;
  const auto at = gone_.find(id);
  return at == gone_.end() ? std::string() : at->second.name;
}

void SessionControl::on_open(Session& session, TimePoint now) {
  session.name = "s-" + parts_.random.token(16);
  session.resume_secret = parts_.random.token(secret_length);
  parts_.log.begin(session.token->id, session.token->name, now);
  if (session.dialect != Dialect::seed) return parts_.log.note_flat(session.token->id);
  json::array scopes;
  for (const Scope scope : session.token->scopes) scopes.emplace_back(to_string(scope));
  const json::object limits{{"max_calls_per_connection", limits_.calls_max},
                            {"originate_rate_limit", limits_.originates_a_second},
                            {"orphan_hold_secs", std::chrono::floor<seconds>(limits_.orphan_hold).count()}};
  if (session.by_http) return;
  parts_.events.tell(session, "session.started",
                     {{"session_id", text(session.name)},
                      {"token", text(session.token->name)},
                      {"resume_secret", text(session.resume_secret)},
                      {"scopes", std::move(scopes)},
                      {"limits", limits},
                      {"dialects", {"seed", "flat"}},
                      {"seq", parts_.log.current(session.token->id)}},
                     now);
}

// --------------------------------------------------------------------------------------------------------- ownership

bool SessionControl::may_see(const Session& session, const ProgramCall& call) const {
  const Token& token = *session.token;
  if (call.token == token.id || token.may(Scope::observe_all) || token.may(Scope::supervisor)) return true;
  return !call.token && session.follows(call.context) != nullptr;
}

std::size_t SessionControl::calls_of(SessionId session) const {
  return parts_.programs.owned_by(session).size();
}

std::optional<apps::program::Failure> SessionControl::check_call_limit(const Session& session) const {
  if (limits_.calls_max == 0 || calls_of(session.id) < limits_.calls_max) return std::nullopt;
  return failed("rate_limited",
                "rate limited: max_calls_per_connection (" + std::to_string(limits_.calls_max) + ") is reached");
}

std::optional<apps::program::Failure> SessionControl::check_control(const Session& session, const ProgramCall& call,
                                                                    bool claims, bool forced) const {
  if (call.owner == session.id) return std::nullopt;
  const bool may_claim = session.follows(call.context) != nullptr || session.token->may(Scope::supervisor);
  if (claims && call.ownership == Ownership::offered && may_claim) return check_call_limit(session);
  if (forced && session.token->may(Scope::supervisor)) return std::nullopt;
  if (claims && call.owner) return failed("already_owned", "already owned: call is owned by another session");
  return failed("not_owner", "not owner: the call is controlled by " +
                                 (call.owner ? std::string("another session") : std::string("nobody")));
}

void SessionControl::claim(const Session& session, ProgramCall& call) {
  parts_.programs.give(call, session.token->id, session.id);
}

void SessionControl::give_back(ProgramCall& call) {
  parts_.programs.give(call, {}, {});
  call.ownership = Ownership::offered;
}

void SessionControl::run(const SessionAttachCall& c, const Requester& who, const Reply<SessionAttachCall>& reply,
                         TimePoint now) {
  Session& session = *parts_.sessions.find(who.session);
  ProgramCall& call = *parts_.programs.find(c.call_id.id);
  SessionAttachCall::Done done{{c.call_id.name, call.id}};
  if (c.mode != AttachMode::control) {
    if (!session.token->may(Scope::supervisor))
      return reply(fail(forbidden("scope required: supervisor.control")), now);
    const std::string mode(words(c.mode).at(static_cast<std::size_t>(c.mode)));
    std::erase_if(call.watchers, [&](const auto& w) { return w.session == session.id; });
    call.watchers.push_back({session.id, session.token->id, mode});
    reply(done, now);
    events::CallOwnershipChanged changed;
    changed.session_id = session.name;
    changed.mode = mode;
    return parts_.events.publish({call.id, {}, {}, changed}, now);
  }
  if (call.owner == session.id) return reply(done, now);
  if (call.owner && call.ownership == Ownership::owned) {
    if (!c.force && !who.forced)
      return reply(fail(failed("already_owned", "already owned: call is owned by another session")), now);
    if (!session.token->may(Scope::supervisor))
      return reply(fail(forbidden("scope required: supervisor.control")), now);
  }
  if (!session.token->may(Scope::call)) return reply(fail(forbidden("scope required: call.control")), now);
  if (const auto full = check_call_limit(session)) return reply(fail(*full), now);
  const bool orphaned = call.ownership == Ownership::orphaned;
  const SessionId before = call.owner;
  if (orphaned) orphans_.wait(call, false, now);
  parts_.programs.give(call, session.token->id, session.id);
  done.call_id = {call.name, call.id};
  reply(done, now);
  events::CallOwnershipChanged changed;
  changed.session_id = session.name;
  changed.mode = "control";
  if (before) changed.previous_session_id = name_of(before);
  changed.reason = orphaned ? "reclaimed" : before ? "taken" : "attached";
  // Whoever had it until now hears of it for the last time.
  if (before) call.watchers.push_back({before, {}, "control"});
  parts_.events.publish({call.id, {}, {}, changed}, now);
  std::erase_if(call.watchers, [](const auto& w) { return w.mode == "control"; });
}

void SessionControl::run(const SessionDetachCall& c, const Requester& who, const Reply<SessionDetachCall>& reply,
                         TimePoint now) {
  ProgramCall& call = *parts_.programs.find(c.call_id.id);
  const bool watched = std::ranges::any_of(call.watchers, [&](const auto& w) { return w.session == who.session; });
  if (call.owner != who.session && !watched)
    return reply(fail(failed("not_owner", "not owner: nothing to detach")), now);
  reply(NoData{}, now);
  if (call.owner != who.session) {
    std::erase_if(call.watchers, [&](const auto& w) { return w.session == who.session; });
    return;
  }
  events::CallOwnershipChanged changed;
  changed.mode = "control";
  changed.previous_session_id = name_of(who.session);
  changed.reason = "detached";
  parts_.events.publish({call.id, {}, {}, changed}, now);
  parts_.programs.set_owner(call, {});
  call.ownership = Ownership::unowned;
}

// ------------------------------------------------------------------------------------------------------ subscriptions

void SessionControl::run(const SessionSubscribe& c, const Requester& who, const Reply<SessionSubscribe>& reply,
                         TimePoint now) {
  Session& session = *parts_.sessions.find(who.session);
  for (const std::string& context : c.contexts)
    if (!is_allowed(*session.token, context))
      return reply(fail(forbidden("the token may not follow context \"" + context + "\"")), now);
  if (session.contexts.size() + c.contexts.size() > SessionSubscribe::contexts_max)
    return reply(fail(apps::program::invalid_params("too many contexts")), now);
  if (c.dialect && *c.dialect != "seed" && *c.dialect != "flat")
    return reply(fail(apps::program::invalid_params("\"dialect\" must be one of seed, flat")), now);
  if (c.dialect) session.dialect = *c.dialect == "flat" ? Dialect::flat : Dialect::seed;
  if (session.dialect != Dialect::seed) parts_.log.note_flat(session.token->id);
  if (c.level) session.set_level(*c.level);
  for (const std::string& context : c.contexts) parts_.sessions.follow(session, context, session.level_of({}));
  if (c.events) session.filter = {c.events->begin(), c.events->end()};
  SessionSubscribe::Done done;
  for (const auto& [context, level] : session.contexts) done.contexts.push_back(context);
  done.level = session.level_of({});
  done.events = {session.filter.begin(), session.filter.end()};
  done.dialect = session.dialect == Dialect::seed ? "seed" : "flat";
  done.session_id = session.name;
  done.resume_secret = session.resume_secret;
  reply(std::move(done), now);
  std::vector<ProgramCall*> waiting;
  parts_.programs.for_each([&](ProgramCall& call) {
    if (call.ownership == Ownership::offered && session.follows(call.context) != nullptr) waiting.push_back(&call);
  });
  std::ranges::sort(waiting, {}, [](const ProgramCall* call) { return call->id; });
  for (ProgramCall* const call : waiting) parts_.events.announce(session, *call, now);
}

void SessionControl::run(const SessionUnsubscribe& c, const Requester& who, const Reply<SessionUnsubscribe>& reply,
                         TimePoint now) {
  Session& session = *parts_.sessions.find(who.session);
  for (const std::string& context : c.contexts) parts_.sessions.unfollow(session, context);
  reply(NoData{}, now);
}

ListedCall SessionControl::listed(const Session& session, const ProgramCall& call) const {
  const auto moment = [&](TimePoint t) { return rfc3339(parts_.wall.at(t)); };
  ListedCall out;
  out.call_id = {parts_.programs.name_for(session.token->id, call.id), call.id};
  out.session_id = out.call_id;
  out.id = to_string(call.id);
  if (!call.caller.empty()) out.caller = call.caller;
  if (!call.callee.empty()) out.callee = call.callee;
  out.direction = call.inbound ? "inbound" : "outbound";
  out.status = call.answered ? "talking" : "ringing";
  out.started_at = moment(call.started);
  if (call.answered) out.answered_at = moment(*call.answered);
  if (call.owner) out.owner = name_of(call.owner);
  if (!call.context.empty()) out.context = call.context;
  constexpr std::string_view modes[] = {"offered", "owned", "unowned", "orphaned"};
  out.mode = modes[static_cast<std::size_t>(call.ownership)];
  out.held = call.held;
  return out;
}

void SessionControl::run(const SessionListCalls& c, const Requester& who, const Reply<SessionListCalls>& reply,
                         TimePoint now) {
  const Session& session = *parts_.sessions.find(who.session);
  std::vector<const ProgramCall*> found;
  if (c.scope == ListScope::own) {
    for (const CallId id : parts_.programs.owned_by(session.id)) found.push_back(parts_.programs.find(id));
  } else {
    parts_.programs.for_each([&](const ProgramCall& call) {
      const bool own = call.owner == session.id;
      const bool waits = call.ownership == Ownership::offered && session.follows(call.context) != nullptr;
      if (own || waits || (c.scope == ListScope::all && may_see(session, call))) found.push_back(&call);
    });
  }
  std::ranges::sort(found, std::ranges::greater{}, [](const ProgramCall* call) { return call->id; });
  if (found.size() > c.limit) found.resize(c.limit);
  SessionListCalls::Done done;
  for (const ProgramCall* const call : found) done.items.push_back(listed(session, *call));
  reply(std::move(done), now);
}

void SessionControl::run(const SessionPing&, const Requester&, const Reply<SessionPing>& reply, TimePoint now) {
  reply(SessionPing::Done{rfc3339(parts_.wall.at(now))}, now);
}

// ------------------------------------------------------------------------------------------------- going and returning

void SessionControl::on_close(Session& session, TimePoint now) {
  while (gone_.size() >= gone_max || (!gone_.empty() && now - gone_.begin()->second.at > gone_kept)) {
    parts_.timers.cancel(gone_.begin()->second.timer);
    gone_.erase(gone_.begin());
  }
  Gone& gone = gone_[session.id];
  gone = {session.id, session.token->id, session.name, session.resume_secret, now, {}};
  const TimePoint deadline = now + limits_.orphan_hold;
  bool any = false;
  parts_.programs.for_each([&](ProgramCall& call) {
    std::erase_if(call.watchers, [&](const auto& w) { return w.session == session.id; });
    std::erase(call.offered_to, session.id);
    if (call.owner != session.id) return;
    any = true;
    call.ownership = Ownership::orphaned;
    orphans_.wait(call, true, now);
    parts_.events.publish({call.id, {}, {}, events::CallOrphaned{session.name, rfc3339(parts_.wall.at(deadline))}},
                          now);
  });
  if (any) gone.timer = parts_.timers.schedule(deadline, *this, session.id.value);
}

void SessionControl::on_timer(std::uint64_t token, TimePoint now) {
  const SessionId session{token};
  const std::set<CallId> left = parts_.programs.owned_by(session);  // it changes while they are given up
  for (const CallId id : left) {
    ProgramCall* const call = parts_.programs.find(id);
    if (call == nullptr || call->ended || call->ownership != Ownership::orphaned) continue;
    orphans_.wait(*call, false, now);
    orphans_.give_up(*call, now);
  }
}

std::vector<apps::program::CallRef> SessionControl::reclaim(Session& session, const std::string& secret, CallId only,
                                                            TimePoint now) {
  std::vector<apps::program::CallRef> out;
  if (secret.empty()) return out;
  const auto gone = std::ranges::find_if(
      gone_, [&](const auto& each) { return each.second.secret == secret && each.second.token == session.token->id; });
  if (gone == gone_.end()) return out;
  const SessionId before = gone->first;
  const std::set<CallId> calls = parts_.programs.owned_by(before);  // it changes while they are given away
  for (const CallId id : calls) {
    ProgramCall& call = *parts_.programs.find(id);
    if (call.ownership != Ownership::orphaned || (only && id != only)) continue;
    orphans_.wait(call, false, now);
    parts_.programs.give(call, session.token->id, session.id);
    out.push_back({call.name, id});
  }
  return out;
}

Replay SessionControl::replay(Session& session, std::uint64_t last_sequence, CallId call, TimePoint now) {
  const TokenId token = session.token->id;
  const auto since = parts_.log.since(token, last_sequence, call, now);
  const bool flat = session.dialect != Dialect::seed;
  Replay out;
  out.current_sequence = parts_.log.current(token);
  out.complete = since.complete;
  for (const EventLog::Entry* const entry : since.events) {
    if (flat && entry->flat == nullptr) {
      out.complete = false;
      continue;
    }
    const json::object item{{"sequence", entry->seq},
                            {"timestamp", text(entry->timestamp)},
                            {"call_id", text(entry->call_name)},
                            {"event", flat ? flat_replay(*entry) : json::parse(*entry->seed)}};
    out.events.push_back({json::serialize(item)});
  }
  out.replayed_count = out.events.size();
  return out;
}

void SessionControl::run(const SessionResume& c, const Requester& who, const Reply<SessionResume>& reply,
                         TimePoint now) {
  Session& session = *parts_.sessions.find(who.session);
  Replay done = replay(session, c.last_sequence, {}, now);
  done.reclaimed = reclaim(session, c.resume_secret, {}, now);
  reply(std::move(done), now);
}

void SessionControl::run(const CallResume& c, const Requester& who, const Reply<CallResume>& reply, TimePoint now) {
  Session& session = *parts_.sessions.find(who.session);
  Replay done = replay(session, c.last_sequence, c.call_id.id, now);
  done.reclaimed = reclaim(session, c.resume_secret, c.call_id.id, now);
  reply(std::move(done), now);
}

}  // namespace junctor::control
