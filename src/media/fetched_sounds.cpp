#include "media/fetched_sounds.hpp"

#include <utility>

#include "audio/file_decoder.hpp"
#include "media/file_cache.hpp"

namespace junctor::media {
namespace {

/// Only what is a sound is kept.
Result<void, std::string> keep(audio::Disk& disk, const std::string& folder, const std::string& path,
                               const std::string& content) {
  const std::vector<std::uint8_t> bytes(content.begin(), content.end());
  const auto decoder = audio::FileDecoder::open(std::make_unique<audio::MemoryFile>(bytes));
  if (!decoder) return fail("what came is no sound: " + decoder.error());
  if (auto done = disk.make_folder(folder); !done) return fail(std::move(done.error()));
  return disk.replace(path, content);
}

}  // namespace

FetchedSounds::FetchedSounds(Parts parts, std::string folder, std::uint64_t cache_bytes_max)
    : parts_(std::move(parts)),
      folder_(std::move(folder)),
      cache_bytes_max_(cache_bytes_max),
      fetched_(parts_.counters.get("sounds_fetched")),
      failed_(parts_.counters.get("sounds_not_fetched")),
      self_(std::make_shared<FetchedSounds*>(this)) {}

FetchedSounds::~FetchedSounds() {
  *self_ = nullptr;
}

bool FetchedSounds::is_fresh(const std::string& url, TimePoint now) {
  std::erase_if(times_, [&](const auto& each) { return now - each.second > fresh_for; });
  return times_.contains(url);
}

void FetchedSounds::get(const std::string& url, std::uint32_t rate, Sounds::Callback callback, TimePoint now) {
  if (!is_fresh(url, now)) return wait(url, rate, std::move(callback), now);
  const auto looked = [this, url, rate, callback = std::move(callback), self = self_](const Sounds::Loaded& loaded,
                                                                                      TimePoint then) {
    if (loaded || *self == nullptr) return callback(loaded, then);
    times_.erase(url);  // the file had to go for others
    wait(url, rate, callback, then);
  };
  parts_.sounds.get(path_of(url), rate, looked, now);
}

void FetchedSounds::wait(const std::string& url, std::uint32_t rate, Sounds::Callback callback, TimePoint now) {
  if (waiting_count_ == waiting_max) {
    failed_.add();
    return callback(fail(std::string("too many sounds wait to be fetched")), now);
  }
  const auto [listeners, first] = waiting_.try_emplace(url);
  listeners->second.emplace_back(rate, std::move(callback));
  ++waiting_count_;
  if (!first) return;
  to_fetch_.push_back(url);
  fetch_next(now);
}

void FetchedSounds::fetch_next(TimePoint now) {
  while (!fetching_ && !to_fetch_.empty()) {
    const std::string url = to_fetch_.front();
    const auto work = [url, path = path_of(url), folder = folder_, most = cache_bytes_max_, fetch = parts_.fetch,
                       &disk = parts_.disk]() -> Result<void, std::string> {
      const auto content = fetch(url);
      if (!content) return fail(content.error());
      auto kept = keep(disk, folder, path, *content);
      if (kept) shrink_cache(disk, folder, ".sound", most, path);
      return kept;
    };
    fetching_ = parts_.fetch && parts_.jobs.submit([url, work, self = self_]() -> std::function<void(TimePoint)> {
      return [url, self, done = work()](TimePoint then) {
        if (*self == nullptr) return;
        (*self)->fetching_ = false;
        (*self)->finish(url, done, then);
        (*self)->fetch_next(then);
      };
    });
    if (!fetching_) finish(url, fail(std::string("the hub cannot fetch it now")), now);
  }
}

void FetchedSounds::finish(const std::string& url, const Result<void, std::string>& done, TimePoint now) {
  to_fetch_.pop_front();
  const Listeners listeners = std::move(waiting_.extract(url).mapped());
  waiting_count_ -= listeners.size();
  (done ? fetched_ : failed_).add();
  if (done) times_[url] = now;
  for (const auto& [rate, callback] : listeners) {
    if (done) {
      parts_.sounds.get(path_of(url), rate, callback, now);
    } else {
      callback(fail(done.error()), now);
    }
  }
}

}  // namespace junctor::media
