#pragma once
// One transcription on the transcriber's thread: the ring of its tap, and a stream for each leg.
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "audio/resampler.hpp"
#include "media/tap_ring.hpp"
#include "transcription/stream.hpp"

namespace junctor::transcription {

/// What the control side asks of a transcription that runs.
struct Change {
  struct Follow {
    std::shared_ptr<media::TapRing> ring;
  };
  struct Speakers {
    std::vector<Speaker> speakers;
  };
  struct Stop {};

  std::variant<Follow, Speakers, Stop> what;
};

struct Beginning {
  TranscriptionId id;
  std::shared_ptr<const Engine> engine;
  std::uint32_t rate = 8000;  ///< of what the engine gets: 8000 or 16000 Hz
  std::shared_ptr<media::TapRing> ring;
  std::vector<Speaker> speakers;
  TimePoint origin;  ///< the 0 of the events' times
};

class Session {
 public:
  /// The references outlive this.
  Session(WebSockets& sockets, StreamCounters& counters, Beginning beginning);

  void change(Change change) { changes_.push_back(std::move(change)); }
  /// Passes on what has come. Events are appended.
  void work(TimePoint now, std::vector<Event>& events);
  /// The last event was given.
  bool done() const { return done_; }

 private:
  struct Voice {
    std::unique_ptr<Stream> stream;
    std::unique_ptr<audio::Resampler> resampler;  // from the ring's rate, if it is another
  };

  void apply(Change& change, TimePoint now);
  void set_speakers(const std::vector<Speaker>& speakers, TimePoint now);
  void set_ring(std::shared_ptr<media::TapRing> ring);
  Voice make_voice(const Speaker& speaker);
  void make_resampler(Voice& voice) const;
  void drain();
  void hear(Voice& voice, const media::TapTick& tick);
  void end(EndReason reason, std::string error, std::vector<Event>& events);

  WebSockets& sockets_;
  StreamCounters& counters_;
  const TranscriptionId id_;
  const std::shared_ptr<const Engine> engine_;
  const std::uint32_t rate_;
  const TimePoint origin_;
  std::shared_ptr<media::TapRing> ring_;
  std::shared_ptr<media::TapRing> next_ring_;  // once what is left in ring_ was read
  std::vector<Change> changes_;
  std::vector<Voice> voices_;                     // those who are here
  std::vector<std::unique_ptr<Stream>> leaving_;  // of legs that are gone: their last results
  std::vector<std::int16_t> samples_;
  bool started_ = false, stopping_ = false, done_ = false;
};

}  // namespace junctor::transcription
