#include "media/speech.hpp"

#include <optional>
#include <span>
#include <utility>

#include "audio/wav.hpp"
#include "media/file_cache.hpp"

namespace junctor::media {
namespace {

/// As a file that says how long it is: a driver that writes to a pipe cannot know. Only what holds sound is kept.
Result<std::string, std::string> checked(const std::string& wav) {
  audio::MemoryFile file(std::vector<std::uint8_t>(wav.begin(), wav.end()));
  const auto repaired = audio::repair_wav(file);
  if (!repaired) return fail("what was made is no sound: " + repaired.error());
  if (repaired->data_bytes == 0) return fail(std::string("what was made is empty"));
  return std::string(file.bytes.begin(), file.bytes.end());
}

std::optional<std::string> make(audio::Disk& disk, const std::string& folder, const std::string& path,
                                audio::SpeechDriver& driver, const std::string& text, const std::string& voice) {
  const auto made = driver.speak(text, voice);
  if (!made) return made.error();
  const auto wav = checked(*made);
  if (!wav) return wav.error();
  if (auto done = disk.make_folder(folder); !done) return folder + ": " + done.error();
  if (auto done = disk.replace(path, *wav); !done) return path + ": " + done.error();
  return std::nullopt;
}

}  // namespace

Speech::Speech(const Parts& parts, std::string folder, std::uint64_t cache_bytes_max)
    : parts_(parts),
      folder_(std::move(folder)),
      cache_bytes_max_(cache_bytes_max),
      made_(parts.counters.get("speech_made")),
      cached_(parts.counters.get("speech_from_cache")),
      recorded_(parts.counters.get("speech_recorded")),
      failed_(parts.counters.get("speech_failed")),
      self_(std::make_shared<Speech*>(this)) {}

Speech::~Speech() {
  *self_ = nullptr;
}

void Speech::set_driver(std::shared_ptr<audio::SpeechDriver> driver, std::string voice) {
  driver_ = std::move(driver);
  voice_ = std::move(voice);
  silent_until_ = {};
}

void Speech::get(const Utterance& what, std::uint32_t rate, Sounds::Callback callback, TimePoint now) {
  const bool too_long = what.text.size() > text_bytes_max;
  if (too_long || waiting_count_ == waiting_max) {
    failed_.add();
    return callback(fail(std::string(too_long ? "the text is too long" : "too many texts wait to be spoken")), now);
  }
  const std::string identity = driver_ != nullptr ? driver_->identity() : std::string();
  std::string all;  // each with its length: no two of them make the same text
  for (const std::string_view part :
       {std::string_view(identity), std::string_view(voice_), std::string_view(what.name), std::string_view(what.text)})
    all += std::to_string(part.size()) + ":" + std::string(part);
  const Key key = parts_.hash(all);
  const auto [wish, first] = wishes_.try_emplace(key, Wish{what, driver_, voice_, {}});
  wish->second.callbacks.emplace_back(rate, std::move(callback));
  ++waiting_count_;
  if (first) look(key, what, now);
}

/// `work` happens on another thread: it takes nothing of this object.
bool Speech::submit(const Key& key, std::function<Found()> work) {
  return parts_.jobs.submit([key, work = std::move(work), self = self_]() -> std::function<void(TimePoint)> {
    return [key, self, found = work()](TimePoint then) {
      if (*self != nullptr) (*self)->take(key, found, then);
    };
  });
}

void Speech::look(const Key& key, const Utterance& what, TimePoint now) {
  const std::string own = what.name.empty() ? "" : folder_ + '/' + what.name + ".wav";
  const auto work = [own, path = cache_path(key), &disk = parts_.disk]() -> Found {
    if (!own.empty() && disk.stamp(own)) return {From::recorded, own, ""};
    if (disk.stamp(path)) return {From::cache, path, ""};
    return {};
  };
  if (!submit(key, work)) finish(key, {From::nowhere, "", "the hub is busy: try again"}, now);
}

void Speech::take(const Key& key, const Found& found, TimePoint now) {
  const bool spoken = speaking_ && to_speak_.front() == key;
  if (spoken) {
    speaking_ = false;
    to_speak_.pop_front();
    if (found.from == From::nowhere) {
      silent_until_ = now + pause_after_failure;
      parts_.log.warning("a text cannot be spoken", {{"text", wishes_.at(key).what.text}, {"error", found.error}});
    }
  } else if (found.from == From::nowhere) {
    to_speak_.push_back(key);
  }
  if (spoken || found.from != From::nowhere) finish(key, found, now);
  speak_next(now);
}

void Speech::speak_next(TimePoint now) {
  while (!speaking_ && !to_speak_.empty()) {
    const Key key = to_speak_.front();
    const Wish& wish = wishes_.at(key);
    std::string why_not;
    if (wish.driver == nullptr) {
      why_not = "no speech driver is configured";
    } else if (now < silent_until_) {
      why_not = "the speech driver has just failed";
    } else {
      const auto work = [path = cache_path(key), folder = folder_ + "/cache", most = cache_bytes_max_,
                         driver = wish.driver, text = wish.what.text, voice = wish.voice,
                         &disk = parts_.disk]() -> Found {
        if (auto error = make(disk, folder, path, *driver, text, voice)) return {From::nowhere, "", *error};
        shrink_cache(disk, folder, ".wav", most, path);
        return {From::driver, path, ""};
      };
      speaking_ = submit(key, work);
      if (!speaking_) why_not = "the hub is busy: try again";
    }
    if (speaking_) return;
    to_speak_.pop_front();
    finish(key, {From::nowhere, "", why_not}, now);
  }
}

void Speech::finish(const Key& key, const Found& found, TimePoint now) {
  const Wish wish = std::move(wishes_.extract(key).mapped());
  waiting_count_ -= wish.callbacks.size();
  Counter* const counters[] = {&failed_, &cached_, &recorded_, &made_};
  counters[static_cast<std::size_t>(found.from)]->add();
  for (const auto& [rate, callback] : wish.callbacks) {
    if (found.from == From::nowhere) {
      callback(fail(found.error), now);
    } else {
      parts_.sounds.get(found.path, rate, callback, now);
    }
  }
}

}  // namespace junctor::media
