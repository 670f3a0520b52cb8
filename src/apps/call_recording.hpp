#pragma once
// Records what the configuration says: calls from their answer to their end, and conferences while somebody is in them.
// A call that is recorded sits in a mixer as long as that lasts.
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "apps/listening.hpp"
#include "apps/office.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "call/calls.hpp"
#include "recording/recordings.hpp"

namespace junctor::apps {

class CallRecording {
 public:
  CallRecording(call::Calls& calls, recording::Recordings& recordings, const WallClock& wall, Log& log)
      : calls_(calls), recordings_(recordings), wall_(wall), log_(log) {}

  /// For calls that are answered from now on.
  void set_rules(const RecordingRules& rules) { rules_ = rules; }

  void on_call_event(const call::Event& event, TimePoint now);
  void on_recording_event(const recording::Event& event);
  /// A JSON array of what there is of a call's recordings, for its record; empty: none.
  std::string recordings_of(CallId call) const;

  /// The mix of a room. None: it cannot be recorded, and a log line says why.
  recording::RecordingId start(const std::string& room, call::Mixer& mixer, TimePoint now);
  void stop(recording::RecordingId id, TimePoint now) { recordings_.stop(id, now); }

  std::size_t size() const { return running_.size(); }

 private:
  struct Running {
    recording::RecordingId id;
    std::string shown;  // in the call's record
    Listening listening;
    std::vector<recording::Track> tracks;
  };

  void start(CallId call, TimePoint now);
  /// Legs and mixers change: by transfer, by hold, by another codec.
  void follow(CallId call, Running& running, TimePoint now);
  std::string path_for(const std::string& name, TimePoint now) const;

  call::Calls& calls_;
  recording::Recordings& recordings_;
  const WallClock& wall_;
  Log& log_;
  RecordingRules rules_;
  std::unordered_map<CallId, Running> running_;
};

}  // namespace junctor::apps
