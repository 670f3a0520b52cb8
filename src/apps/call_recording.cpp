#include "apps/call_recording.hpp"

#include <algorithm>
#include <utility>

namespace junctor::apps {
namespace {

call::Leg* first_up(call::Call& call) {
  for (const auto& leg : call.legs())
    if (leg->is_up() && leg->mixer != nullptr) return leg.get();
  return nullptr;
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

/// The caller's side is left, everybody else's right.
void CallRecording::start(CallId id, TimePoint now) {
  call::Call* const call = calls_.find(id);
  if (call == nullptr || first_up(*call) == nullptr || running_.contains(id)) return;
  const call::Leg* const caller = call->first_leg() != nullptr ? call->first_leg() : first_up(*call);
  recording::Settings settings;
  settings.path = path_for(to_string(id), now);
  settings.format = rules_.opus ? recording::Format::opus : recording::Format::wav;
  settings.layout = rules_.layout;
  settings.length_max = rules_.length_max;
  settings.beep_every = rules_.beep_every;
  settings.facts = {{"call_id", to_string(id)},
                    {"from", call->caller().number},
                    {"to", call->callee().number},
                    {"direction", call->labels.direction}};
  const std::string path = settings.path;
  FollowedRecording recording({calls_, recordings_}, caller->id(), {"caller", "callee"});
  const auto started = recording.start(std::move(settings), now);
  if (!started) return log_.warning("a call is not recorded", {{"call", to_string(id)}, {"error", started.error()}});
  show(id, *started, path);
  running_.emplace(id, std::move(recording));
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

void CallRecording::show(CallId call, recording::RecordingId id, const std::string& path) {
  shown_[call].push_back({id, recording::to_json_running(path + ".json")});
}

std::string CallRecording::recordings_of(CallId call) const {
  const auto at = shown_.find(call);
  if (at == shown_.end()) return {};
  std::string out;
  for (const Shown& one : at->second) out += (out.empty() ? '[' : ',') + one.json;
  return out + ']';
}

/// It may end before its call does, and be masked when it has ended.
void CallRecording::on_recording_event(const recording::Event& event, TimePoint now) {
  forget_old(now);
  const auto* stopped = std::get_if<recording::Stopped>(&event);
  if (const auto* masked = std::get_if<recording::Masked>(&event); masked != nullptr && masked->stopped)
    stopped = &*masked->stopped;
  if (stopped == nullptr || !stopped->id) return;
  for (auto& [call, running] : running_)
    if (running.id() == stopped->id) running.on_ended();
  const auto at = shown_.find(parse_call_id(recording::find_fact(stopped->facts, "call_id")));
  if (at == shown_.end()) return;
  for (Shown& one : at->second)
    if (one.id == stopped->id) one.json = to_json(*stopped);
}

void CallRecording::forget_old(TimePoint now) {
  while (!over_.empty() && now - over_.front().first > remembered) {
    shown_.erase(over_.front().second);
    over_.pop_front();
  }
}

void CallRecording::on_call_event(const call::Event& event, TimePoint now) {
  const auto at = running_.find(event.call);
  if (std::holds_alternative<call::Ended>(event.body)) {
    if (shown_.contains(event.call)) over_.emplace_back(now, event.call);
    forget_old(now);
    if (at == running_.end()) return;
    at->second.stop(now);
    running_.erase(at);
  } else if (at != running_.end()) {
    if (const auto done = at->second.follow(now); !done)
      log_.warning("a recording does not follow its call", {{"call", to_string(event.call)}, {"error", done.error()}});
  } else if (const auto* answered = std::get_if<call::Answered>(&event.body);
             answered != nullptr && answered->with && rules_.calls) {
    start(event.call, now);
  }
}

}  // namespace junctor::apps
