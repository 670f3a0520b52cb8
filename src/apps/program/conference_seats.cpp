// Who sits in a conference room, and how calls come, change places and go.
#include <algorithm>
#include <utility>

#include "apps/program/conference_rooms.hpp"

namespace junctor::apps::program {
namespace {

CallRef ref(CallId id) {
  return {{}, id};
}

}  // namespace

// -------------------------------------------------------------------------------------------------------- coming in

std::optional<Failure> ConferenceRooms::refuses(const Room& room, const ProgramCall& entry, std::size_t places,
                                                bool may_be_held) const {
  if (const auto at = room_of_.find(entry.id); at != room_of_.end()) {
    const std::string& other = rooms_.at(at->second).name;
    return failed("already_member", at->second == room.number
                                        ? "Leg " + entry.name + " already in conference"
                                        : "Leg " + entry.name + " is already in conference " + other);
  }
  const std::size_t most = room.max_members == 0 ? members_max : room.max_members;
  if (room.members.size() + places > most) return failed("full", "Conference " + room.name + " is at maximum capacity");
  if (entry.ended) return call_ended();
  if (!entry.answered) return invalid_state(entry.name + " is not answered");
  if (entry.held && !may_be_held) return invalid_state(entry.name + " is on hold");
  if (entry.place != Place::alone && entry.place != Place::bridged)
    return invalid_state(entry.name + " is neither alone nor bridged");
  const call::Leg* const leg = parts_.programs.leg_of(entry);
  if (leg == nullptr || !leg->is_up() || !leg->port_is_open()) return call_ended();
  return std::nullopt;
}

void ConferenceRooms::admit(Room& room, ProgramCall& entry, bool quiet, Done done, TimePoint now) {
  const auto ignored = [](Result<void, Failure>, TimePoint) {};
  if (entry.place == Place::bridged) parts_.bridges.part(entry, ignored, now);
  room.members.push_back({.call = entry.id, .quiet = quiet, .joined = now});
  room_of_[entry.id] = room.number;
  entry.place = Place::conference;
  parts_.programs.leg_of(entry)->kept = true;
  if (room.server) return call_server(room, entry, std::move(done), now);
  seat(room, entry, std::move(done), now);
}

void ConferenceRooms::seat(Room& room, ProgramCall& entry, Done done, TimePoint now) {
  const call::Leg& leg = *parts_.programs.leg_of(entry);
  if (!room.mixer) {
    room.mixer = std::make_unique<call::Mixer>(parts_.calls.plays(), leg.port()->worker);
    room.mixer->add_need(call::Need::room);
  }
  (void)parts_.calls.seat(entry.id, entry.leg, *room.mixer, now);
  if (room.record && !room.recording) room.recording = parts_.recording.start(room.name, *room.mixer, now);
  enter(room.number, entry.id, std::move(done), now);
}

/// It has been seated.
void ConferenceRooms::enter(RoomNumber number, CallId call, Done done, TimePoint now) {
  parts_.fence.after(
      std::array<const call::Leg*, 1>{leg_of(call)},
      [this, number, call, done = std::move(done)](TimePoint then) {
        const auto [room, member] = find_member(call);
        if (room == nullptr || room->number != number) return done(fail(call_ended()), then);
        if (const call::Leg* const leg = leg_of(call); leg == nullptr || !leg->is_up()) {
          forget(*room, call);
          return done(fail(call_ended()), then);
        }
        if (member->quiet) return done({}, then);
        member->inside = room->had_members = true;
        done({}, then);
        const auto [still, same] = find_member(call);
        if (still != nullptr && still->number == number)
          tell(*still, events::ConferenceMemberJoined{still->name, ref(call)}, call, then);
      },
      now);
}

// ------------------------------------------------------------------------------------------------ conference servers

void ConferenceRooms::call_server(Room& room, ProgramCall& entry, Done done, TimePoint now) {
  Member& member = room.members.back();
  const Office& office = *parts_.destinations.office();
  call::Call& call = *parts_.calls.find(entry.id);
  call::Call::AddLeg leg;
  leg.kind = room.server->trunk.empty() ? call::LegKind::guest : call::LegKind::trunk;
  leg.label = "conference:" + room.name;
  leg.to.uri = room.server->uri;
  if (!room.server->transport.empty() && room.server->transport != "udp")
    leg.to.uri += ";transport=" + room.server->transport;
  leg.to.srtp = office.srtp;
  if (const Trunk* const trunk = office.find_trunk(room.server->trunk)) {
    leg.to.account = trunk->account;
    leg.to.codecs = trunk->codecs;
    leg.to.srtp = trunk->srtp;
  }
  if (!office.domains.empty()) leg.from_host = office.domains.front();
  leg.from = entry.inbound ? call.caller() : call.callee();
  leg.like = entry.leg;
  member.answered = std::move(done);
  const auto added = parts_.calls.add_leg(entry.id, std::move(leg), now);
  if (!added) return drop(room, member, refused(added.error()), now);
  member.server_leg = *added;
  member.deadline = schedule(Timer::server_silent, entry.id.counter, server_answers_within, now);
}

void ConferenceRooms::on_server_answered(Room& room, Member& member, TimePoint now) {
  const ProgramCall& entry = *parts_.programs.find(member.call);
  const call::Leg& leg = *parts_.programs.leg_of(entry);
  parts_.timers.cancel(member.deadline);
  member.mixer = std::make_unique<call::Mixer>(parts_.calls.plays(), leg.port()->worker);
  member.mixer->add_need(call::Need::room);
  for (const LegId each : {entry.leg, member.server_leg}) (void)parts_.calls.seat(entry.id, each, *member.mixer, now);
  enter(room.number, entry.id, std::exchange(member.answered, nullptr), now);
}

// ------------------------------------------------------------------------------------------------------------- going

void ConferenceRooms::forget(Room& room, CallId call) {
  const auto at = std::ranges::find(room.members, call, &Member::call);
  parts_.timers.cancel(at->deadline);
  room.members.erase(at);
  room_of_.erase(call);
}

void ConferenceRooms::send_out(const Member& member, std::vector<const call::Leg*>& legs, TimePoint now) {
  if (ProgramCall* const entry = parts_.programs.find(member.call)) {
    parts_.bridges.seat_alone(*entry, now);
    legs.push_back(parts_.programs.leg_of(*entry));
  }
  if (member.server_leg) (void)parts_.calls.hang_up_leg(member.call, member.server_leg, call::normal_clearing(), now);
}

// ----------------------------------------------------------------------------------------------------------- merging

/// Two calls on their way into a room, one after the other.
struct ConferenceRooms::Merge {
  RoomNumber room = 0;
  CallId call, consultation;
  std::vector<CallId> coming;  // the next one is last
  std::vector<CallId> came;
  std::vector<CallId> unheld;  // they waited until now
  Reply<ConferenceMerge> reply;
};

void ConferenceRooms::run(const ConferenceMerge& command, const Requester& who, Reply<ConferenceMerge> reply,
                          TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  Room* const room = find(who.token, command.conf_id);
  if (room == nullptr) return reply(fail(failed("not_found", "conference " + command.conf_id + " not found")), now);
  auto merge = std::make_shared<Merge>();
  merge->room = room->number;
  merge->call = command.call_id.id;
  merge->consultation = command.consultation_call_id.id;
  merge->reply = std::move(reply);
  if (merge->call == merge->consultation)
    return fail_merge(*merge, invalid_params("call_id and consultation_call_id are the same call"), now);
  for (const CallRef& each : {CallRef(command.consultation_call_id), CallRef(command.call_id)}) {
    if (parts_.programs.find(each.id) == nullptr) return fail_merge(*merge, not_found(each.name), now);
    const auto at = room_of_.find(each.id);
    if (at == room_of_.end() || at->second != room->number) merge->coming.push_back(each.id);
  }
  for (const CallId id : merge->coming) {
    if (auto refused = refuses(*room, *parts_.programs.find(id), merge->coming.size(), static_cast<bool>(unhold_)))
      return fail_merge(*merge, std::move(*refused), now);
  }
  merge_next(std::move(merge), now);
}

void ConferenceRooms::merge_next(std::shared_ptr<Merge> merge, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  Room* const room = find(merge->room);
  if (room == nullptr || room->closing) return fail_merge(*merge, failed("not_found", "the conference has ended"), now);
  if (merge->coming.empty()) {
    const std::string name = room->name;
    const std::vector<CallId> both{merge->call, merge->consultation};
    for (const CallId id : merge->came)
      if (const auto [where, member] = find_member(id); where == room) member->inside = room->had_members = true;
    merge->reply(NoData{}, now);
    for (const CallId id : merge->unheld) parts_.events.publish({id, {}, {}, events::MediaHoldStopped{}}, now);
    const Room* const still = find(merge->room);
    if (still == nullptr) return;
    tell(*still, events::ConferenceMergeRequested{ref(merge->call), ref(merge->consultation)}, {}, now, both);
    for (const CallId id : merge->came) tell(*still, events::ConferenceMemberJoined{name, ref(id)}, id, now);
    return tell(*still, events::ConferenceMerged{name, ref(merge->call)}, {}, now, both);
  }
  const CallId next = merge->coming.back();
  ProgramCall* const entry = parts_.programs.find(next);
  const auto then_next = [this, merge](Result<void, Failure> done, TimePoint then) {
    if (!done) return fail_merge(*merge, std::move(done.error()), then);
    merge_next(merge, then);
  };
  if (entry != nullptr && entry->held && unhold_) {
    return unhold_(
        *entry,
        [merge, next, then_next](Result<void, Failure> done, TimePoint then) {
          if (done) merge->unheld.push_back(next);
          then_next(std::move(done), then);
        },
        now);
  }
  if (entry == nullptr) return fail_merge(*merge, call_ended(), now);
  if (auto refused = refuses(*room, *entry, merge->coming.size())) return fail_merge(*merge, std::move(*refused), now);
  merge->coming.pop_back();
  merge->came.push_back(next);
  admit(*room, *entry, true, then_next, now);
}

/// Who has come already goes again.
void ConferenceRooms::fail_merge(Merge& merge, Failure why, TimePoint now) {
  for (const CallId id : merge.unheld) parts_.events.publish({id, {}, {}, events::MediaHoldStopped{}}, now);
  if (Room* const room = find(merge.room)) {
    const std::vector<CallId> both{merge.call, merge.consultation};
    tell(*room, events::ConferenceMergeRequested{ref(merge.call), ref(merge.consultation)}, {}, now, both);
    tell(*room, events::ConferenceMergeFailed{room->name, ref(merge.call), why.message}, {}, now, both);
    for (const CallId id : std::exchange(merge.came, {})) {
      const auto [where, member] = find_member(id);
      if (where == room) drop(*room, *member, why, now);
    }
  }
  merge.reply(fail(std::move(why)), now);
}

// ---------------------------------------------------------------------------------------------------- changing seats

struct ConferenceRooms::Replace {
  RoomNumber room = 0;
  CallId old_call, new_call;
  bool was_member = false, muted = false, was_host = false;
  TimePoint joined{};
  Done done;
};

std::optional<Failure> ConferenceRooms::refuses(Room& room, const CallRef& old_call, const ProgramCall& coming) {
  if (const auto member = member_in(room, old_call); !member) return member.error();
  return refuses(room, coming, 0);  // a full room is as full afterwards
}

void ConferenceRooms::run(const ConferenceSeatReplace& command, const Requester& who,
                          Reply<ConferenceSeatReplace> reply, TimePoint now) {
  Room* const room = find(who.token, command.conf_id);
  if (room == nullptr) return reply(fail(failed("not_found", "conference " + command.conf_id + " not found")), now);
  const auto answer = [reply = std::move(reply)](Result<void, Failure> done, TimePoint then) {
    if (!done) return reply(fail(done.error()), then);
    reply(NoData{}, then);
  };
  change_seat(*room, command.old_call_id, command.new_call_id, answer, now);
}

void ConferenceRooms::replace(CallId old_call, CallId new_call, Done done, TimePoint now) {
  const auto [room, member] = find_member(old_call);
  if (room == nullptr) return done(fail(failed("not_member", "it is in no conference")), now);
  change_seat(*room, {to_string(old_call), old_call}, {to_string(new_call), new_call}, std::move(done), now);
}

void ConferenceRooms::change_seat(Room& room, const CallRef& old_call, const CallRef& new_call, Done done,
                                  TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  for (const CallRef& each : {old_call, new_call})
    if (parts_.programs.find(each.id) == nullptr) return done(fail(not_found(each.name)), now);
  Replace replace{.room = room.number, .old_call = old_call.id, .new_call = new_call.id};
  replace.done = std::move(done);
  const auto [where, old_member] = find_member(replace.old_call);
  replace.was_member = where == &room && old_member->inside;
  if (auto refused = refuses(room, old_call, *parts_.programs.find(replace.new_call)))
    return fail_replace(replace, std::move(*refused), now);

  ProgramCall& leaving = *parts_.programs.find(replace.old_call);
  ProgramCall& coming = *parts_.programs.find(replace.new_call);
  const auto ignored = [](Result<void, Failure>, TimePoint) {};
  if (coming.place == Place::bridged) parts_.bridges.part(coming, ignored, now);
  Member& member = *old_member;
  replace.muted = member.muted;
  replace.was_host = room.host == replace.old_call;
  replace.joined = member.joined;
  call::Mixer& mixer = room.server ? *member.mixer : *room.mixer;
  // The new one's port may still be on its way to the mixer's worker: what is told after its seat waits for it, too, so
  // that the old one goes in the moment in which the new one comes.
  if (room.server) (void)parts_.calls.move_leg(leaving.id, member.server_leg, coming.id, now);
  (void)parts_.calls.seat(coming.id, coming.leg, mixer, now, {.input_gain = member.muted ? 0.0f : 1.0f});
  parts_.bridges.seat_alone(leaving, now);
  parts_.programs.leg_of(coming)->kept = true;
  coming.place = Place::conference;
  member.call = coming.id;
  member.joined = now;
  member.inside = false;
  room_of_.erase(leaving.id);
  room_of_[coming.id] = room.number;
  if (replace.was_host) room.host = coming.id;
  ++room.leaving;
  const std::array<const call::Leg*, 2> legs{leg_of(coming.id), leg_of(leaving.id)};
  parts_.fence.after(
      legs,
      [this, replace = std::move(replace)](TimePoint then) {
        const call::Calls::Turn after(parts_.calls, then);
        const auto [still, seated] = find_member(replace.new_call);
        const bool here = still != nullptr && still->number == replace.room;
        const call::Leg* const leg = here ? leg_of(replace.new_call) : nullptr;
        if (leg == nullptr || !leg->is_up()) {
          if (here) forget(*still, replace.new_call);
          return undo_replace(replace, then);
        }
        seated->inside = true;
        finish_replace(replace, then);
      },
      now);
}

void ConferenceRooms::finish_replace(const Replace& replace, TimePoint now) {
  replace.done({}, now);
  Room& room = rooms_.at(replace.room);  // it waits for who is leaving
  const CallRef before = ref(replace.old_call), after = ref(replace.new_call);
  const std::vector<CallId> both{replace.old_call, replace.new_call};
  tell(room, events::SeatReplaceStarted{room.name, before, after}, {}, now, both);
  tell(room, events::ConferenceMemberLeft{room.name, before}, replace.old_call, now);
  tell(room, events::ConferenceMemberJoined{room.name, after}, replace.new_call, now);
  tell(room, events::SeatReplaceSucceeded{room.name, before, after}, {}, now, both);
  (void)parts_.calls.hang_up(replace.old_call, {200, 16, "conference_seat_replace"}, now);
  --room.leaving;
  end_if_empty(room, now);
  finish_close(replace.room, now);
}

/// The new one has gone before it was there: the old one gets its seat back.
void ConferenceRooms::undo_replace(const Replace& replace, TimePoint now) {
  Room& room = rooms_.at(replace.room);
  --room.leaving;
  const CallRef before = ref(replace.old_call), after = ref(replace.new_call);
  const std::vector<CallId> both{replace.old_call, replace.new_call};
  const Failure why = failed("command_failed", "seat replacement failed: the new call has ended");
  ProgramCall* const entry = parts_.programs.find(replace.old_call);
  tell(room, events::SeatReplaceStarted{room.name, before, after}, {}, now, both);
  tell(room, events::ConferenceMemberLeft{room.name, before}, replace.old_call, now);
  const auto refused =
      entry == nullptr || room.closing || room.server ? std::optional(call_ended()) : refuses(room, *entry, 1);
  if (refused) {
    tell(room, events::SeatReplaceRollbackFailed{room.name, before, after, refused->message}, {}, now, both);
  } else {
    room.members.push_back({.call = entry->id, .inside = true, .joined = replace.joined});
    room_of_[entry->id] = room.number;
    entry->place = Place::conference;
    (void)parts_.calls.seat(entry->id, entry->leg, *room.mixer, now);
    set_mute(room, room.members.back(), replace.muted);
    if (replace.was_host) room.host = entry->id;
    tell(room, events::ConferenceMemberJoined{room.name, before}, replace.old_call, now);
  }
  tell(room, events::SeatReplaceFailed{room.name, before, after, why.message}, {}, now, both);
  replace.done(fail(why), now);
  const auto still = rooms_.find(replace.room);
  if (still != rooms_.end()) end_if_empty(still->second, now);
  finish_close(replace.room, now);
}

/// Nothing has been changed; who follows the room is told as if it had been, and changed back.
void ConferenceRooms::fail_replace(const Replace& replace, Failure why, TimePoint now) {
  const Room& room = rooms_.at(replace.room);
  const CallRef before = ref(replace.old_call), after = ref(replace.new_call);
  const std::vector<CallId> both{replace.old_call, replace.new_call};
  const std::string reason = why.message;
  tell(room, events::SeatReplaceStarted{room.name, before, after}, {}, now, both);
  if (replace.was_member) {
    tell(room, events::ConferenceMemberLeft{room.name, before}, replace.old_call, now);
    tell(room, events::ConferenceMemberJoined{room.name, before}, replace.old_call, now);
  }
  tell(room, events::SeatReplaceFailed{room.name, before, after, reason}, {}, now, both);
  replace.done(fail(std::move(why)), now);
}

}  // namespace junctor::apps::program
