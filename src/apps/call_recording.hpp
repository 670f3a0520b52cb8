#pragma once
// Records what the configuration says: calls from their answer to their end, and conferences while somebody is in them.
// A call that is recorded sits in a mixer as long as that lasts. Knows of all recordings of a call, for its record.
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/followed_recording.hpp"
#include "apps/office.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "call/calls.hpp"
#include "recording/recordings.hpp"

namespace junctor::apps {

class CallRecording {
 public:
  /// So long after a call's end what becomes of its recordings is put together with the others.
  static constexpr Duration remembered = seconds(70);

  CallRecording(call::Calls& calls, recording::Recordings& recordings, const WallClock& wall, Log& log)
      : calls_(calls), recordings_(recordings), wall_(wall), log_(log) {}

  /// For calls that are answered from now on.
  void set_rules(const RecordingRules& rules) { rules_ = rules; }
  const std::string& folder() const { return rules_.folder; }

  void on_call_event(const call::Event& event, TimePoint now);
  void on_recording_event(const recording::Event& event, TimePoint now);
  /// A recording of the call that somebody else has begun, at this path.
  void show(CallId call, recording::RecordingId id, const std::string& path);
  /// A JSON array of what there is of a call's recordings, for its record; empty: none.
  std::string recordings_of(CallId call) const;

  /// The mix of a room. None: it cannot be recorded, and a log line says why.
  recording::RecordingId start(const std::string& room, call::Mixer& mixer, TimePoint now);
  void stop(recording::RecordingId id, TimePoint now) { recordings_.stop(id, now); }

  std::size_t size() const { return running_.size(); }

 private:
  struct Shown {
    recording::RecordingId id;
    std::string json;
  };

  void start(CallId call, TimePoint now);
  void forget_old(TimePoint now);
  std::string path_for(const std::string& name, TimePoint now) const;

  call::Calls& calls_;
  recording::Recordings& recordings_;
  const WallClock& wall_;
  Log& log_;
  RecordingRules rules_;
  std::unordered_map<CallId, FollowedRecording> running_;
  std::unordered_map<CallId, std::vector<Shown>> shown_;
  std::deque<std::pair<TimePoint, CallId>> over_;  // of shown_, oldest first
};

}  // namespace junctor::apps
