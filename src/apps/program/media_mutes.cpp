#include "apps/program/media_mutes.hpp"

#include <utility>

namespace junctor::apps::program {

template <bool on>
void MediaMutes::set(const MediaMuting<on>& command, Reply<MediaMuting<on>> reply, TimePoint now) {
  const ProgramCall* const entry = parts_.programs.find(command.call_id.id);
  if (entry == nullptr) return reply(fail(not_found(command.call_id.name)), now);
  if (entry->ended) return reply(fail(call_ended()), now);
  const call::Leg* const leg = parts_.programs.leg_of(*entry, command.leg_id);
  if (leg == nullptr && !command.leg_id.empty())
    return reply(fail(failed("not_found", "Leg not found: " + command.leg_id)), now);
  if (leg == nullptr || !leg->is_up()) return reply(fail(invalid_state(entry->name + " is not answered")), now);
  call::Muting muting = leg->muting();
  if (command.direction != MuteDirection::hears) muting.says = on;
  if (command.direction != MuteDirection::says) muting.hears = on;
  (void)parts_.calls.mute(entry->id, leg->id(), muting, now);
  std::string direction(words(command.direction)[static_cast<std::size_t>(command.direction)]);
  parts_.fence.after(
      *leg,
      [this, id = entry->id, leg_id = parts_.programs.leg_name(*entry, leg->id()), direction = std::move(direction),
       reply = std::move(reply)](TimePoint then) {
        reply(NoData{}, then);
        using Told = std::conditional_t<on, events::MediaMuted, events::MediaUnmuted>;
        parts_.events.publish({id, {}, {}, Told{leg_id, direction}}, then);
      },
      now);
}

void MediaMutes::run(const MediaMute& command, const Requester&, Reply<MediaMute> reply, TimePoint now) {
  set(command, std::move(reply), now);
}

void MediaMutes::run(const MediaUnmute& command, const Requester&, Reply<MediaUnmute> reply, TimePoint now) {
  set(command, std::move(reply), now);
}

}  // namespace junctor::apps::program
