// A line that parses is written as one that parses to the same, and can be taken by an answerer.
#include <cstdlib>

#include "srtp/sdes.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

struct Counting final : junctor::Random {
  std::uint64_t next() override { return ++value; }
  std::uint64_t value = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace junctor::srtp;
  const auto crypto = parse_crypto({reinterpret_cast<const char*>(data), size});
  if (!crypto) {
    require(!describe(crypto.error()).empty());
    return 0;
  }
  require(parse_crypto(write_crypto(*crypto)) == *crypto);

  Counting random;
  const std::vector<Crypto> offered{*crypto};
  const auto agreed = choose(offered, preferred_suites, random);
  require(agreed.has_value() && agreed->theirs == crypto->master);
  require(match(offered, agreed->ours).has_value());
  return 0;
}
