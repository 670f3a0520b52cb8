#pragma once
// record.*: a call's far end on one side, everybody with whom it sits on the other, from before the answer to after the
// last transfer. Files are complete when it is told so.
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>

#include "apps/call_recording.hpp"
#include "apps/followed_recording.hpp"
#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "apps/program/record_commands.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/timer_wheel.hpp"
#include "call/calls.hpp"
#include "recording/recordings.hpp"

namespace junctor::apps::program {

class RecordControl final : public TimerTarget {
 public:
  static constexpr Duration beep_every = seconds(15);
  static constexpr Duration recorder_answers_within = seconds(10);  ///< a disk that hangs
  static constexpr std::size_t finished_max = 16'384;               ///< that can still be masked; the oldest go

  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    recording::Recordings& recordings;
    CallRecording& shown;
    EventSink& events;
    TimerWheel& timers;
    Random& random;
    Log& log;  ///< gets a line for each recording that begins, and each mask: who, what
  };
  explicit RecordControl(Parts parts) : parts_(parts) {}
  ~RecordControl() override;

  void run(const RecordStart& command, const Requester& who, Reply<RecordStart> reply, TimePoint now);
  void run(const RecordPause& command, const Requester& who, Reply<RecordPause> reply, TimePoint now);
  void run(const RecordResume& command, const Requester& who, Reply<RecordResume> reply, TimePoint now);
  void run(const RecordStop& command, const Requester& who, Reply<RecordStop> reply, TimePoint now);
  void run(const RecordMaskSegment& command, const Requester& who, Reply<RecordMaskSegment> reply, TimePoint now);

  /// Of a call that has been made with these options: record.started or record.failed is told.
  void begin(ProgramCall& call, const RecordOptions& options, const Requester& who, TimePoint now);
  /// What is wrong with such options, before there is a call.
  static Result<void, Failure> check(const RecordOptions& options);

  void on_call_event(const call::Event& event, TimePoint now);
  void on_recording_event(const recording::Event& event, TimePoint now);
  void on_timer(std::uint64_t token, TimePoint now) override;

  std::size_t size() const { return running_.size() + waiting_.size(); }

 private:
  enum class Awaited : std::uint8_t { start, pause, resume, stop, mask };
  using Done = std::function<void(Result<void, Failure>, TimePoint now)>;

  struct Running {
    CallId call;
    std::string name;  ///< recording_id
    std::string path;  ///< in the folder, with its ending
    PauseMode pause_mode = PauseMode::cut;
    bool paused = false, stopping = false, started = false;
    FollowedRecording recording;
  };
  struct Finished {
    CallId call;
    std::string name;
    std::string stem;
  };
  struct Waiting {
    recording::RecordingId recording;
    Awaited what = Awaited::start;
    Done done;
    TimerId timer;
  };

  Result<Running*, Failure> start(ProgramCall& entry, const RecordOptions& options, const Requester& who,
                                  TimePoint now);
  Result<Running*, Failure> running_of(const CallRef& call);
  std::uint64_t await(recording::RecordingId recording, Awaited what, Done done, TimePoint now);
  /// The oldest of this kind; false: nobody waits for it.
  bool complete(recording::RecordingId recording, Awaited what, const Result<void, Failure>& result, TimePoint now);
  void complete_token(std::uint64_t token, const Result<void, Failure>& result, TimePoint now);
  void on_stopped(const recording::Stopped& stopped, TimePoint now);
  void stop(Running& running, TimePoint now);
  std::string stem_of(const Running& running) const;
  void tell(CallId call, EventBody body, TimePoint now);

  Parts parts_;
  std::map<recording::RecordingId, Running> running_;  // until Stopped
  std::unordered_map<CallId, recording::RecordingId> current_;
  std::map<recording::RecordingId, Finished> finished_;
  std::uint64_t last_wait_ = 0;
  std::map<std::uint64_t, Waiting> waiting_;
};

}  // namespace junctor::apps::program
