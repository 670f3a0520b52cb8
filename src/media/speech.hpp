#pragma once
// Texts as sounds: spoken once, kept as files, played from there. Control thread; drivers and the disk are only touched
// in jobs.
//
//   FOLDER/NAME.wav          what somebody recorded: heard instead of the text of that name
//   FOLDER/cache/HASH.wav    what was spoken
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "audio/speech_driver.hpp"
#include "base/log.hpp"
#include "media/sounds.hpp"

namespace junctor::media {

struct Utterance {
  std::string name;  ///< of the file that is heard instead; empty: there is none. No path
  std::string text;
};

/// Counters: speech_made, speech_from_cache, speech_recorded (a file of that name was found), speech_failed.
class Speech {
 public:
  /// Of the cache on the disk; what was made first goes first.
  static constexpr std::uint64_t cache_bytes_max_default = std::uint64_t{256} << 20;
  static constexpr std::size_t waiting_max = 1024;     ///< callbacks, all texts together
  static constexpr std::size_t text_bytes_max = 4096;  ///< of one text
  /// After a failure no driver is asked for so long: one that hangs does not hold up a job thread for ever.
  static constexpr Duration pause_after_failure = seconds(10);

  struct Parts {
    audio::Disk& disk;  ///< used by jobs and outlives them; the others outlive this
    JobRunner& jobs;
    Sounds& sounds;
    Log& log;
    Counters& counters;
    std::string (*hash)(std::string_view);  ///< of what a file is the speech; gives a file's name
  };

  Speech(const Parts& parts, std::string folder, std::uint64_t cache_bytes_max = cache_bytes_max_default);
  ~Speech();
  Speech(const Speech&) = delete;
  Speech& operator=(const Speech&) = delete;

  /// Null: nothing is spoken any more, files are still found. What is being spoken is finished as it began.
  void set_driver(std::shared_ptr<audio::SpeechDriver> driver, std::string voice);

  /// `callback` comes once, unless this is gone by then; at once only when it is refused (too many wait, text too
  /// long). Who asks for what is being made waits for the same one. Texts are spoken one after the other.
  void get(const Utterance& what, std::uint32_t rate, Sounds::Callback callback, TimePoint now);

 private:
  enum class From : std::uint8_t { nowhere, cache, recorded, driver };
  struct Found {
    From from = From::nowhere;
    std::string path;
    std::string error;  // if from nowhere
  };
  struct Wish {
    Utterance what;
    std::shared_ptr<audio::SpeechDriver> driver;
    std::string voice;
    std::vector<std::pair<std::uint32_t, Sounds::Callback>> callbacks;
  };
  using Key = std::string;  // the name in the cache

  std::string cache_path(const Key& key) const { return folder_ + "/cache/" + key + ".wav"; }
  bool submit(const Key& key, std::function<Found()> work);
  void look(const Key& key, const Utterance& what, TimePoint now);
  void speak_next(TimePoint now);
  void take(const Key& key, const Found& found, TimePoint now);
  void finish(const Key& key, const Found& found, TimePoint now);

  const Parts parts_;
  const std::string folder_;
  const std::uint64_t cache_bytes_max_;
  Counter& made_;
  Counter& cached_;
  Counter& recorded_;
  Counter& failed_;
  std::shared_ptr<audio::SpeechDriver> driver_;
  std::string voice_;
  std::map<Key, Wish> wishes_;
  std::size_t waiting_count_ = 0;
  std::deque<Key> to_speak_;  // the first of them is being spoken if `speaking_`
  bool speaking_ = false;
  TimePoint silent_until_{};
  std::shared_ptr<Speech*> self_;  // what jobs find their way back by
};

}  // namespace junctor::media
