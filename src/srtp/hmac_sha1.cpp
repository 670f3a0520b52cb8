// OpenSSL 3.0 calls these functions deprecated, but what it has instead allocates per packet
// (docs/adr/0013-srtp-on-openssl.md).
#define OPENSSL_SUPPRESS_DEPRECATED
#include "srtp/hmac_sha1.hpp"

namespace junctor::srtp {
namespace {

constexpr std::size_t block = 64;

SHA_CTX started_with(std::span<const std::uint8_t, 20> key, std::uint8_t pad) {
  std::array<std::uint8_t, block> bytes;
  bytes.fill(pad);
  for (std::size_t i = 0; i < key.size(); ++i) bytes[i] ^= key[i];
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, bytes.data(), bytes.size());
  return context;
}

}  // namespace

HmacSha1::HmacSha1(std::span<const std::uint8_t, 20> key)
    : inner_(started_with(key, 0x36)), outer_(started_with(key, 0x5c)) {}

std::array<std::uint8_t, 20> HmacSha1::operator()(std::span<const std::uint8_t> message,
                                                  std::span<const std::uint8_t> trailer) const {
  std::array<std::uint8_t, 20> digest;
  SHA_CTX context = inner_;
  SHA1_Update(&context, message.data(), message.size());
  SHA1_Update(&context, trailer.data(), trailer.size());
  SHA1_Final(digest.data(), &context);
  context = outer_;
  SHA1_Update(&context, digest.data(), digest.size());
  SHA1_Final(digest.data(), &context);
  return digest;
}

}  // namespace junctor::srtp
