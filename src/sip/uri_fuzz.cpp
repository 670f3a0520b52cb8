#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sip/round_trip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  junctor::sip::check_uri_round_trip({reinterpret_cast<const char*>(data), size});
  return 0;
}
