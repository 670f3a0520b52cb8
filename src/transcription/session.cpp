#include "transcription/session.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace junctor::transcription {
namespace {

constexpr Duration tick_length = milliseconds(20);
constexpr std::array<std::int16_t, 960> silence{};  // a tick of the highest rate

}  // namespace

Session::Session(WebSockets& sockets, StreamCounters& counters, Beginning beginning)
    : sockets_(sockets),
      counters_(counters),
      id_(beginning.id),
      engine_(std::move(beginning.engine)),
      rate_(beginning.rate),
      origin_(beginning.origin),
      ring_(std::move(beginning.ring)) {
  for (const Speaker& speaker : beginning.speakers) voices_.push_back(make_voice(speaker));
}

Session::Voice Session::make_voice(const Speaker& speaker) {
  Voice voice{std::make_unique<Stream>(Stream::Parts{sockets_, *engine_, counters_}, id_, speaker, rate_, origin_), {}};
  make_resampler(voice);
  return voice;
}

void Session::make_resampler(Voice& voice) const {
  voice.resampler.reset();
  if (ring_->rate() != rate_)
    voice.resampler = std::make_unique<audio::Resampler>(static_cast<int>(ring_->rate()), static_cast<int>(rate_));
}

void Session::work(TimePoint now, std::vector<Event>& events) {
  drain();
  if (next_ring_) set_ring(std::exchange(next_ring_, nullptr));
  for (Change& change : std::exchange(changes_, {})) apply(change, now);
  for (Voice& voice : voices_) voice.stream->work(now, events);
  for (const auto& stream : leaving_) stream->work(now, events);
  const auto look = [&](const Stream& stream) {
    if (!started_ && stream.was_open()) {
      started_ = true;
      events.push_back(Started{id_, std::string(engine_->provider())});
    }
    if (!stream.refusal().empty() && !done_) end(EndReason::refused, stream.refusal(), events);
  };
  for (const Voice& voice : voices_) look(*voice.stream);
  for (const auto& stream : leaving_) look(*stream);
  std::erase_if(leaving_, [](const auto& stream) { return stream->done(); });
  if (stopping_ && leaving_.empty() && !done_) end(EndReason::stopped, {}, events);
  if (done_) {
    voices_.clear();
    leaving_.clear();
  }
}

void Session::end(EndReason reason, std::string error, std::vector<Event>& events) {
  done_ = true;
  events.push_back(Ended{id_, reason, std::move(error)});
}

void Session::apply(Change& change, TimePoint now) {
  if (auto* follow = std::get_if<Change::Follow>(&change.what)) {
    next_ring_ = std::move(follow->ring);
  } else if (const auto* speakers = std::get_if<Change::Speakers>(&change.what)) {
    set_speakers(speakers->speakers, now);
  } else {
    stopping_ = true;
    set_speakers({}, now);
  }
}

void Session::set_ring(std::shared_ptr<media::TapRing> ring) {
  ring_ = std::move(ring);
  for (Voice& voice : voices_) make_resampler(voice);
}

/// A leg keeps its stream when its port changes.
void Session::set_speakers(const std::vector<Speaker>& speakers, TimePoint now) {
  std::vector<Voice> before = std::exchange(voices_, {});
  for (const Speaker& speaker : speakers) {
    const auto at = std::ranges::find_if(before, [&](const Voice& voice) {
      return voice.stream && voice.stream->speaker().leg == speaker.leg && voice.stream->speaker().side == speaker.side;
    });
    if (at == before.end()) {
      voices_.push_back(make_voice(speaker));
    } else {
      at->stream->set_port(speaker.port);
      voices_.push_back(std::move(*at));
    }
  }
  for (Voice& voice : before) {
    if (!voice.stream) continue;
    voice.stream->finish(now);
    leaving_.push_back(std::move(voice.stream));
  }
}

void Session::drain() {
  while (const auto tick = ring_->next()) {
    for (Voice& voice : voices_) {
      if (tick->lost_before > 0) voice.stream->miss(tick->time - tick->lost_before * tick_length, tick->time);
      hear(voice, *tick);
    }
  }
}

/// Who is silent is not in the tick; the engine needs silence to know where a sentence ends.
void Session::hear(Voice& voice, const media::TapTick& tick) {
  const auto part = std::ranges::find(tick.parts, voice.stream->speaker().port, &media::TapTick::Part::source);
  const std::size_t count = ring_->rate() / static_cast<std::uint32_t>(seconds(1) / tick_length);
  const std::span<const std::int16_t> said =
      part == tick.parts.end() ? std::span<const std::int16_t>(silence).first(count) : part->samples;
  if (!voice.resampler) return voice.stream->hear(tick.time, said);
  samples_.resize(voice.resampler->samples_out(said.size()));
  voice.resampler->process(said, samples_);
  voice.stream->hear(tick.time, samples_);
}

}  // namespace junctor::transcription
