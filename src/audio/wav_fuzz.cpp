// Properties: a header is mended once, mending changes nothing but the sizes, and never the length of the file; of what
// can be mended no more is read as sound than there is.
#include <algorithm>

#include "audio/file_decoder.hpp"
#include "audio/wav.hpp"
#include "base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace junctor::audio;
  MemoryFile file({data, data + size});
  const auto first = repair_wav(file);
  JUNCTOR_CHECK(file.bytes.size() == size);
  std::size_t different = 0;
  for (std::size_t i = 0; i < size; ++i) different += file.bytes[i] != data[i];
  JUNCTOR_CHECK(different <= 8 && (different == 0 || (first && first->changed)));
  if (!first) return 0;
  JUNCTOR_CHECK(first->data_bytes <= size);
  const auto second = repair_wav(file);
  JUNCTOR_CHECK(second && !second->changed && second->data_bytes == first->data_bytes);

  auto decoder = FileDecoder::open(std::make_unique<MemoryFile>(file.bytes));
  if (!decoder) return 0;
  std::vector<std::int16_t> samples(4096);
  for (std::size_t all = 0;;) {
    const auto got = decoder->read(samples);
    if (!got || *got == 0) break;
    all += *got;
    JUNCTOR_CHECK(all <= size);  // of one byte each at the least
  }
  return 0;
}
