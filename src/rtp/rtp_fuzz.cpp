// What parses can be written, and what was written parses to the same packet.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "rtp/packet.hpp"
#include "rtp/telephone_event.hpp"

namespace {

using junctor::rtp::Bytes;

void require(bool condition) {
  if (!condition) std::abort();
}

bool same(Bytes a, Bytes b) {
  return std::ranges::equal(a, b);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace junctor::rtp;
  static std::array<std::uint8_t, 1 << 20> out;
  const auto packet = parse_packet({data, size});
  if (!packet) return 0;
  const std::size_t written = write_packet(*packet, out);
  require(written == size);
  const auto again = parse_packet({out.data(), written});
  require(again.has_value());
  require(again->marker == packet->marker && again->payload_type == packet->payload_type &&
          again->sequence == packet->sequence && again->timestamp == packet->timestamp && again->ssrc == packet->ssrc &&
          again->has_extension == packet->has_extension && again->extension_profile == packet->extension_profile &&
          again->padding == packet->padding);
  require(same(again->csrcs, packet->csrcs) && same(again->extension, packet->extension) &&
          same(again->payload, packet->payload));

  if (const auto event = parse_telephone_event(packet->payload)) {
    std::array<std::uint8_t, telephone_event_size> bytes{};
    write_telephone_event(*event, bytes);
    require(parse_telephone_event(bytes) == event);
    EventTracker tracker;
    require(tracker.is_new(*event, packet->timestamp));
    require(!tracker.is_new(*event, packet->timestamp));
  }
  return 0;
}
