// Nothing on a packet's path allocates, neither here nor inside OpenSSL.
#include <cstdlib>
#include <new>
#include <openssl/crypto.h>

#include "srtp/test_keys.hpp"

namespace {

std::size_t allocations = 0;

void* allocate(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  std::abort();
}

void* allocate_for_openssl(std::size_t size, const char*, int) {
  return allocate(size);
}
void* reallocate_for_openssl(void* p, std::size_t size, const char*, int) {
  ++allocations;
  return std::realloc(p, size);
}
void free_for_openssl(void* p, const char*, int) {
  std::free(p);
}

// OpenSSL takes them only before it has allocated anything.
const bool openssl_is_counted =
    CRYPTO_set_mem_functions(allocate_for_openssl, reallocate_for_openssl, free_for_openssl) == 1;

}  // namespace

// Every form that the library uses, so that no pair is half replaced.
void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete[](void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}

namespace junctor::srtp {
namespace {

class Allocations : public EverySuite {};
INSTANTIATE_TEST_SUITE_P(Suites, Allocations, testing::ValuesIn(preferred_suites), suite_in_test_name);

TEST_P(Allocations, packets_of_new_and_known_senders_need_none) {
  ASSERT_TRUE(openssl_is_counted);
  const MasterKey master = key_of(GetParam());
  Context out(Direction::outbound, master), in(Direction::inbound, master);
  Buffer buffer = rtp_packet(0), report = rtcp_packet();
  buffer.resize(buffer.size() + overhead_max);
  report.resize(report.size() + overhead_max);
  ciphers();  // are made once
  const std::size_t before = allocations;
  bool all = true;
  for (std::uint32_t i = 0; i < 10 * ssrcs_max; ++i) {
    buffer[3] = static_cast<std::uint8_t>(i / ssrcs_max);
    buffer[11] = report[7] = static_cast<std::uint8_t>(i % ssrcs_max);
    const auto sealed = out.protect(ciphers(), buffer, 172);
    all = all && sealed && in.unprotect(ciphers(), std::span(buffer).first(*sealed)) == std::size_t{172};
    const auto sealed_report = out.protect_rtcp(ciphers(), report, 28);
    all = all && sealed_report &&
          in.unprotect_rtcp(ciphers(), std::span(report).first(*sealed_report)) == std::size_t{28};
    all = all && !in.unprotect(ciphers(), std::span(buffer).first(*sealed));  // no tag, or seen
  }
  EXPECT_TRUE(all);
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace junctor::srtp
