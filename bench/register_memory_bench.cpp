// What a registered phone takes in memory: the hub's own structures, as malloc counts them, when everything that
// only belongs to the REGISTER's transaction is gone.
#include <malloc.h>
#include <string>

#include "base/check.hpp"
#include "bench/measure.hpp"
#include "bench/parts.hpp"
#include "bench/phones.hpp"

namespace junctor::bench {
namespace {

constexpr std::size_t bindings = 50'000;
constexpr std::size_t at_once = 500;

/// Bytes that malloc has given out.
std::size_t held() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void register_one(Hub& hub, std::size_t index) {
  Phone phone(index);
  hub.receive(phone.address(), phone.register_request());
  for (const Datagram& datagram : hub.take_sent()) phone.take_challenge(*sip::Message::parse(datagram.bytes));
  hub.receive(phone.address(), phone.register_request());
  for (const Datagram& datagram : hub.take_sent()) JUNCTOR_CHECK(datagram.bytes.starts_with("SIP/2.0 200"));
}

int run() {
  const std::size_t nothing = held();
  Hub hub(bindings);
  const std::size_t empty = held();
  for (std::size_t i = 0; i < bindings; ++i) {
    register_one(hub, i);
    if (i % at_once == 0) hub.pass(seconds(1));
  }
  hub.pass(seconds(700));  // transactions have ended, nonces and messages shown to operators have aged
  JUNCTOR_CHECK(hub.core().registrar().bindings() == bindings);
  const std::size_t full = held();
  std::printf("%zu users, one binding each\n", bindings);
  std::printf("  hub with the users, nobody registered  %6.1f MB\n", static_cast<double>(empty - nothing) / 1e6);
  std::printf("  more with all registered               %6.1f MB, %.0f bytes each\n",
              static_cast<double>(full - empty) / 1e6, static_cast<double>(full - empty) / bindings);
  return 0;
}

}  // namespace
}  // namespace junctor::bench

int main() {
  return junctor::bench::run();
}
