#pragma once
// One recording on the recorder's thread:
//
//   taps' ring ─▶ ticks, in the order of their times ─▶ resampled ─▶ masked ─▶ each file's channels ─▶ disk
//   control side ─▶ changes, at their times ──────────┘
//
// It works a little behind the clock, so that a change is known before the ticks that it is about are written.
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "audio/disk.hpp"
#include "audio/resampler.hpp"
#include "base/counters.hpp"
#include "media/tap_ring.hpp"
#include "recording/audio_file.hpp"
#include "recording/manifest.hpp"
#include "recording/recording.hpp"
#include "recording/report.hpp"
#include "recording/timeline.hpp"

namespace junctor::recording {

/// What the control side asks of a recording that runs; in the order of their times.
struct Change {
  struct Follow {
    std::shared_ptr<media::TapRing> ring;
  };
  struct Tracks {
    std::vector<Track> tracks;
  };
  struct Pause {
    PauseKind kind = PauseKind::gap;
  };
  struct Resume {};
  struct Mask {
    TimePoint from;
    std::optional<TimePoint> to;
  };
  struct Unmask {};
  struct Stop {};
  /// Of the files, whatever was said when.
  struct MaskFile {
    std::uint64_t from_ms = 0, to_ms = 0;
    std::uint64_t token = 0;
  };

  TimePoint at;
  std::variant<Follow, Tracks, Pause, Resume, Mask, Unmask, Stop, MaskFile> what;
};

struct Beginning {
  RecordingId id;
  Settings settings;
  std::shared_ptr<media::TapRing> ring;
  TimePoint at;
  WallTime wall;  ///< of `at`
};

class Session {
 public:
  static constexpr Duration behind = milliseconds(100);
  /// A tick that comes so much later than that is left out; silence has taken its place.
  static constexpr Duration patience = milliseconds(500);
  static constexpr std::size_t masks_max = 1024;   ///< beyond it the last one grows
  static constexpr std::size_t pauses_max = 1024;  ///< beyond it a pause is not begun

  /// Counters: recording_ticks_lost. The references outlive this.
  Session(audio::Disk& disk, Counters& counters, Beginning beginning);

  RecordingId id() const { return id_; }
  const std::string& path() const { return settings_.path; }
  void change(Change change) { changes_.push_back(std::move(change)); }
  /// Writes what is due, or a piece of the end. Events are appended.
  void work(TimePoint now, std::vector<Event>& events);
  /// Writes what has come, and ends: the process is about to. Then work() until done().
  void stop_now();
  /// It has more to do at once.
  bool busy() const { return reporter_.has_value(); }
  /// The last event was given.
  bool done() const { return done_; }
  /// What was to be masked when it had ended already.
  std::vector<Change::MaskFile> take_late_masks();

 private:
  using Outcome = Result<void, std::string>;
  struct Output {
    std::unique_ptr<AudioFile> file;
    std::string label;
    std::uint64_t begin = 0;  // on the timeline
    bool open = true;         // written to; else its label is away for now
  };
  struct Place {
    std::size_t output = 0;
    std::size_t channel = 0;
  };
  struct Converter {
    std::unique_ptr<audio::Resampler> resampler;
    std::vector<std::int16_t> samples;
    bool fed = false;  // in this tick
  };
  struct Voice {
    PortId source;
    std::span<const std::int16_t> samples;
  };
  struct Mask {
    TimePoint from;
    std::optional<TimePoint> to;
  };

  Outcome begin();
  void attempt(Outcome outcome);
  Outcome run(TimePoint horizon);
  Outcome fill_silence(TimePoint horizon);
  Outcome flush();
  Outcome apply(Change& change);
  Outcome set_tracks(const std::vector<Track>& tracks);
  Outcome track(const Track& track);
  Outcome add_output(const std::string& label, std::uint8_t channels);
  void pause(TimePoint at, PauseKind kind);
  void resume(TimePoint at);
  Outcome mask(Mask mask);
  Outcome mask_file(const Change::MaskFile& asked);
  Outcome erase_frames(Output& output, Timeline::Range frames);
  void silence_masked(std::size_t channels);
  void stop_all_tracks();

  Outcome write(const media::TapTick& tick);
  void collect_voices(const media::TapTick& tick);
  std::span<const std::int16_t> convert(Converter& converter, std::span<const std::int16_t> samples);
  Outcome write_voices(Output& output, std::size_t index, bool silent);
  Outcome fill_until(std::uint64_t position);
  Outcome catch_up(Output& output);
  bool is_masked(TimePoint tick) const;
  Outcome erase(Output& output, TimePoint from, std::optional<TimePoint> to);
  void note_lost(std::uint64_t position, std::uint64_t ticks);
  void note_lost_at_end();

  void end(StopReason reason, std::string error);
  void finish_files();
  void work_on_end(std::vector<Event>& events);
  Outcome write_open_manifest();
  Outcome close_manifest();
  void fill_manifest();
  bool length_reached() const { return length_max_ != 0 && length_ >= length_max_; }
  std::uint64_t ms(std::uint64_t frames) const { return timeline_.to_ms(frames); }
  WallTime wall(TimePoint at) const { return wall_ + std::chrono::floor<milliseconds>(at - start_); }
  std::string name_of(const std::string& path) const { return path.substr(path.rfind('/') + 1); }

  audio::Disk& disk_;
  Counter& lost_counter_;
  const RecordingId id_;
  const Settings settings_;
  const TimePoint start_;
  const WallTime wall_;
  const std::size_t frame_;  // samples of a tick
  std::shared_ptr<media::TapRing> ring_;
  std::deque<Change> changes_;
  std::vector<Event> events_;

  Timeline timeline_;
  std::uint64_t length_ = 0, length_max_ = 0;  // of all files, from the start
  std::vector<Output> outputs_;
  std::map<PortId, Place> places_;
  std::map<PortId, Converter> converters_;  // while the mixer has another rate
  bool silent_ = false;                     // a pause of silence
  std::vector<Mask> masks_;
  std::vector<Timeline::Range> file_masks_;
  std::uint64_t lost_seen_ = 0;  // of this ring
  Manifest manifest_;

  // Of one tick.
  std::vector<Voice> voices_;
  std::vector<std::int32_t> sums_;
  std::vector<std::int16_t> block_;

  bool begun_ = false, done_ = false;
  bool named_ = false;  // the name is ours: a manifest may be written
  StopReason reason_ = StopReason::stopped;
  std::optional<Reporter> reporter_;
};

}  // namespace junctor::recording
