#pragma once
// A recording of one far end and of those with whom it sits, wherever that is: it follows the leg from mixer to mixer,
// each of which stays one as long as that lasts.
#include <string>
#include <vector>

#include "base/time.hpp"
#include "call/calls.hpp"
#include "recording/recordings.hpp"

namespace junctor::apps {

class FollowedRecording {
 public:
  struct Parts {
    call::Calls& calls;
    recording::Recordings& recordings;
  };
  /// What the two sides are called, where there are two.
  struct Names {
    const char* left;
    const char* right;
  };

  /// Has not begun. `left` is the leg on the left; the right has all others of its mixer.
  FollowedRecording(Parts parts, LegId left, Names names) : parts_(parts), left_(left), names_(names) {}

  /// Settings without rate and tracks. Before the leg sits anywhere there is silence.
  Result<recording::RecordingId, std::string> start(recording::Settings settings, TimePoint now);
  /// To be called when legs have been seated. The error says why it does not follow.
  Result<void, std::string> follow(TimePoint now);
  /// This leg is the one that is followed, or sits with it.
  bool concerns(LegId leg);
  /// The files go on being written until they are complete; the mixer need not stay one.
  void stop(TimePoint now);
  /// It has ended by itself.
  void on_ended() { leave(); }

  recording::RecordingId id() const { return id_; }
  /// Another one is the call's far end: of several that rang, or after a takeover.
  void set_left(LegId leg) { left_ = leg; }

 private:
  call::Leg* leg(LegId id);
  /// Where the leg sits; null: nowhere, or nothing can be heard of it.
  call::Mixer* place();
  void enter(call::Mixer& mixer);
  void leave();
  std::vector<recording::Track> tracks(const call::Mixer* mixer);

  Parts parts_;
  LegId left_;
  Names names_;
  recording::RecordingId id_;
  bool sides_ = false;
  media::MixerId mixer_;         // that is recorded and has our need; none: not yet
  std::vector<LegId> together_;  // who was there at the last look
  std::vector<recording::Track> tracks_;
};

}  // namespace junctor::apps
