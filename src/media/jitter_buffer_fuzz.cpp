// Random arrivals and ticks. A tick always ends, what comes out is what went in, no packet comes out twice, and within
// a stream they come out in order.
#include <array>
#include <cstdlib>
#include <limits>
#include <span>

#include "media/jitter_buffer.hpp"

namespace {

using namespace junctor;
using media::JitterBuffer;

void require(bool condition) {
  if (!condition) std::abort();
}

class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::uint32_t take(std::size_t count) {
    std::uint32_t value = 0;
    for (; count > 0 && !bytes_.empty(); --count, bytes_ = bytes_.subspan(1)) value = value << 8 | bytes_.front();
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({data, size});
  JitterBuffer buffer({.packets_max = 1 + input.take(1) % JitterBuffer::packets_limit,
                       .payload_max = 64,
                       .forward_correction = input.take(1) % 2 == 1});
  constexpr std::uint32_t tick_units = 160;
  TimePoint now{hours(1)};
  rtp::Packet packet{.ssrc = 1};
  std::uint64_t stored = 0, played = 0, restarts = 0;
  constexpr std::int64_t none = std::numeric_limits<std::int64_t>::min();
  std::int64_t last = none;  // played in this stream
  while (!input.empty()) {
    const std::uint32_t what = input.take(1);
    if (what % 4 == 0) now += microseconds(input.take(2));
    if (what % 32 == 1) packet.sequence = static_cast<std::uint16_t>(packet.sequence + input.take(2));
    if (what % 32 == 2) packet.timestamp += input.take(4);
    if (what % 64 == 3) packet.ssrc = input.take(1);
    if (what % 4 == 3) {
      const std::uint32_t shape = input.take(1);
      const std::uint32_t duration = shape % 8 * 80;
      // The payload tells which packet it is.
      const std::array<std::uint8_t, 80> payload{static_cast<std::uint8_t>(packet.sequence >> 8),
                                                 static_cast<std::uint8_t>(packet.sequence)};
      packet.payload = std::span(payload).first(shape >= 250 ? 80 : 2);
      const auto content = shape % 16 == 15 ? JitterBuffer::Content::comfort_noise : JitterBuffer::Content::speech;
      stored += buffer.put(packet, duration, content, now) == JitterBuffer::Put::stored ? 1 : 0;
      packet.sequence = static_cast<std::uint16_t>(packet.sequence + 1 - shape / 16 % 4);
      packet.timestamp += duration;
    }
    if (what % 4 != 2) continue;
    now += milliseconds(20);
    for (std::uint32_t there = 0; there < tick_units;) {
      const auto out = buffer.next(now, tick_units - there);
      there += out.units;
      const auto stats = buffer.stats(now);
      if (stats.restarts != restarts) restarts = stats.restarts, last = none;
      const bool is_packet = out.kind == JitterBuffer::Kind::packet || out.kind == JitterBuffer::Kind::comfort_noise;
      if (is_packet || out.kind == JitterBuffer::Kind::restore) {
        require(out.payload.size() == 2);
        require(static_cast<std::uint16_t>(out.sequence) == (out.payload[0] << 8 | out.payload[1]));
        require(out.sequence > last);
      }
      if (is_packet) last = out.sequence, ++played;
      require(out.units > 0 || out.kind == JitterBuffer::Kind::comfort_noise);
      require(out.kind == JitterBuffer::Kind::packet || out.kind == JitterBuffer::Kind::restore || there <= tick_units);
      require(played <= stored && stats.target_ms >= 0 && stats.target_ms <= 500);
    }
  }
  return 0;
}
