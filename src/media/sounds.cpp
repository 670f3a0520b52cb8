#include "media/sounds.hpp"

#include <utility>

namespace junctor::media {

Sounds::Sounds(audio::Disk& disk, JobRunner& jobs, Counters& counters, std::size_t bytes_max)
    : disk_(disk),
      jobs_(jobs),
      decoded_(counters.get("sounds_decoded")),
      cached_(counters.get("sounds_from_cache")),
      failed_(counters.get("sounds_failed")),
      evicted_(counters.get("sounds_evicted")),
      bytes_max_(bytes_max),
      self_(std::make_shared<Sounds*>(this)) {}

Sounds::~Sounds() {
  *self_ = nullptr;
}

void Sounds::get(const std::string& path, std::uint32_t rate, Callback callback, TimePoint now) {
  if (waiting_count_ == waiting_max) {
    failed_.add();
    return callback(fail(std::string("too many sounds are being loaded")), now);
  }
  const Key key{path, rate};
  const auto [waiting, first] = waiting_.try_emplace(key);
  waiting->second.push_back(std::move(callback));
  ++waiting_count_;
  if (!first) return;
  std::optional<audio::FileStamp> known;
  if (const auto kept = kept_.find(key); kept != kept_.end()) known = kept->second.stamp;
  // On another thread: it takes nothing of this object but the way back to it.
  const bool taken = jobs_.submit([key, known, self = self_, &disk = disk_]() -> std::function<void(TimePoint)> {
    Answer answer;
    const auto stamp = disk.stamp(key.first);
    if (!stamp) {
      answer.loaded = fail(stamp.error());
    } else if (answer.stamp = *stamp; known != *stamp) {
      answer.fresh = true;
      answer.loaded = load_sound(disk, key.first, key.second);
    }
    return [key, self, answer = std::move(answer)](TimePoint then) {
      if (*self != nullptr) (*self)->finish(key, answer, then);
    };
  });
  if (taken) return;
  failed_.add();
  tell(key, fail(std::string("the hub is busy: try again")), now);
}

void Sounds::finish(const Key& key, Answer answer, TimePoint now) {
  const auto kept = kept_.find(key);
  if (!answer.loaded) {
    failed_.add();
    forget(key);
  } else if (answer.fresh) {
    decoded_.add();
    forget(key);
    keep(key, answer);
  } else {
    // Unchanged since it was kept, which it still is: nothing is let go of while somebody waits for it.
    cached_.add();
    uses_.splice(uses_.end(), uses_, kept->second.use);
    answer.loaded = kept->second.sound;
  }
  tell(key, answer.loaded, now);
}

void Sounds::tell(const Key& key, const Loaded& loaded, TimePoint now) {
  const auto callbacks = std::move(waiting_.extract(key).mapped());
  waiting_count_ -= callbacks.size();
  for (const Callback& callback : callbacks) callback(loaded, now);
}

void Sounds::keep(const Key& key, const Answer& answer) {
  const auto use = uses_.insert(uses_.end(), key);
  kept_.emplace(key, Kept{.stamp = answer.stamp, .sound = *answer.loaded, .use = use});
  bytes_ += (*answer.loaded)->bytes();
  for (auto at = uses_.begin(); bytes_ > bytes_max_ && at != uses_.end();) {
    const Key oldest = *at++;
    if (oldest == key || waiting_.contains(oldest)) continue;
    evicted_.add();
    forget(oldest);
  }
}

void Sounds::forget(const Key& key) {
  const auto kept = kept_.find(key);
  if (kept == kept_.end()) return;
  bytes_ -= kept->second.sound->bytes();
  uses_.erase(kept->second.use);
  kept_.erase(kept);
}

}  // namespace junctor::media
