#include "media/leg_voice.hpp"

#include <algorithm>
#include <utility>

namespace junctor::media {

void LegVoice::set_has_events(bool has_events) {
  has_events_ = has_events;
  update_detector();
}

bool LegVoice::set(const Process& command) {
  const auto& made = command.processor;
  if (made != nullptr && made->sample_rate() != static_cast<int>(rate_)) return false;
  if (command.what.sound.any() && made == nullptr && processor_ == nullptr) return false;
  if (processor_ == nullptr) {
    processor_ = made;
  } else {
    processor_->set(command.what.sound);
  }
  if (!command.what.events) {
    activity_.reset();
  } else if (!activity_ || command.what.limits != wanted_.limits) {
    activity_.emplace(command.what.limits);
  }
  wanted_ = command.what;
  update_detector();
  return true;
}

void LegVoice::update_detector() {
  const bool needed = !has_events_ || wanted_.wanted();
  if (!needed) {
    detector_.reset();
  } else if (!detector_) {
    detector_.emplace(static_cast<int>(rate_));
  }
}

std::span<const std::int16_t> LegVoice::frame_of(std::span<const std::int16_t> said) const {
  static constexpr std::array<std::int16_t, tick_samples_max> silence{};
  return said.empty() ? std::span(silence).first(rate_ / ticks_per_second) : said;
}

std::span<const std::int16_t> LegVoice::hear(std::span<const std::int16_t> said, bool audio_due, TimePoint tick,
                                             EventSink& events) {
  if (detector_) find_keys(frame_of(said), events);
  const bool key_sounds = detector_ && detector_->digit() != '\0';
  if (activity_ && audio_due && !key_sounds) judge(frame_of(said), tick, events);
  const bool is_voice = audio_due && !(detector_ && detector_->suspects_digit());
  return processor_ == nullptr ? said : work_on(said, is_voice);
}

void LegVoice::find_keys(std::span<const std::int16_t> frame, EventSink& events) {
  const auto found = detector_->process(frame);
  if (has_events_ || !found) return;
  if (found->kind == audio::DtmfEvent::Kind::began) {
    events.on_event(KeyDown{port_, found->digit, true});
  } else {
    events.on_event(Dtmf{port_, found->digit, true, found->duration});
  }
}

void LegVoice::judge(std::span<const std::int16_t> frame, TimePoint tick, EventSink& events) {
  using audio::VoiceActivity;
  const audio::VoiceEvents heard = activity_->process(frame);
  if (!heard.any()) return;
  const auto tell = [&](bool is_so, VoiceEvent what, Duration ago = Duration::zero()) {
    if (is_so) events.on_event(VoiceHeard{port_, what, tick - ago});
  };
  tell(heard.speech_started, VoiceEvent::speech_started, VoiceActivity::told_after);
  tell(heard.speech_ended, VoiceEvent::speech_ended, VoiceActivity::hang_over);
  tell(heard.silence, VoiceEvent::silence);
  tell(heard.dead_air, VoiceEvent::dead_air);
  tell(heard.clipping_started, VoiceEvent::clipping_started);
  tell(heard.clipping_ended, VoiceEvent::clipping_ended);
}

/// One tick of silence after the last one that sounded: it has the end of that, which is late, and what comes after a
/// pause begins with nothing old.
std::span<const std::int16_t> LegVoice::work_on(std::span<const std::int16_t> said, bool is_voice) {
  const bool sounds = !said.empty();
  if (!std::exchange(sounded_, sounds) && !sounds) return said;
  const auto frame = frame_of(said);
  const auto out = std::span(worked_).first(frame.size());
  std::ranges::copy(frame, out.begin());
  if (is_voice) {
    processor_->process(out);
  } else {
    processor_->pass(out);
  }
  return wanted_.sound.any() || sounds ? out : said;
}

}  // namespace junctor::media
