#pragma once
// Sounds of other servers: fetched once, kept as files for a while, played from there. Control thread; servers and the
// disk are only touched in jobs.
//
//   FOLDER/HASH.sound    what was fetched from the URL with that hash
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/io.hpp"
#include "media/sounds.hpp"

namespace junctor::media {

/// Counters: sounds_fetched, sounds_not_fetched.
class FetchedSounds {
 public:
  /// What the server has: bytes of a file, or one line without the URL. Blocks, in jobs; one at a time.
  using Fetch = std::function<Result<std::string, std::string>(const std::string& url)>;

  /// Of the files; what was fetched first goes first.
  static constexpr std::uint64_t cache_bytes_max_default = std::uint64_t{256} << 20;
  static constexpr std::size_t waiting_max = 256;  ///< callbacks, all URLs together
  /// What was fetched so long ago is fetched again.
  static constexpr Duration fresh_for = minutes(5);

  struct Parts {
    audio::Disk& disk;  ///< used by jobs and outlives them; the others outlive this
    JobRunner& jobs;
    Sounds& sounds;
    Counters& counters;
    std::string (*hash)(std::string_view);  ///< of a URL; gives a file's name
    Fetch fetch;                            ///< none: nothing is fetched
  };
  FetchedSounds(Parts parts, std::string folder, std::uint64_t cache_bytes_max = cache_bytes_max_default);
  ~FetchedSounds();
  FetchedSounds(const FetchedSounds&) = delete;
  FetchedSounds& operator=(const FetchedSounds&) = delete;

  /// `callback` comes once, unless this is gone by then; at once only when it is refused (too many wait). Who asks for
  /// what is being fetched waits for the same one. URLs are fetched one after the other.
  void get(const std::string& url, std::uint32_t rate, Sounds::Callback callback, TimePoint now);

 private:
  using Listeners = std::vector<std::pair<std::uint32_t, Sounds::Callback>>;

  std::string path_of(const std::string& url) const { return folder_ + '/' + parts_.hash(url) + ".sound"; }
  bool is_fresh(const std::string& url, TimePoint now);
  void wait(const std::string& url, std::uint32_t rate, Sounds::Callback callback, TimePoint now);
  void fetch_next(TimePoint now);
  void finish(const std::string& url, const Result<void, std::string>& done, TimePoint now);

  const Parts parts_;
  const std::string folder_;
  const std::uint64_t cache_bytes_max_;
  Counter& fetched_;
  Counter& failed_;
  std::map<std::string, TimePoint> times_;  // of the files
  std::map<std::string, Listeners> waiting_;
  std::size_t waiting_count_ = 0;
  std::deque<std::string> to_fetch_;  // the first of them is being fetched if `fetching_`
  bool fetching_ = false;
  std::shared_ptr<FetchedSounds*> self_;  // what jobs find their way back by
};

}  // namespace junctor::media
