// Any bytes as a configuration: no crash, faults have places in the file, and
// reading twice gives the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace junctor::config;
  const Source source{"fuzz.toml", std::string(reinterpret_cast<const char*>(data), size)};
  const Parsed first = parse({&source, 1}, {});
  const Parsed second = parse({&source, 1}, {});
  JUNCTOR_CHECK(first.config == second.config);
  JUNCTOR_CHECK(first.faults == second.faults);
  for (const Fault& fault : first.faults) JUNCTOR_CHECK(!fault.message.empty());
  return 0;
}
