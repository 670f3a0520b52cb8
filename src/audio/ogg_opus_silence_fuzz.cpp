// Whatever is in the file: it keeps its size, and what was silenced once is not changed again.
#include <cstdlib>

#include "audio/ogg_opus_silence.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace junctor::audio;
  MemoryFile file({data, data + size});
  const bool good = silence_ogg_opus(file, 10, 1000).has_value();
  if (file.bytes.size() != size) std::abort();
  if (!good) return 0;
  const auto once = file.bytes;
  if (!silence_ogg_opus(file, 10, 1000) || file.bytes != once) std::abort();
  if (!ogg_opus_duration_ms(file)) std::abort();
  return 0;
}
