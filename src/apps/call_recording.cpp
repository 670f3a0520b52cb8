#include "apps/call_recording.hpp"

#include <algorithm>
#include <utility>

namespace junctor::apps {
namespace {

/// The caller's side is left, everybody else's right.
std::vector<recording::Track> tracks_of(const call::Call& call) {
  std::vector<recording::Track> out;
  for (const auto& leg : call.legs()) {
    if (!leg->is_up() || !leg->port_is_open()) continue;
    const bool caller = leg->id() == call.first_leg_id();
    out.push_back(
        {leg->port()->id, caller ? "caller" : "callee", caller ? recording::Side::left : recording::Side::right});
  }
  return out;
}

std::string safe_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    out += plain ? c : '_';
  }
  return out;
}

}  // namespace

/// A folder per day keeps them small.
std::string CallRecording::path_for(const std::string& name, TimePoint now) const {
  const std::string stamp = rfc3339(wall_.at(now));  // 2031-02-03T04:05:06.789Z
  return rules_.folder + '/' + stamp.substr(0, 10) + '/' + safe_name(stamp.substr(11, 8)) + '-' + safe_name(name);
}

void CallRecording::start(CallId id, TimePoint now) {
  call::Call* const call = calls_.find(id);
  call::Leg* const leg = first_up(call);
  if (leg == nullptr || running_.contains(id)) return;
  Listening listening(*leg);
  recording::Settings settings;
  settings.path = path_for(to_string(id), now);
  settings.format = rules_.opus ? recording::Format::opus : recording::Format::wav;
  settings.layout = rules_.layout;
  settings.rate = listening.rate();
  settings.length_max = rules_.length_max;
  settings.beep_every = rules_.beep_every;
  if (rules_.layout != recording::Layout::mono) settings.tracks = tracks_of(*call);
  settings.facts = {{"call_id", to_string(id)},
                    {"from", call->caller().number},
                    {"to", call->callee().number},
                    {"direction", call->labels.direction}};
  const recording::Source source{listening.mixer(), listening.rate()};
  Running running{{}, recording::to_json_running(settings.path + ".json"), std::move(listening), settings.tracks};
  auto started = recordings_.start(std::move(settings), source, now);
  if (!started) return log_.warning("a call is not recorded", {{"call", to_string(id)}, {"error", started.error()}});
  running.id = *started;
  running_.emplace(id, std::move(running));
}

recording::RecordingId CallRecording::start(const std::string& room, call::Mixer& mixer, TimePoint now) {
  mixer.add_need(call::Need::recording);  // it stays as long as the mixer
  if (!mixer.id()) return {};
  recording::Settings settings;
  settings.path = path_for("conference-" + room, now);
  settings.format = rules_.opus ? recording::Format::opus : recording::Format::wav;
  settings.rate = mixer.rate();
  settings.length_max = rules_.length_max;
  settings.beep_every = rules_.beep_every;
  settings.facts = {{"conference", room}};
  const auto started = recordings_.start(std::move(settings), {*mixer.id(), mixer.rate()}, now);
  if (started) return *started;
  log_.warning("a conference is not recorded", {{"conference", room}, {"error", started.error()}});
  return {};
}

void CallRecording::follow(CallId id, Running& running, TimePoint now) {
  call::Call* const call = calls_.find(id);
  call::Leg* const leg = first_up(call);
  if (leg == nullptr) return;
  if (running.listening.follow(*leg))
    recordings_.follow(running.id, {running.listening.mixer(), running.listening.rate()}, now);
  if (rules_.layout == recording::Layout::mono) return;
  auto tracks = tracks_of(*call);
  if (tracks == running.tracks) return;
  running.tracks = tracks;
  if (const auto done = recordings_.set_tracks(running.id, std::move(tracks), now); !done)
    log_.warning("a recording does not follow its call", {{"call", to_string(id)}, {"error", done.error()}});
}

std::string CallRecording::recordings_of(CallId call) const {
  const auto at = running_.find(call);
  return at == running_.end() ? std::string() : '[' + at->second.shown + ']';
}

/// It may end before its call does.
void CallRecording::on_recording_event(const recording::Event& event) {
  const auto* const stopped = std::get_if<recording::Stopped>(&event);
  if (stopped == nullptr || !stopped->id) return;
  for (auto& [call, running] : running_)
    if (running.id == stopped->id) running.shown = to_json(*stopped);
}

void CallRecording::on_call_event(const call::Event& event, TimePoint now) {
  const auto at = running_.find(event.call);
  if (std::holds_alternative<call::Ended>(event.body)) {
    if (at == running_.end()) return;
    recordings_.stop(at->second.id, now);
    running_.erase(at);
  } else if (at != running_.end()) {
    follow(event.call, at->second, now);
  } else if (const auto* answered = std::get_if<call::Answered>(&event.body);
             answered != nullptr && answered->with && rules_.calls) {
    start(event.call, now);
  }
}

}  // namespace junctor::apps
