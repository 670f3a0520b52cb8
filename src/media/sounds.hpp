#pragma once
// The sounds of files, decoded once per rate. Control thread; the disk is only touched in jobs.
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "audio/disk.hpp"
#include "base/counters.hpp"
#include "base/io.hpp"
#include "base/result.hpp"
#include "media/sound.hpp"

namespace junctor::media {

/// Counters: sounds_decoded, sounds_from_cache, sounds_failed, sounds_evicted.
class Sounds {
 public:
  /// The error is one line without the file's name.
  using Loaded = Result<std::shared_ptr<const Sound>, std::string>;
  using Callback = std::function<void(Loaded, TimePoint now)>;

  static constexpr std::size_t bytes_max_default = std::size_t{256} << 20;
  static constexpr std::size_t waiting_max = 1024;  ///< callbacks, all files together

  /// `disk` is used by jobs and outlives them; `jobs` and `counters` outlive this.
  Sounds(audio::Disk& disk, JobRunner& jobs, Counters& counters, std::size_t bytes_max = bytes_max_default);
  ~Sounds();
  Sounds(const Sounds&) = delete;
  Sounds& operator=(const Sounds&) = delete;

  /// `callback` comes later, once, unless this is gone by then; at once only when it is refused (too many wait). A job
  /// looks at the file each time: one that was changed (size or time) is decoded again. Who asks for what is being
  /// loaded waits for the same job. What is longest out of use is let go of when the cache is above its bound; those
  /// who play it keep it.
  void get(const std::string& path, std::uint32_t rate, Callback callback, TimePoint now);

  std::size_t bytes() const { return bytes_; }

 private:
  using Key = std::pair<std::string, std::uint32_t>;
  struct Kept {
    audio::FileStamp stamp;
    std::shared_ptr<const Sound> sound;
    std::list<Key>::iterator use;
  };
  struct Answer {
    audio::FileStamp stamp;
    Loaded loaded;
    bool fresh = false;  // not from the cache
  };

  void finish(const Key& key, Answer answer, TimePoint now);
  void tell(const Key& key, const Loaded& loaded, TimePoint now);
  void keep(const Key& key, const Answer& answer);
  void forget(const Key& key);

  audio::Disk& disk_;
  JobRunner& jobs_;
  Counter& decoded_;
  Counter& cached_;
  Counter& failed_;
  Counter& evicted_;
  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::map<Key, Kept> kept_;
  std::list<Key> uses_;  // longest out of use first
  std::map<Key, std::vector<Callback>> waiting_;
  std::size_t waiting_count_ = 0;
  std::shared_ptr<Sounds*> self_;  // what jobs find their way back by
};

}  // namespace junctor::media
