#include "control/event_router.hpp"

#include <algorithm>
#include <array>

namespace junctor::control {
namespace {

namespace json = boost::json;
namespace events = apps::program::events;
using apps::program::Event;
using apps::program::EventBody;
using apps::program::Ownership;
using apps::program::ProgramCall;

template <class... Kinds>
bool is_one_of(const EventBody& body) {
  return (std::holds_alternative<Kinds>(body) || ...);
}

/// What ends the offer of a call for all who did not get it.
bool is_fate(const EventBody& body) {
  return is_one_of<events::CallAnswered, events::CallHangup, events::CallNoAnswer, events::CallBusy>(body);
}

bool is_for_full_control(const EventBody& body) {
  return is_one_of<events::SipMessageReceived, events::SipNotifyReceived, events::SipInfoReceived,
                   events::DialogMessage>(body);
}

/// As a piece of an event stream (HTML, server-sent events).
SharedText streamed(const std::string& text) {
  return std::make_shared<const std::string>("data: " + text + "\n\n");
}

/// Sessions lie anywhere in memory: all are asked for before the first is looked at.
void fetch(std::span<Session* const> sessions) {
  constexpr std::size_t line_bytes = 64;
  for (const Session* const session : sessions)
    for (std::size_t at = 0; at < sizeof(Session); at += line_bytes)
      __builtin_prefetch(reinterpret_cast<const char*>(session) + at);
}

bool may_be_missed(const EventBody& body) {
  const auto* const segment = std::get_if<events::TranscriptSegment>(&body);
  return segment != nullptr && segment->partial;
}

}  // namespace

EventRouter::EventRouter(Parts parts)
    : parts_(parts),
      published_(parts.counters.get("rwi_events")),
      sent_(parts.counters.get("rwi_events_sent")),
      dropped_(parts.counters.get("rwi_events_dropped")),
      overflowed_(parts.counters.get("rwi_sessions_overflowed")) {}

CallNames EventRouter::names_for(TokenId token) const {
  return [this, token](CallId id) { return parts_.programs.name_for(token, id); };
}

void EventRouter::send(Session& session, const SharedText& text) {
  parts_.web.send(session.sockets, session.by_http ? streamed(*text) : text);
}

void EventRouter::tell(Session& session, std::string_view event, json::object data, TimePoint now) {
  const json::object out{{"event", event},
                         {"seq", parts_.log.current(session.token->id)},
                         {"ts", text(rfc3339(parts_.wall.at(now)))},
                         {"data", std::move(data)}};
  send(session, std::make_shared<const std::string>(json::serialize(out)));
}

void EventRouter::add_offered(Audience& audience, ProgramCall& call, const EventBody& body) {
  if (std::holds_alternative<events::CallIncoming>(body)) {
    parts_.sessions.for_each_that_follows(call.context, [&](Session& session) {
      audience.sessions.push_back(&session);
      call.offered_to.push_back(session.id);
    });
    return;
  }
  if (!is_fate(body)) return;
  for (const SessionId id : call.offered_to)
    if (Session* const session = parts_.sessions.find(id)) audience.sessions.push_back(session);
  call.offered_to.clear();
  parts_.sessions.for_each_that_follows(call.context, [&](Session& session) {
    const Level* const level = session.follows(call.context);
    if (level != nullptr && *level == Level::events_only) audience.sessions.push_back(&session);
  });
}

EventRouter::Audience EventRouter::audience_of(const Event& event) {
  Audience out;
  const auto add_call = [&](CallId id) {
    ProgramCall* const call = parts_.programs.find(id);
    if (call == nullptr) return;
    if (Session* const owner = parts_.sessions.find(call->owner)) out.sessions.push_back(owner);
    if (call->ownership == Ownership::orphaned) out.also_logged.push_back(call->token);
    for (const auto& watcher : call->watchers)
      if (Session* const session = parts_.sessions.find(watcher.session)) out.sessions.push_back(session);
    add_offered(out, *call, event.body);
  };
  if (event.call) add_call(event.call);
  for (const CallId id : event.others) add_call(id);
  const auto add = [&](Session& session) { out.sessions.push_back(&session); };
  parts_.sessions.for_each_observer(add);
  if (event.token) parts_.sessions.for_each_of(event.token, add);
  const ProgramCall* const call = parts_.programs.find(event.call);
  const std::string_view context = call == nullptr ? std::string_view{} : std::string_view(call->context);
  const bool for_full_control = is_for_full_control(event.body);
  const bool for_everybody = is_fate(event.body) || std::holds_alternative<events::CallIncoming>(event.body);
  fetch(out.sessions);
  std::erase_if(out.sessions, [&](const Session* session) {
    if (!session->wants(info_of(event.body))) return true;
    if (std::holds_alternative<events::CallCreated>(event.body) && session->dialect != Dialect::flat_0_5) return true;
    if (for_full_control) return session->level_of(context) != Level::full_control;
    return !for_everybody && session->level_of(context) == Level::events_only;
  });
  std::ranges::sort(out.sessions, {}, [](const Session* s) { return std::pair(s->token->id, s->id); });
  const auto twice = std::ranges::unique(out.sessions);
  out.sessions.erase(twice.begin(), twice.end());
  return out;
}

void EventRouter::publish(Event event, TimePoint now) {
  published_.add();
  deliver(event, audience_of(event), now);
}

void EventRouter::announce(Session& session, ProgramCall& call, TimePoint now) {
  if (call.announcement == nullptr || std::ranges::find(call.offered_to, session.id) != call.offered_to.end()) return;
  call.offered_to.push_back(session.id);
  const Event event{call.id, {}, {}, *call.announcement};
  Session* const one[] = {&session};
  deliver_to(session.token->id, event, one, now);
}

void EventRouter::deliver(const Event& event, const Audience& audience, TimePoint now) {
  const auto& all = audience.sessions;
  for (std::size_t begin = 0; begin < all.size();) {
    const TokenId token = all[begin]->token->id;
    std::size_t end = begin;
    while (end < all.size() && all[end]->token->id == token) ++end;
    deliver_to(token, event, std::span(all).subspan(begin, end - begin), now);
    begin = end;
  }
  for (const TokenId token : audience.also_logged) {
    const bool done = std::ranges::any_of(all, [&](const Session* s) { return s->token->id == token; });
    if (!done && token) deliver_to(token, event, {}, now);
  }
}

bool EventRouter::is_full(Session& session, const EventBody& body, TimePoint now) {
  std::size_t unsent = 0;
  for (const WebId socket : session.sockets) unsent = std::max(unsent, parts_.web.unsent(socket));
  if (unsent > output_soft_max && may_be_missed(body)) {
    dropped_.add();
    return true;
  }
  if (unsent <= output_hard_max) return false;
  overflowed_.add();
  tell(session, "session.overflow", {{"unsent_bytes", unsent}}, now);
  for (const WebId socket : session.sockets) parts_.web.close(socket, close_code::try_again, "too slow a reader");
  return true;
}

void EventRouter::deliver_to(TokenId token, const Event& event, std::span<Session* const> sessions, TimePoint now) {
  const CallNames names = names_for(token);
  ProgramCall* const call = parts_.programs.find(event.call);
  EventFrame frame{event, call, names, parts_.log.next(token, now), rfc3339(parts_.wall.at(now))};
  if (call != nullptr && call->token == token) call->last_seq = frame.seq;
  std::array<SharedText, 3> texts;
  const auto text_in = [&](Dialect dialect) -> const SharedText& {
    SharedText& made = texts.at(static_cast<std::size_t>(dialect));
    if (made == nullptr) made = std::make_shared<const std::string>(to_text(frame, dialect));
    return made;
  };
  std::array<std::vector<WebId>, 3> sockets;
  for (Session* const session : sessions) {
    if (is_full(*session, event.body, now)) continue;
    if (session->by_http) {
      parts_.web.send(session->sockets, streamed(*text_in(session->dialect)));
      continue;
    }
    auto& to = sockets.at(static_cast<std::size_t>(session->dialect));
    to.insert(to.end(), session->sockets.begin(), session->sockets.end());
  }
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    if (sockets[i].empty()) continue;
    parts_.web.send(sockets[i], text_in(static_cast<Dialect>(i)));
    sent_.add(sockets[i].size());
  }
  EventLog::Entry entry;
  entry.seq = frame.seq;
  entry.at = now;
  entry.timestamp = frame.ts;
  entry.call = event.call;
  if (event.call) entry.call_name = names(event.call);
  entry.seed = text_in(Dialect::seed);
  if (parts_.log.reads_flat(token)) entry.flat = text_in(Dialect::flat);
  parts_.log.keep(token, std::move(entry));
}

}  // namespace junctor::control
