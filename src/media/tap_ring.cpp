#include "media/tap_ring.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "media/codec_settings.hpp"

namespace junctor::media {

TapRing::TapRing(std::uint32_t rate, TapWants wants, std::size_t bytes)
    : rate_(rate),
      wants_(wants),
      frame_bytes_(rate / ticks_per_second * sizeof(std::int16_t)),
      bytes_(bytes) {
  JUNCTOR_CHECK(bytes_.size() >= sizeof(TickHeader) + sizeof(PortId) + frame_bytes_);
}

std::size_t TapRing::free_bytes() const {
  return bytes_.size() - (writing_ - read_.load(std::memory_order_acquire));
}

void TapRing::put(std::size_t at, const void* from, std::size_t size) {
  const std::size_t place = at % bytes_.size();
  const std::size_t first = std::min(size, bytes_.size() - place);
  std::memcpy(&bytes_[place], from, first);
  std::memcpy(bytes_.data(), static_cast<const std::uint8_t*>(from) + first, size - first);
}

void TapRing::get(std::size_t at, void* to, std::size_t size) const {
  const std::size_t place = at % bytes_.size();
  const std::size_t first = std::min(size, bytes_.size() - place);
  std::memcpy(to, &bytes_[place], first);
  std::memcpy(static_cast<std::uint8_t*>(to) + first, bytes_.data(), size - first);
}

// ----------------------------------------------------------------------------------------------------------- worker

void TapRing::begin(TimePoint tick) {
  header_ = {.time_ns = tick.time_since_epoch().count(), .lost_before = lost_};
  writing_ = written_.load(std::memory_order_relaxed);
  fits_ = free_bytes() >= sizeof header_;
  writing_ += sizeof header_;
}

void TapRing::add(PortId source, std::span<const std::int16_t> samples) {
  JUNCTOR_CHECK(samples.size_bytes() == frame_bytes_);
  fits_ = fits_ && free_bytes() >= sizeof source + frame_bytes_;
  if (!fits_) return;
  put(writing_, &source, sizeof source);
  put(writing_ + sizeof source, samples.data(), frame_bytes_);
  writing_ += sizeof source + frame_bytes_;
  ++header_.parts;
}

void TapRing::commit() {
  if (!fits_) {
    ++lost_;
    lost_total_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  put(written_.load(std::memory_order_relaxed), &header_, sizeof header_);
  written_.store(writing_, std::memory_order_release);
  lost_ = 0;
}

// ----------------------------------------------------------------------------------------------------------- reader

std::optional<TimePoint> TapRing::next_time() const {
  const std::size_t at = read_.load(std::memory_order_relaxed);
  if (written_.load(std::memory_order_acquire) == at) return std::nullopt;
  TickHeader header;
  get(at, &header, sizeof header);
  return TimePoint(Duration(header.time_ns));
}

std::optional<TapTick> TapRing::next() {
  std::size_t at = read_.load(std::memory_order_relaxed);
  if (written_.load(std::memory_order_acquire) == at) return std::nullopt;
  TickHeader header;
  get(at, &header, sizeof header);
  at += sizeof header;
  parts_.resize(std::max<std::size_t>(parts_.size(), header.parts));
  for (std::uint32_t i = 0; i < header.parts; ++i) {
    TapTick::Part& part = parts_[i];
    part.samples.resize(frame_bytes_ / sizeof(std::int16_t));
    get(at, &part.source, sizeof part.source);
    get(at + sizeof part.source, part.samples.data(), frame_bytes_);
    at += sizeof part.source + frame_bytes_;
  }
  read_.store(at, std::memory_order_release);
  return TapTick{.time = TimePoint(Duration(header.time_ns)),
                 .lost_before = header.lost_before,
                 .parts = std::span(parts_).first(header.parts)};
}

}  // namespace junctor::media
