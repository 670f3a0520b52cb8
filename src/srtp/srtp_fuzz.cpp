// Garbage changes nothing, and whatever can be protected comes back as it was.
#include <algorithm>
#include <cstdlib>

#include "srtp/sdes.hpp"
#include "srtp/srtp.hpp"

namespace {

using namespace junctor::srtp;

void require(bool condition) {
  if (!condition) std::abort();
}

using Bytes = std::vector<std::uint8_t>;
using Result = junctor::Result<std::size_t, SrtpError>;

Ciphers& ciphers() {
  static Ciphers of_this_thread;
  return of_this_thread;
}

MasterKey key_for(Suite suite) {
  MasterKey master{.suite = suite};
  std::fill_n(master.key.begin(), key_size(suite), std::uint8_t{7});
  return master;
}

void refuse(Context& inbound, Bytes garbage, Result (Context::*unprotect)(Ciphers&, std::span<std::uint8_t>)) {
  const State before = inbound.save();
  const Result result = (inbound.*unprotect)(ciphers(), garbage);
  require(!result && inbound.save() == before);
}

void pass(Context& outbound, Context& inbound, const Bytes& packet,
          Result (Context::*protect)(Ciphers&, std::span<std::uint8_t>, std::size_t),
          Result (Context::*unprotect)(Ciphers&, std::span<std::uint8_t>)) {
  Bytes buffer = packet;
  buffer.resize(packet.size() + overhead_max);
  const Result size = (outbound.*protect)(ciphers(), buffer, packet.size());
  if (!size) return require(size.error() == SrtpError::malformed);
  buffer.resize(*size);
  const Result back = (inbound.*unprotect)(ciphers(), buffer);
  require(back == packet.size() && std::equal(packet.begin(), packet.end(), buffer.begin()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, data + size);
  for (const Suite suite : preferred_suites) {
    Context outbound(Direction::outbound, key_for(suite)), inbound(Direction::inbound, key_for(suite));
    refuse(inbound, input, &Context::unprotect);
    refuse(inbound, input, &Context::unprotect_rtcp);
    pass(outbound, inbound, input, &Context::protect, &Context::unprotect);
    pass(outbound, inbound, input, &Context::protect_rtcp, &Context::unprotect_rtcp);
  }
  return 0;
}
