#include "apps/program/playbacks.hpp"

#include <algorithm>
#include <utility>

#include "apps/prompts.hpp"
#include "audio/tone_plan.hpp"

namespace junctor::apps::program {
namespace {

/// A built-in sound of that name: what the hub says to people.
std::optional<media::Utterance> built_in(std::string_view name) {
  for (std::size_t i = 0; i < prompt_count; ++i) {
    media::Utterance each = utterance(static_cast<Prompt>(i));
    if (each.name == name) return each;
  }
  return std::nullopt;
}

std::string_view without_ending(std::string_view name) {
  return name.ends_with(".wav") ? name.substr(0, name.size() - 4) : name;
}

bool is_confined(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos) return false;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    const std::string_view part = path.substr(0, end);
    if (part.empty() || part == "." || part == "..") return false;
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
  }
  return true;
}

bool is_url(std::string_view uri) {
  return uri.starts_with("http://") || uri.starts_with("https://");
}

}  // namespace

Result<std::string, Failure> Playbacks::path_of(const std::string& uri) const {
  std::string_view name = uri;
  if (name.starts_with("sounds/")) name.remove_prefix(7);
  if (!is_confined(name))
    return fail(failed("invalid_params", "\"source.uri\" must be a name inside the folder of sounds"));
  return std::string(name);
}

call::Leg* Playbacks::leg_of(const Track& track) {
  call::Call* const call = parts_.calls.find(track.call);
  call::Leg* const leg = call == nullptr ? nullptr : call->leg(track.leg);
  return leg != nullptr && leg->port_is_open() ? leg : nullptr;
}

void Playbacks::run(const MediaPlay& c, const Requester&, Reply<MediaPlay> reply, TimePoint now) {
  ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  if (c.source.type == MediaSource::Type::url && !is_url(c.source.uri))
    return reply(fail(invalid_params("\"source.uri\" must begin with http:// or https://")), now);
  if (c.source.type == MediaSource::Type::file) {
    if (const auto path = path_of(c.source.uri); !path) return reply(fail(path.error()), now);
  }
  if (!entry.answered && !c.defer) return reply(fail(invalid_state("the call is not answered")), now);
  if (entry.held) return reply(fail(invalid_state("the call is on hold")), now);
  const call::Leg* const leg = parts_.programs.leg_of(entry, c.leg_id);
  if (leg == nullptr || (entry.answered && !leg->is_up()))
    return reply(fail(failed("not_found", "Leg not found: " + c.leg_id)), now);
  const auto same = [&](const auto& each) { return each.second.call == entry.id; };
  if (static_cast<std::size_t>(std::ranges::count_if(tracks_, same)) >= tracks_max)
    return reply(fail(failed("full", "too many sounds play to the call")), now);
  Track track;
  track.call = entry.id;
  track.leg = leg->id();
  track.leg_name = parts_.programs.leg_name(entry, leg->id());
  track.source = c.source;
  if (c.loop) track.source.looped = *c.loop;
  track.interrupt_on_dtmf = c.interrupt_on_dtmf;
  track.told = true;
  track.mix = c.mix;
  track.reply = std::move(reply);
  track.deferred = !entry.answered;
  add("t-" + parts_.random.token(16), std::move(track), now);
}

std::string Playbacks::play(ProgramCall& entry, const MediaSource& source, Failed failed, TimePoint now) {
  const std::string id = "t-" + parts_.random.token(16);
  const auto path = path_of(source.uri);
  if (source.type == MediaSource::Type::file && !path) {
    failed(path.error(), now);
    return id;
  }
  Track track;
  track.call = entry.id;
  track.leg = entry.leg;
  track.source = source;
  track.failed = std::move(failed);
  add(id, std::move(track), now);
  return id;
}

void Playbacks::add(const std::string& id, Track track, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const bool deferred = track.deferred;
  tracks_.emplace(id, std::move(track));
  if (!deferred) ask(id, now);
}

/// Finds out what there is to be heard; at the rate of where the leg sits now.
void Playbacks::ask(const std::string& id, TimePoint now) {
  Track& track = tracks_.at(id);
  call::Leg* const leg = leg_of(track);
  if (leg == nullptr) return refuse(id, call_ended(), now);
  if (track.source.type == MediaSource::Type::silence) return begin(id, {}, now);
  if (track.source.type == MediaSource::Type::ringback) {
    media::Play play;
    play.what = audio::find_tone_plan("us")->ringback;
    return begin(id, std::move(play), now);
  }
  call::Mixer& mixer = parts_.calls.find(track.call)->own_mixer(*leg);
  mixer.add_need(call::Need::playing);  // now its rate is known
  const std::uint32_t rate = mixer.rate();
  mixer.drop_need(call::Need::playing);
  const auto told = [this, id, rate, alive = alive_](const media::Sounds::Loaded& loaded, TimePoint then) {
    if (*alive) arrive(id, rate, loaded, then);
  };
  if (track.source.type == MediaSource::Type::url) return parts_.fetched.get(track.source.uri, rate, told, now);
  const std::string name = *path_of(track.source.uri);
  if (const auto text = built_in(without_ending(name))) return parts_.speech.get(*text, rate, told, now);
  parts_.sounds.get(folder_ + '/' + name, rate, told, now);
}

void Playbacks::arrive(const std::string& id, std::uint32_t rate, const media::Sounds::Loaded& loaded, TimePoint now) {
  const auto at = tracks_.find(id);
  if (at == tracks_.end()) return;
  const call::Calls::Turn turn(parts_.calls, now);
  if (!loaded) return refuse(id, failed("media_not_found", at->second.source.uri + ": " + loaded.error()), now);
  call::Leg* const leg = leg_of(at->second);
  if (leg == nullptr) return refuse(id, call_ended(), now);
  call::Mixer& mixer = parts_.calls.find(at->second.call)->own_mixer(*leg);
  mixer.add_need(call::Need::playing);
  if (mixer.rate() == rate) {
    media::Play play;
    play.what = media::Play::Sounds{*loaded};
    play.times = at->second.source.looped ? 0 : 1;
    begin(id, std::move(play), now);
  } else {
    ask(id, now);  // it has moved to another mixer meanwhile
  }
  mixer.drop_need(call::Need::playing);
}

void Playbacks::begin(const std::string& id, media::Play play, TimePoint now) {
  Track& track = tracks_.at(id);
  call::Leg* const leg = leg_of(track);
  for (auto& [other_id, other] : tracks_) {
    if (track.mix || other_id == id || other.call != track.call || other.leg != track.leg || other.deferred) continue;
    silence(other);
    track.replaces.push_back(other_id);
  }
  if (track.source.type != MediaSource::Type::silence) {
    call::Mixer& mixer = parts_.calls.find(track.call)->own_mixer(*leg);
    track.mixer = &mixer;
    mixer.add_need(call::Need::playing);  // it is seated now
    play.to = leg->port()->id;
    track.play = mixer.play(std::move(play), [this, id, alive = alive_](media::PlayEnd why, TimePoint then) {
      if (*alive) on_play_ended(id, why != media::PlayEnd::finished, then);
    });
    mixer.drop_need(call::Need::playing);
  }
  parts_.fence.after(
      *leg,
      [this, id, alive = alive_](TimePoint then) {
        if (*alive) begun(id, then);
      },
      now);
}

void Playbacks::begun(const std::string& id, TimePoint now) {
  const auto at = tracks_.find(id);
  if (at == tracks_.end()) return;
  Track& track = at->second;
  if (const auto reply = std::exchange(track.reply, nullptr)) reply(MediaPlay::Done{id}, now);
  for (const std::string& other : std::exchange(track.replaces, {})) end(other, true, now);
  if (track.told) parts_.events.publish({track.call, {}, {}, events::MediaPlayStarted{track.leg_name, id}}, now);
}

void Playbacks::refuse(const std::string& id, Failure why, TimePoint now) {
  auto node = tracks_.extract(id);
  if (node.empty()) return;
  Track& track = node.mapped();
  if (track.reply) return track.reply(fail(std::move(why)), now);
  if (track.failed) return track.failed(std::move(why), now);
  // A deferred one was answered long ago; what became of it is an event.
  if (track.told) parts_.events.publish({track.call, {}, {}, events::MediaPlayFinished{track.leg_name, id, true}}, now);
}

void Playbacks::on_play_ended(const std::string& id, bool interrupted, TimePoint now) {
  const auto at = tracks_.find(id);
  if (at != tracks_.end() && !at->second.stopping) end(id, interrupted, now);
}

void Playbacks::silence(Track& track) {
  track.stopping = true;
  const call::Leg* const leg = leg_of(track);
  // A mixer that the leg has left has ended it already, or is gone.
  if (track.play && leg != nullptr && leg->mixer == track.mixer && track.mixer != nullptr)
    track.mixer->stop(*track.play);
}

void Playbacks::end(const std::string& id, bool interrupted, TimePoint now) {
  auto node = tracks_.extract(id);
  if (node.empty()) return;
  const Track& track = node.mapped();
  if (track.reply) return track.reply(fail(failed("command_failed", "it was ended before it began")), now);
  if (track.told)
    parts_.events.publish({track.call, {}, {}, events::MediaPlayFinished{track.leg_name, id, interrupted}}, now);
}

void Playbacks::stop(CallId call, const std::string& id, TimePoint now) {
  const auto at = tracks_.find(id);
  if (at == tracks_.end() || at->second.call != call) return;
  silence(at->second);
  end(id, true, now);
}

void Playbacks::stop_all(CallId call, TimePoint now) {
  std::vector<std::string> ids;
  for (const auto& [id, track] : tracks_)
    if (track.call == call) ids.push_back(id);
  for (const std::string& id : ids) stop(call, id, now);
}

void Playbacks::run(const MediaStop& c, const Requester&, Reply<MediaStop> reply, TimePoint now) {
  const CallId call = c.call_id.id;
  if (!c.track_id.empty() && !tracks_.contains(c.track_id))
    return reply(fail(failed("media_not_found", "nothing of that track_id plays")), now);
  std::vector<std::string> ids;
  const ProgramCall& entry = *parts_.programs.find(call);
  const call::Leg* const wanted = parts_.programs.leg_of(entry, c.leg_id);
  for (const auto& [id, track] : tracks_) {
    if (track.call != call || (!c.track_id.empty() && id != c.track_id)) continue;
    if (!c.leg_id.empty() && (wanted == nullptr || track.leg != wanted->id())) continue;
    ids.push_back(id);
  }
  const call::Leg* const leg = parts_.programs.leg_of(entry);
  if (leg == nullptr) return reply(fail(call_ended()), now);
  for (const std::string& id : ids) silence(tracks_.at(id));
  parts_.fence.after(
      *leg,
      [this, ids, reply = std::move(reply), alive = alive_](TimePoint then) {
        reply(NoData{}, then);
        if (!*alive) return;
        for (const std::string& id : ids) end(id, true, then);
      },
      now);
}

void Playbacks::on_call_event(const call::Event& event, TimePoint now) {
  if (const auto* const key = std::get_if<call::KeyDown>(&event.body)) {
    const LegId leg = key->leg;
    std::vector<std::string> ids;
    for (const auto& [id, track] : tracks_)
      if (track.call == event.call && track.leg == leg && track.interrupt_on_dtmf) ids.push_back(id);
    for (const std::string& id : ids) stop(event.call, id, now);
  } else if (std::holds_alternative<call::Answered>(event.body)) {
    std::vector<std::string> ids;
    for (auto& [id, track] : tracks_)
      if (track.call == event.call && std::exchange(track.deferred, false)) ids.push_back(id);
    for (const std::string& id : ids) ask(id, now);
  } else if (const auto* gone = std::get_if<call::LegGone>(&event.body)) {
    std::vector<std::string> ids;
    for (const auto& [id, track] : tracks_)
      if (track.call == event.call && track.leg == gone->leg) ids.push_back(id);
    for (const std::string& id : ids) end(id, true, now);
  } else if (std::holds_alternative<call::Ended>(event.body)) {
    std::vector<std::string> ids;
    for (const auto& [id, track] : tracks_)
      if (track.call == event.call) ids.push_back(id);
    for (const std::string& id : ids) end(id, true, now);
  }
}

}  // namespace junctor::apps::program
