// OpenSSL 3.0 calls these functions deprecated, but what it has instead allocates per packet
// (docs/adr/0013-srtp-on-openssl.md).
#define OPENSSL_SUPPRESS_DEPRECATED
#include "srtp/hmac_sha1.hpp"

#include <openssl/sha.h>

namespace junctor::srtp {
namespace {

constexpr std::size_t block = 64;

std::array<std::uint32_t, 5> after_block(std::span<const std::uint8_t, 20> key, std::uint8_t pad) {
  std::array<std::uint8_t, block> bytes;
  bytes.fill(pad);
  for (std::size_t i = 0; i < key.size(); ++i) bytes[i] ^= key[i];
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, bytes.data(), bytes.size());
  return {context.h0, context.h1, context.h2, context.h3, context.h4};
}

SHA_CTX begun_with(const std::array<std::uint32_t, 5>& chaining) {
  SHA_CTX context;  // its buffer is empty
  context.h0 = chaining[0], context.h1 = chaining[1], context.h2 = chaining[2], context.h3 = chaining[3];
  context.h4 = chaining[4];
  context.Nl = 8 * block;
  context.Nh = 0;
  context.num = 0;
  return context;
}

}  // namespace

HmacSha1::HmacSha1(std::span<const std::uint8_t, 20> key)
    : inner_(after_block(key, 0x36)), outer_(after_block(key, 0x5c)) {}

std::array<std::uint8_t, 20> HmacSha1::operator()(std::span<const std::uint8_t> message,
                                                  std::span<const std::uint8_t> trailer) const {
  std::array<std::uint8_t, 20> digest;
  SHA_CTX context = begun_with(inner_);
  SHA1_Update(&context, message.data(), message.size());
  SHA1_Update(&context, trailer.data(), trailer.size());
  SHA1_Final(digest.data(), &context);
  context = begun_with(outer_);
  SHA1_Update(&context, digest.data(), digest.size());
  SHA1_Final(digest.data(), &context);
  return digest;
}

}  // namespace junctor::srtp
