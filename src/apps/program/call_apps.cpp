#include "apps/program/call_apps.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "call/milliwatt.hpp"

namespace junctor::apps::program {
namespace {

constexpr std::array<std::string_view, 4> names{"echo", "tone", "hold_music", "conference"};
constexpr std::array<std::string_view, 3> not_there{"ivr", "queue", "voicemail"};

}  // namespace

std::optional<Failure> CallApps::start(ProgramCall& entry, const std::string& name, const AppParams& params,
                                       TimePoint now) {
  if (std::ranges::find(not_there, name) != not_there.end()) return not_implemented("application " + name);
  const auto* const at = std::ranges::find(names, name);
  if (at == names.end()) return invalid_params("\"app_name\" must be one of echo, tone, hold_music, conference");
  if (has(entry.id)) return invalid_state("an application has the call");
  if (!entry.answered || entry.place != Place::alone || entry.held)
    return invalid_state("the call is not answered and alone");
  call::Leg* const leg = parts_.programs.leg_of(entry);
  if (leg == nullptr || !leg->port_is_open()) return call_ended();
  Running running{static_cast<Kind>(at - names.begin()), std::nullopt};
  switch (running.kind) {
    case Kind::echo:
      parts_.calls.find(entry.id)->own_mixer(*leg).set_voice(*leg, {.hears_itself = true});
      break;
    case Kind::tone:
      running.tone = parts_.calls.find(entry.id)->own_mixer(*leg).play(call::milliwatt());
      break;
    case Kind::hold_music:
      parts_.music.start(entry.id, leg->id(), now);
      break;
    case Kind::conference:
      if (auto why = enter(entry, params.name, now)) return why;
      break;
  }
  running_.emplace(entry.id, running);
  return std::nullopt;
}

std::optional<Failure> CallApps::enter(ProgramCall& entry, const std::string& name, TimePoint now) {
  const ConferenceRoom* const room = parts_.destinations.office()->find_conference(name);
  if (room == nullptr) return failed("not_found", "no such conference: " + name);
  if (const auto refused = parts_.conferences.bring(entry.id, entry.leg, *room, now))
    return failed(refused->status == 486 ? "full" : "command_failed", refused->text);
  entry.place = Place::application;
  return std::nullopt;
}

void CallApps::stop(ProgramCall& entry, TimePoint now) {
  const Running running = running_.extract(entry.id).mapped();
  const call::Leg* const leg = parts_.programs.leg_of(entry);
  switch (running.kind) {
    case Kind::echo:
      if (leg != nullptr && leg->mixer != nullptr) leg->mixer->set_voice(*leg, {});
      break;
    case Kind::tone:
      parts_.calls.plays().stop(*running.tone);
      break;
    case Kind::hold_music:
      parts_.music.stop(entry.leg);
      break;
    case Kind::conference:
      parts_.conferences.release(entry.leg, now);
      entry.place = Place::alone;
      break;
  }
}

template <class Command>
void CallApps::reply_when_heard(const ProgramCall& entry, Reply<Command> reply, TimePoint now) {
  const call::Leg* const leg = parts_.programs.leg_of(entry);
  if (leg == nullptr) return reply(fail(call_ended()), now);
  parts_.fence.after(*leg, [reply = std::move(reply)](TimePoint then) { reply(NoData{}, then); }, now);
}

void CallApps::run(const CallAppStart& c, const Requester&, Reply<CallAppStart> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  if (auto why = start(entry, c.app_name, c.params, now)) return reply(fail(std::move(*why)), now);
  reply_when_heard<CallAppStart>(entry, std::move(reply), now);
}

void CallApps::run(const CallAppStop& c, const Requester&, Reply<CallAppStop> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  if (!has(entry.id)) return reply(fail(invalid_state("no application has the call")), now);
  stop(entry, now);
  reply_when_heard<CallAppStop>(entry, std::move(reply), now);
}

void CallApps::run(const AppChain& c, const Requester&, Reply<AppChain> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  if (has(entry.id)) stop(entry, now);
  if (auto why = start(entry, c.app_name, c.params, now)) return reply(fail(std::move(*why)), now);
  reply_when_heard<AppChain>(entry, std::move(reply), now);
}

void CallApps::on_call_event(const call::Event& event, TimePoint) {
  if (std::holds_alternative<call::Ended>(event.body)) running_.erase(event.call);
}

}  // namespace junctor::apps::program
