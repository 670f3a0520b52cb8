#pragma once
// The control side of recording: opens and closes taps, and tells the recorder's thread what to do with them.
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/counters.hpp"
#include "base/result.hpp"
#include "base/timer_wheel.hpp"
#include "media/media.hpp"
#include "recording/recorder.hpp"
#include "recording/recording.hpp"

namespace junctor::recording {

/// An id that no longer runs is a normal miss: nothing happens.
class Recordings final : private TimerTarget {
 public:
  using Sink = std::function<void(const Event&, TimePoint)>;
  static constexpr std::size_t recordings_max = 4096;
  static constexpr Duration beep_length = milliseconds(200);
  static constexpr std::uint16_t beep_hz = 1400;

  /// The references outlive this.
  Recordings(Recorder& recorder, media::Plane& plane, TimerWheel& timers, const WallClock& wall, Sink sink);
  ~Recordings() override;

  /// Starts at `now`; before anybody sits in the mixer the files hold silence. Started or Stopped{failed} follows. The
  /// error says what is wrong with the settings.
  Result<RecordingId, std::string> start(Settings settings, Source source, TimePoint now);
  /// The call sits in another mixer from now on, on whatever worker; the files go on.
  void follow(RecordingId id, Source source, TimePoint now);
  /// All legs, from now on. Per leg: a label that is not there any more has its file end, until it is there again. The
  /// error is start()'s.
  Result<void, std::string> set_tracks(RecordingId id, std::vector<Track> tracks, TimePoint now);
  void pause(RecordingId id, PauseKind kind, TimePoint now);
  void resume(RecordingId id, TimePoint now);
  /// Silence is written over what was said in between, past or future, in all files. No `to`: until unmask().
  void mask(RecordingId id, TimePoint from, std::optional<TimePoint> to);
  /// Silence in the files between these of their milliseconds, past or future, whether it runs or has ended: `path` is
  /// that of its settings. Masked with this token follows.
  void mask_file(RecordingId id, std::string path, std::uint64_t from_ms, std::uint64_t to_ms, std::uint64_t token);
  /// Ends a mask that has no end.
  void unmask(RecordingId id, TimePoint now);
  void stop(RecordingId id, TimePoint now);

  /// After the recorder's wake: gives its events to the sink. False when there was nothing.
  bool deliver(TimePoint now);
  std::size_t size() const { return running_.size(); }

 private:
  struct Running {
    media::TapId tap;
    Source source;
    media::TapWants wants;
    std::size_t streams = 1;
    bool paused = false;
    Duration beep_every{};
    TimerId beep_timer;
  };

  void on_timer(std::uint64_t token, TimePoint now) override;
  std::shared_ptr<media::TapRing> open_tap(Running& running);
  void close_tap(const Running& running);
  void beep(const Running& running);
  void forget(RecordingId id);

  Recorder& recorder_;
  media::Plane& plane_;
  TimerWheel& timers_;
  const WallClock& wall_;
  Sink sink_;
  std::unordered_map<RecordingId, Running> running_;
  std::uint64_t last_id_ = 0;
};

}  // namespace junctor::recording
