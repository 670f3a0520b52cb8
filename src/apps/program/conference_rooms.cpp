#include "apps/program/conference_rooms.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace junctor::apps::program {
namespace {

CallRef ref(CallId id) {
  return {{}, id};
}

Failure no_room(const std::string& name) {
  return failed("not_found", "Conference " + name + " not found");
}

/// The reply of a command without data of its own.
template <class Command, class Data>
ConferenceRooms::Done with_data(Reply<Command> reply, Data data) {
  return [reply = std::move(reply), data = std::move(data)](Result<void, Failure> done, TimePoint then) {
    if (!done) return reply(fail(done.error()), then);
    reply(data, then);
  };
}

}  // namespace

ConferenceRooms::~ConferenceRooms() {
  for (auto& [number, room] : rooms_) {
    parts_.timers.cancel(room.end_timer);
    for (Member& member : room.members) parts_.timers.cancel(member.deadline);
  }
}

// ------------------------------------------------------------------------------------------------------------ look-up

ConferenceRooms::Room* ConferenceRooms::find(TokenId token, const std::string& name) {
  const auto at = names_.find(std::pair(token, name));
  Room* const room = at == names_.end() ? nullptr : find(at->second);
  return room == nullptr || room->closing ? nullptr : room;
}

ConferenceRooms::Room* ConferenceRooms::find(RoomNumber number) {
  const auto at = rooms_.find(number);
  return at == rooms_.end() ? nullptr : &at->second;
}

ConferenceRooms::MemberOf ConferenceRooms::find_member(CallId call) {
  const auto at = room_of_.find(call);
  if (at == room_of_.end()) return {};
  Room& room = rooms_.at(at->second);
  const auto member = std::ranges::find(room.members, call, &Member::call);
  JUNCTOR_CHECK(member != room.members.end());
  return {&room, &*member};
}

Result<ConferenceRooms::Member*, Failure> ConferenceRooms::member_in(Room& room, const CallRef& call) {
  const auto [where, member] = find_member(call.id);
  if (where != &room || !member->inside)
    return fail(failed("not_member", "Leg " + call.name + " is not in conference " + room.name));
  return member;
}

std::string ConferenceRooms::room_of(CallId call) const {
  const auto at = room_of_.find(call);
  return at == room_of_.end() ? std::string() : rooms_.at(at->second).name;
}

call::Leg* ConferenceRooms::leg_of(CallId call) {
  const ProgramCall* const entry = parts_.programs.find(call);
  return entry == nullptr ? nullptr : parts_.programs.leg_of(*entry);
}

std::vector<CallId> ConferenceRooms::calls_in(const Room& room) const {
  std::vector<CallId> out;
  for (const Member& member : room.members)
    if (member.inside) out.push_back(member.call);
  return out;
}

void ConferenceRooms::tell(const Room& room, EventBody body, CallId about, TimePoint now, std::vector<CallId> others) {
  for (const CallId each : calls_in(room))
    if (each != about && std::ranges::find(others, each) == others.end()) others.push_back(each);
  parts_.events.publish({about, std::move(others), room.token, std::move(body)}, now);
}

TimerId ConferenceRooms::schedule(Timer timer, std::uint64_t subject, Duration after, TimePoint now) {
  constexpr auto kinds = static_cast<std::uint64_t>(Timer::count);
  return parts_.timers.schedule(now + after, *this, subject * kinds + static_cast<std::uint64_t>(timer));
}

// --------------------------------------------------------------------------------------------------- a room comes up

std::optional<Failure> ConferenceRooms::refuses(const ConferenceCreate& command, const Requester& who) const {
  if (names_.contains(std::pair(who.token, command.conf_id)))
    return failed("already_exists", "Conference " + command.conf_id + " already exists");
  if (rooms_.size() >= rooms_max) return failed("full", "there are too many conferences");
  const bool external = command.backend == ConferenceBackend::external;
  if (external && command.mcu_uri.empty()) return invalid_params("external backend requires mcu_uri");
  if (external && command.record) return invalid_params("a conference server records its rooms itself");
  if (!external && !command.mcu_uri.empty()) return invalid_params("mcu_uri is for the external backend");
  return std::nullopt;
}

std::optional<Failure> ConferenceRooms::set_server(Room& room, const ConferenceCreate& command,
                                                   const Requester& who) const {
  auto targets = parts_.destinations.resolve(command.mcu_uri, {}, {}, who.trunks);
  if (!targets) return std::move(targets.error());
  const auto* const dial = targets->size() == 1 ? std::get_if<routing::Dial>(&targets->front().to) : nullptr;
  if (dial == nullptr) return invalid_params("mcu_uri leads to no conference server");
  room.server = *dial;
  return std::nullopt;
}

void ConferenceRooms::run(const ConferenceCreate& command, const Requester& who, Reply<ConferenceCreate> reply,
                          TimePoint now) {
  Room room;
  room.token = who.token;
  room.name = command.conf_id.empty() ? parts_.random.token(16) : command.conf_id;
  room.max_members = command.max_members;
  room.record = command.record;
  room.hangup = command.hangup_on_destroy;
  if (command.host_call_id) room.host = command.host_call_id->id;
  auto refused = refuses(command, who);
  if (!refused && command.backend == ConferenceBackend::external) refused = set_server(room, command, who);
  if (refused) {
    tell(room, events::ConferenceError{room.name, refused->message}, {}, now);
    return reply(fail(std::move(*refused)), now);
  }
  room.number = ++last_room_;
  if (command.max_duration_secs > 0)
    room.end_timer = schedule(Timer::room_ends, room.number, seconds(command.max_duration_secs), now);
  names_[std::pair(room.token, room.name)] = room.number;
  const RoomNumber number = room.number;
  const std::string name = room.name;
  rooms_.emplace(number, std::move(room));
  reply(ConferenceDone{name}, now);
  if (const Room* const made = find(number)) tell(*made, events::ConferenceCreated{name}, {}, now);
}

// --------------------------------------------------------------------------------------------------- commands inside

void ConferenceRooms::run(const ConferenceAdd& command, const Requester& who, Reply<ConferenceAdd> reply,
                          TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  Room* const room = find(who.token, command.conf_id);
  if (room == nullptr) return reply(fail(no_room(command.conf_id)), now);
  ProgramCall* const entry = parts_.programs.find(command.call_id.id);
  if (entry == nullptr) return reply(fail(not_found(command.call_id.name)), now);
  if (auto refused = refuses(*room, *entry, 1)) return reply(fail(std::move(*refused)), now);
  admit(*room, *entry, false,
        with_data<ConferenceAdd>(std::move(reply), ConferenceMemberDone{room->name, {command.call_id.name, entry->id}}),
        now);
}

void ConferenceRooms::run(const ConferenceRemove& command, const Requester& who, Reply<ConferenceRemove> reply,
                          TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  Room* const room = find(who.token, command.conf_id);
  if (room == nullptr) return reply(fail(no_room(command.conf_id)), now);
  const auto member = member_in(*room, command.call_id);
  if (!member) return reply(fail(member.error()), now);
  std::vector<const call::Leg*> legs;
  const CallId id = (*member)->call;
  send_out(**member, legs, now);
  forget(*room, id);
  ++room->leaving;
  parts_.fence.after(
      legs,
      [this, number = room->number, id, reply = std::move(reply),
       done = ConferenceMemberDone{room->name, {command.call_id.name, id}}](TimePoint then) {
        reply(done, then);
        tell_left(number, id, then);
      },
      now);
}

void ConferenceRooms::run(const ConferenceKick& command, const Requester& who, Reply<ConferenceKick> reply,
                          TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  Room* const room = find(who.token, command.conf_id);
  if (room == nullptr) return reply(fail(no_room(command.conf_id)), now);
  const auto member = member_in(*room, command.call_id);
  if (!member) return reply(fail(member.error()), now);
  const CallId id = (*member)->call;
  const RoomNumber number = room->number;
  forget(*room, id);
  ++room->leaving;
  (void)parts_.calls.hang_up(id, {200, 16, "removed from the conference"}, now);
  reply(ConferenceMemberDone{command.conf_id, {command.call_id.name, id}}, now);
  tell_left(number, id, now);
}

/// One of those who were leaving has left. The room waits for that.
void ConferenceRooms::tell_left(RoomNumber number, CallId id, TimePoint now) {
  Room* const room = find(number);
  JUNCTOR_CHECK(room != nullptr);
  --room->leaving;
  tell(*room, events::ConferenceMemberLeft{room->name, ref(id)}, id, now);
  end_if_empty(*room, now);
  finish_close(number, now);
}

void ConferenceRooms::set_mute(Room& room, Member& member, bool muted) {
  member.muted = muted;
  const call::Leg* const leg = leg_of(member.call);
  call::Mixer* const mixer = room.server ? member.mixer.get() : room.mixer.get();
  if (leg != nullptr && mixer != nullptr) mixer->set_voice(*leg, {.input_gain = muted ? 0.0f : 1.0f});
}

template <bool muted, class Command>
void ConferenceRooms::mute_one(const Command& command, const Requester& who, Reply<Command> reply, TimePoint now) {
  Room* const room = find(who.token, command.conf_id);
  if (room == nullptr) return reply(fail(no_room(command.conf_id)), now);
  const auto member = member_in(*room, command.call_id);
  if (!member) return reply(fail(member.error()), now);
  const bool changes = (*member)->muted != muted;
  const CallId id = (*member)->call;
  set_mute(*room, **member, muted);
  const call::Leg* const leg = leg_of(id);
  parts_.fence.after(
      std::array{leg},
      [this, changes, id, number = room->number, done = ConferenceMemberDone{room->name, {command.call_id.name, id}},
       reply = std::move(reply)](TimePoint then) {
        reply(done, then);
        const Room* const still = find(number);
        if (!changes || still == nullptr) return;
        if constexpr (muted) {
          tell(*still, events::ConferenceMemberMuted{still->name, ref(id)}, id, then);
        } else {
          tell(*still, events::ConferenceMemberUnmuted{still->name, ref(id)}, id, then);
        }
      },
      now);
}

void ConferenceRooms::run(const ConferenceMute& command, const Requester& who, Reply<ConferenceMute> reply,
                          TimePoint now) {
  mute_one<true>(command, who, std::move(reply), now);
}

void ConferenceRooms::run(const ConferenceUnmute& command, const Requester& who, Reply<ConferenceUnmute> reply,
                          TimePoint now) {
  mute_one<false>(command, who, std::move(reply), now);
}

void ConferenceRooms::run(const ConferenceMuteAll& command, const Requester& who, Reply<ConferenceMuteAll> reply,
                          TimePoint now) {
  Room* const room = find(who.token, command.conf_id);
  if (room == nullptr) return reply(fail(no_room(command.conf_id)), now);
  std::vector<CallId> changed;
  std::vector<const call::Leg*> legs;
  for (Member& member : room->members) {
    if (member.call == room->host || member.muted || !member.inside) continue;
    set_mute(*room, member, true);
    changed.push_back(member.call);
    legs.push_back(leg_of(member.call));
  }
  parts_.fence.after(
      legs,
      [this, number = room->number, name = room->name, changed = std::move(changed),
       reply = std::move(reply)](TimePoint then) {
        reply(ConferenceDone{name}, then);
        const Room* const still = find(number);
        for (const CallId id : still != nullptr ? changed : std::vector<CallId>())
          tell(*still, events::ConferenceMemberMuted{name, ref(id)}, id, then);
      },
      now);
}

ConferenceInfoDone ConferenceRooms::info_of(const Room& room) const {
  ConferenceInfoDone out{room.name, room.max_members, static_cast<bool>(room.recording), {}};
  for (const Member& member : room.members) {
    if (!member.inside) continue;
    out.members.push_back({{parts_.programs.name_for(room.token, member.call), member.call},
                           member.muted,
                           member.call == room.host,
                           rfc3339(parts_.wall.at(member.joined))});
  }
  return out;
}

void ConferenceRooms::run(const ConferenceInfo& command, const Requester& who, Reply<ConferenceInfo> reply,
                          TimePoint now) {
  const Room* const room = find(who.token, command.conf_id);
  if (room == nullptr) return reply(fail(no_room(command.conf_id)), now);
  reply(info_of(*room), now);
}

void ConferenceRooms::run(const ConferenceList&, const Requester& who, Reply<ConferenceList> reply, TimePoint now) {
  ConferenceList::Done out;
  for (const auto& [number, room] : rooms_)
    if (room.token == who.token && !room.closing) out.items.push_back(info_of(room));
  reply(std::move(out), now);
}

// ------------------------------------------------------------------------------------------------------------ the end

void ConferenceRooms::run(const ConferenceDestroy& command, const Requester& who, Reply<ConferenceDestroy> reply,
                          TimePoint now) {
  Room* const room = find(who.token, command.conf_id);
  if (room == nullptr) return reply(fail(no_room(command.conf_id)), now);
  close(*room, {}, with_data<ConferenceDestroy>(std::move(reply), ConferenceDone{room->name}), now);
}

void ConferenceRooms::run(const ConferenceEnd& command, const Requester& who, Reply<ConferenceEnd> reply,
                          TimePoint now) {
  Room* const room = find(who.token, command.conf_id);
  if (room == nullptr) return reply(fail(no_room(command.conf_id)), now);
  const CallId host = command.host_call_id.id;
  if (room->host != host)
    return reply(
        fail(invalid_state("Leg " + command.host_call_id.name + " is not the host of conference " + room->name)), now);
  events::ConferenceEndedByHost ended{room->name, ref(host), {}};
  for (const CallId id : calls_in(*room)) ended.removed_call_ids.push_back(ref(id));
  close(*room, {std::move(ended)}, with_data<ConferenceEnd>(std::move(reply), ConferenceDone{room->name}), now);
}

void ConferenceRooms::close(Room& room, std::vector<EventBody> first, Done told, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const RoomNumber number = room.number;
  room.closing = true;
  parts_.timers.cancel(room.end_timer);
  if (room.recording) parts_.recording.stop(room.recording, now);
  std::vector<CallId> members = calls_in(room);
  std::vector<const call::Leg*> legs;
  std::vector<Done> refused;  // who is still on the way in
  while (!room.members.empty()) {
    Member& member = room.members.back();
    const CallId id = member.call;
    const bool hang_up = room.hangup && member.inside;
    if (member.answered) refused.push_back(std::move(member.answered));
    send_out(member, legs, now);
    forget(room, id);
    if (hang_up) (void)parts_.calls.hang_up(id, {200, 16, "the conference has ended"}, now);
  }
  if (room.hangup) legs.clear();
  for (const Done& done : refused) done(fail(failed("command_failed", "the conference has ended")), now);
  parts_.fence.after(
      legs,
      [this, number, members = std::move(members), first = std::move(first), told = std::move(told)](TimePoint then) {
        Room& ended = rooms_.at(number);
        if (told) told({}, then);
        for (const EventBody& event : first) tell(ended, event, {}, then, members);
        for (std::size_t i = 0; i < members.size(); ++i)
          tell(ended, events::ConferenceMemberLeft{ended.name, ref(members[i])}, members[i], then,
               {members.begin() + static_cast<std::ptrdiff_t>(i) + 1, members.end()});
        ended.last_members = members;
        ended.closed = true;
        finish_close(number, then);
      },
      now);
}

/// Once nobody is still to be told of.
void ConferenceRooms::finish_close(RoomNumber number, TimePoint now) {
  const auto at = rooms_.find(number);
  if (at == rooms_.end() || !at->second.closed || at->second.leaving > 0) return;
  const auto room = rooms_.extract(at);
  const Room& ended = room.mapped();
  names_.erase(std::pair(ended.token, ended.name));
  tell(ended, events::ConferenceDestroyed{ended.name}, {}, now, ended.last_members);
}

void ConferenceRooms::end_if_empty(Room& room, TimePoint now) {
  if (!room.had_members || room.closing || room.leaving > 0 || !room.members.empty()) return;
  close(room, {events::ConferenceAutoEnded{room.name, "empty"}}, nullptr, now);
}

void ConferenceRooms::on_timer(std::uint64_t token, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  constexpr auto kinds = static_cast<std::uint64_t>(Timer::count);
  if (static_cast<Timer>(token % kinds) == Timer::room_ends) {
    Room& room = rooms_.at(token / kinds);
    room.end_timer = {};
    return close(room, {events::ConferenceAutoEnded{room.name, "max_duration"}}, nullptr, now);
  }
  const auto [room, member] = find_member(parts_.calls.id_of(token / kinds));
  if (room != nullptr && member->answered)
    drop(*room, *member, failed("timeout", "the conference server does not answer"), now);
}

void ConferenceRooms::on_call_event(const call::Event& event, TimePoint now) {
  const auto [room, member] = find_member(event.call);
  if (room == nullptr) return;
  if (const auto* answered = std::get_if<call::LegAnswered>(&event.body)) {
    if (answered->leg == member->server_leg) on_server_answered(*room, *member, now);
    return;
  }
  if (std::holds_alternative<call::Ended>(event.body)) return drop(*room, *member, call_ended(), now);
  const auto* const gone = std::get_if<call::LegGone>(&event.body);
  const auto* const refused = std::get_if<call::LegFailed>(&event.body);
  if (gone == nullptr && refused == nullptr) return;
  const LegId leg = gone != nullptr ? gone->leg : refused->leg;
  const ProgramCall* const entry = parts_.programs.find(event.call);
  if (entry != nullptr && leg == entry->leg) return drop(*room, *member, call_ended(), now);
  if (leg != member->server_leg) return;
  const call::Cause& why = gone != nullptr ? gone->cause : refused->cause;
  drop(*room, *member, failed("command_failed", "the conference server refused: " + std::to_string(why.status)), now);
}

/// A member whose call is over, or that the conference server does not have: who is still on the way in is refused.
void ConferenceRooms::drop(Room& room, Member& member, Failure why, TimePoint now) {
  const RoomNumber number = room.number;
  const CallId id = member.call;
  const bool inside = member.inside;
  const Done done = std::move(member.answered);
  std::vector<const call::Leg*> legs;
  send_out(member, legs, now);
  forget(room, id);
  ++room.leaving;
  if (done) done(fail(std::move(why)), now);
  if (inside) return tell_left(number, id, now);
  --room.leaving;
  finish_close(number, now);
}

}  // namespace junctor::apps::program
