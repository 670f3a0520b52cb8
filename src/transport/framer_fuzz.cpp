// Any split of a stream yields the same messages and the same error. The first byte seeds the sizes of the pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "transport/framer.hpp"

namespace {

struct Outcome {
  std::vector<std::string> messages;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

constexpr junctor::transport::FramerBounds bounds{.header_bytes = 200, .body_bytes = 100};

Outcome frame(std::string_view stream, std::uint32_t seed) {
  junctor::transport::SipFramer framer(bounds);
  Outcome out;
  while (!stream.empty()) {
    seed = seed * 1664525u + 1013904223u;
    const std::size_t size = std::min<std::size_t>(stream.size(), 1 + (seed >> 24) % 64);
    const char* const error = framer.on_bytes(
        stream.substr(0, size), [&](std::string&& message) { out.messages.push_back(std::move(message)); });
    if (error != nullptr) out.error = error;
    stream.remove_prefix(size);
  }
  return out;
}

Outcome frame_whole(std::string_view stream) {
  junctor::transport::SipFramer framer(bounds);
  Outcome out;
  const char* const error =
      framer.on_bytes(stream, [&](std::string&& message) { out.messages.push_back(std::move(message)); });
  if (error != nullptr) out.error = error;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (frame_whole(stream) != frame(stream, data[0])) std::abort();
  return 0;
}
