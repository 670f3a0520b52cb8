#pragma once
// The control side of transcription: opens and closes taps, and tells the transcriber's thread what to do with them.
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "media/media.hpp"
#include "transcription/transcriber.hpp"
#include "transcription/transcription.hpp"

namespace junctor::transcription {

/// Where the call sits.
struct Source {
  media::MixerId mixer;
  std::uint32_t rate = 8000;  ///< the mixer's
};

/// An id that no longer runs is a normal miss: nothing happens.
class Transcriptions final {
 public:
  using Sink = std::function<void(const Event&, TimePoint)>;
  static constexpr std::size_t transcriptions_max = 1024;
  static constexpr std::size_t speakers_max = 32;

  /// The references outlive this.
  Transcriptions(Transcriber& transcriber, media::Plane& plane, Sink sink)
      : transcriber_(transcriber), plane_(plane), sink_(std::move(sink)) {}

  /// `origin` is the 0 of the events' times. Ended comes in any case. The error is one line.
  Result<TranscriptionId, std::string> start(std::shared_ptr<const Engine> engine, std::vector<Speaker> speakers,
                                             Source source, TimePoint origin);
  /// The call sits in another mixer from now on.
  void follow(TranscriptionId id, Source source);
  /// All legs, from now on; speakers_max of them.
  void set_speakers(TranscriptionId id, std::vector<Speaker> speakers);
  /// The tap is closed at once; last results may come until Ended.
  void stop(TranscriptionId id);

  /// After the transcriber's wake: gives its events to the sink. False when there was nothing.
  bool deliver(TimePoint now);
  /// Those whose Ended has not come.
  std::size_t size() const { return running_.size(); }

 private:
  struct Running {
    media::TapId tap;  // none: stopped
    media::MixerId mixer;
    std::size_t speakers = 0;
  };

  std::shared_ptr<media::TapRing> open_tap(Running& running, Source source);
  void close_tap(Running& running);

  Transcriber& transcriber_;
  media::Plane& plane_;
  Sink sink_;
  std::unordered_map<TranscriptionId, Running> running_;
  std::uint64_t last_id_ = 0;
};

}  // namespace junctor::transcription
