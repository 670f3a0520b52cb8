#include "apps/program/record_control.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace junctor::apps::program {
namespace {

struct FilePath {
  std::string stem;
  recording::Format format = recording::Format::wav;
};

constexpr std::size_t path_bytes_max = 512;

/// In the folder of recordings, and nowhere else.
std::optional<FilePath> parse_path(std::string_view path) {
  FilePath out;
  if (path.ends_with(".opus")) {
    out.format = recording::Format::opus;
    path.remove_suffix(5);
  } else if (path.ends_with(".wav")) {
    path.remove_suffix(4);
  }
  out.stem = path;
  if (path.empty() || path.size() > path_bytes_max) return std::nullopt;
  const auto printable = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '\x7f' && c != '\\'; };
  if (!std::ranges::all_of(path, printable)) return std::nullopt;
  for (std::string_view rest = path;;) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return std::nullopt;
    if (slash == std::string_view::npos) {
      if (part.find('.') != std::string_view::npos) return std::nullopt;  // another kind of file
      return out;
    }
    rest = rest.substr(slash + 1);
  }
}

std::string safe_name(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 128))
    out += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ? c : '_';
  return out;
}

template <class Command>
std::function<void(Result<void, Failure>, TimePoint)> without_data(Reply<Command> reply) {
  return [reply = std::move(reply)](Result<void, Failure> done, TimePoint then) {
    if (!done) return reply(fail(done.error()), then);
    reply(NoData{}, then);
  };
}

}  // namespace

RecordControl::~RecordControl() {
  for (auto& [token, waiting] : waiting_) parts_.timers.cancel(waiting.timer);
}

void RecordControl::tell(CallId call, EventBody body, TimePoint now) {
  parts_.events.publish({call, {}, {}, std::move(body)}, now);
}

// ------------------------------------------------------------------------------------------------------------ waiting

std::uint64_t RecordControl::await(recording::RecordingId recording, Awaited what, Done done, TimePoint now) {
  const std::uint64_t token = ++last_wait_;
  waiting_[token] = {recording, what, std::move(done),
                     parts_.timers.schedule(now + recorder_answers_within, *this, token)};
  return token;
}

void RecordControl::complete_token(std::uint64_t token, const Result<void, Failure>& result, TimePoint now) {
  auto waiting = waiting_.extract(token);
  if (waiting.empty()) return;
  parts_.timers.cancel(waiting.mapped().timer);
  waiting.mapped().done(result, now);
}

bool RecordControl::complete(recording::RecordingId recording, Awaited what, const Result<void, Failure>& result,
                             TimePoint now) {
  for (const auto& [token, waiting] : waiting_) {
    if (waiting.recording != recording || waiting.what != what) continue;
    complete_token(token, result, now);
    return true;
  }
  return false;
}

void RecordControl::on_timer(std::uint64_t token, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  complete_token(token, fail(failed("timeout", "the recorder does not answer")), now);
}

// ----------------------------------------------------------------------------------------------------------- starting

Result<void, Failure> RecordControl::check(const RecordOptions& options) {
  const std::string& backend = options.storage.backend;
  if (!backend.empty() && backend != "file" && backend != "local")
    return fail(invalid_params("there is no storage backend " + backend));
  if (!options.storage.path.empty() && !parse_path(options.storage.path))
    return fail(invalid_params("storage.path is to be a .wav or .opus file in the folder of recordings"));
  return {};
}

std::string RecordControl::stem_of(const Running& running) const {
  return parts_.shown.folder() + '/' + parse_path(running.path)->stem;
}

Result<RecordControl::Running*, Failure> RecordControl::start(ProgramCall& entry, const RecordOptions& options,
                                                              const Requester& who, TimePoint now) {
  if (entry.ended) return fail(call_ended());
  if (current_.contains(entry.id)) return fail(invalid_state("Recording is already in progress"));
  if (auto good = check(options); !good) return fail(good.error());
  const std::string name = parts_.random.token(12);
  const std::string wanted =
      options.storage.path.empty() ? safe_name(entry.name) + '-' + name + ".wav" : options.storage.path;
  const FilePath path = *parse_path(wanted);
  const call::Call* const call = parts_.calls.find(entry.id);
  if (call == nullptr) return fail(call_ended());
  recording::Settings settings;
  settings.path = parts_.shown.folder() + '/' + path.stem;
  settings.format = path.format;
  settings.layout = options.mode == RecordMode::mixed ? recording::Layout::mono : recording::Layout::stereo;
  settings.length_max = seconds(options.max_duration_secs);
  if (options.beep) settings.beep_every = beep_every;
  settings.facts = {{"call_id", to_string(entry.id)},
                    {"recording_id", name},
                    {"from", call->caller().number},
                    {"to", call->callee().number},
                    {"direction", call->labels.direction}};
  const std::string stem = settings.path;
  FollowedRecording followed({parts_.calls, parts_.recordings}, entry.leg, {"far_end", "others"});
  const auto id = followed.start(std::move(settings), now);
  if (!id) return fail(failed("command_failed", "Recording failed to start: " + id.error()));
  parts_.shown.show(entry.id, *id, stem);
  const std::string ending = path.format == recording::Format::opus ? ".opus" : ".wav";
  parts_.log.info("recording", {{"what", "begins"},
                                {"recording", name},
                                {"call", to_string(entry.id)},
                                {"path", path.stem + ending},
                                {"token", who.token_name}});
  current_[entry.id] = *id;
  const auto made = running_.emplace(
      *id, Running{entry.id, name, path.stem + ending, options.pause_mode, false, false, false, std::move(followed)});
  return &made.first->second;
}

void RecordControl::run(const RecordStart& command, const Requester& who, Reply<RecordStart> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  ProgramCall* const entry = parts_.programs.find(command.call_id.id);
  if (entry == nullptr) return reply(fail(not_found(command.call_id.name)), now);
  const auto started = start(*entry, command.options, who, now);
  if (!started) return reply(fail(started.error()), now);
  const Running& running = **started;
  await(
      running.recording.id(), Awaited::start,
      [reply = std::move(reply), done = RecordStart::Done{running.name, running.path}](Result<void, Failure> result,
                                                                                       TimePoint then) {
        if (!result) return reply(fail(result.error()), then);
        reply(done, then);
      },
      now);
}

void RecordControl::begin(ProgramCall& call, const RecordOptions& options, const Requester& who, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const auto started = start(call, options, who, now);
  if (!started) tell(call.id, events::RecordFailed{{}, started.error().message}, now);
}

// ------------------------------------------------------------------------------------------------------------- inside

Result<RecordControl::Running*, Failure> RecordControl::running_of(const CallRef& call) {
  if (parts_.programs.find(call.id) == nullptr) return fail(not_found(call.name));
  const auto at = current_.find(call.id);
  if (at == current_.end() || running_.at(at->second).stopping) return fail(invalid_state("No recording in progress"));
  return &running_.at(at->second);
}

void RecordControl::run(const RecordPause& command, const Requester&, Reply<RecordPause> reply, TimePoint now) {
  const auto running = running_of(command.call_id);
  if (!running) return reply(fail(running.error()), now);
  if ((*running)->paused) return reply(fail(invalid_state("the recording is paused already")), now);
  (*running)->paused = true;
  const bool cut = (*running)->pause_mode == PauseMode::cut;
  const auto id = (*running)->recording.id();
  parts_.recordings.pause(id, cut ? recording::PauseKind::gap : recording::PauseKind::silence, now);
  await(id, Awaited::pause, without_data<RecordPause>(std::move(reply)), now);
}

void RecordControl::run(const RecordResume& command, const Requester&, Reply<RecordResume> reply, TimePoint now) {
  const auto running = running_of(command.call_id);
  if (!running) return reply(fail(running.error()), now);
  if (!(*running)->paused) return reply(fail(invalid_state("the recording is not paused")), now);
  (*running)->paused = false;
  const auto id = (*running)->recording.id();
  parts_.recordings.resume(id, now);
  await(id, Awaited::resume, without_data<RecordResume>(std::move(reply)), now);
}

void RecordControl::stop(Running& running, TimePoint now) {
  if (std::exchange(running.stopping, true)) return;
  running.recording.stop(now);
}

void RecordControl::run(const RecordStop& command, const Requester&, Reply<RecordStop> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const auto running = running_of(command.call_id);
  if (!running) return reply(fail(running.error()), now);
  stop(**running, now);
  await((*running)->recording.id(), Awaited::stop, without_data<RecordStop>(std::move(reply)), now);
}

void RecordControl::run(const RecordMaskSegment& command, const Requester& who, Reply<RecordMaskSegment> reply,
                        TimePoint now) {
  if (parts_.programs.find(command.call_id.id) == nullptr) return reply(fail(not_found(command.call_id.name)), now);
  if (!(command.start_secs >= 0 && command.start_secs < command.end_secs))
    return reply(fail(invalid_params("end_secs is to be behind start_secs")), now);
  const CallId call = command.call_id.id;
  const auto is_meant = [&](const auto& one) {
    return one.call == call && (command.recording_id.empty() || one.name == command.recording_id);
  };
  // The last one, without a name.
  recording::RecordingId id;
  std::string name, stem;
  for (const auto& [each, finished] : finished_)
    if (is_meant(finished)) id = each, name = finished.name, stem = finished.stem;
  for (const auto& [each, running] : running_)
    if (is_meant(running) && each > id) id = each, name = running.name, stem = stem_of(running);
  if (!id && !command.recording_id.empty())
    return reply(fail(failed("not_found", "Recording not found: " + command.recording_id)), now);
  if (!id) return reply(fail(invalid_state("No active recording for this call")), now);
  const auto done = [this, call, name, from = command.start_secs, to = command.end_secs, token_name = who.token_name,
                     reply = std::move(reply)](Result<void, Failure> result, TimePoint then) {
    if (!result) return reply(fail(result.error()), then);
    reply(NoData{}, then);
    parts_.log.info("recording", {{"what", "masked"},
                                  {"recording", name},
                                  {"call", to_string(call)},
                                  {"from", std::to_string(from)},
                                  {"to", std::to_string(to)},
                                  {"token", token_name}});
    tell(call, events::RecordSegmentMasked{name, from, to}, then);
  };
  const auto from_ms = static_cast<std::uint64_t>(std::floor(command.start_secs * 1000));
  const auto to_ms = static_cast<std::uint64_t>(std::ceil(command.end_secs * 1000));
  parts_.recordings.mask_file(id, std::move(stem), from_ms, to_ms, await(id, Awaited::mask, done, now));
}

// ------------------------------------------------------------------------------------------------------------- events

void RecordControl::on_call_event(const call::Event& event, TimePoint now) {
  if (running_.empty()) return;
  const auto current = current_.find(event.call);
  if (std::holds_alternative<call::Ended>(event.body)) {
    if (current == current_.end()) return;
    stop(running_.at(current->second), now);
    current_.erase(current);
    return;
  }
  const auto* const seated = std::get_if<call::Seated>(&event.body);
  const bool early =
      std::holds_alternative<call::LegRinging>(event.body) || std::holds_alternative<call::Answered>(event.body);
  if (seated == nullptr && !early) return;
  for (auto& [id, running] : running_) {
    const ProgramCall* const entry = running.call == event.call ? parts_.programs.find(event.call) : nullptr;
    if (entry != nullptr && entry->leg) running.recording.set_left(entry->leg);
    const bool concerned = seated == nullptr ? running.call == event.call : running.recording.concerns(seated->leg);
    if (!concerned || running.stopping) continue;
    if (const auto done = running.recording.follow(now); !done)
      parts_.log.warning("a recording does not follow its call",
                         {{"call", to_string(running.call)}, {"error", done.error()}});
  }
}

void RecordControl::on_stopped(const recording::Stopped& stopped, TimePoint now) {
  auto node = running_.extract(stopped.id);
  if (node.empty()) return;
  Running& running = node.mapped();
  if (!running.stopping) running.recording.on_ended();
  if (const auto at = current_.find(running.call); at != current_.end() && at->second == stopped.id) current_.erase(at);
  const bool well = stopped.reason != recording::StopReason::failed;
  if (well) {
    if (finished_.size() == finished_max) finished_.erase(finished_.begin());
    finished_[stopped.id] = {running.call, running.name, stem_of(running)};
  }
  complete(stopped.id, Awaited::stop, {}, now);
  const auto over = well ? invalid_state("the recording has ended")
                         : failed("command_failed", "Recording failed to start: " + stopped.error);
  for (const Awaited what : {Awaited::start, Awaited::pause, Awaited::resume})
    while (complete(stopped.id, what, fail(over), now)) {
    }
  if (!well) return tell(running.call, events::RecordFailed{running.name, stopped.error}, now);
  events::RecordStopped told;
  const recording::FileReport file = stopped.files.empty() ? recording::FileReport{} : stopped.files.front();
  told.duration_secs = static_cast<std::uint32_t>(stopped.duration_ms / 1000);
  told.filename = running.path.substr(running.path.rfind('/') + 1);
  told.unique_id = to_string(running.call);
  told.file_size = file.bytes;
  told.recording_id = running.name;
  told.path = running.path;
  told.duration_ms = stopped.duration_ms;
  told.sha256 = file.sha256;
  told.reason = recording::to_string(stopped.reason);
  tell(running.call, std::move(told), now);
}

void RecordControl::on_recording_event(const recording::Event& event, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  if (const auto* masked = std::get_if<recording::Masked>(&event)) {
    const auto result = masked->error.empty() ? Result<void, Failure>()
                                              : Result<void, Failure>(fail(failed("command_failed", masked->error)));
    return complete_token(masked->token, result, now);
  }
  if (const auto* stopped = std::get_if<recording::Stopped>(&event)) return on_stopped(*stopped, now);
  const auto told = [&](recording::RecordingId id, Awaited what, auto make) {
    const auto at = running_.find(id);
    if (at == running_.end()) return;
    const CallId call = at->second.call;
    EventBody body = make(at->second);
    complete(id, what, {}, now);
    tell(call, std::move(body), now);
  };
  if (const auto* started = std::get_if<recording::Started>(&event)) {
    told(started->id, Awaited::start, [](const Running& one) { return events::RecordStarted{one.name, one.path}; });
  } else if (const auto* paused = std::get_if<recording::Paused>(&event)) {
    told(paused->id, Awaited::pause, [](const Running& one) { return events::RecordPaused{one.name}; });
  } else if (const auto* resumed = std::get_if<recording::Resumed>(&event)) {
    told(resumed->id, Awaited::resume, [](const Running& one) { return events::RecordResumed{one.name}; });
  }
}

}  // namespace junctor::apps::program
