#include "srtp/suite.hpp"

#include <algorithm>
#include <utility>

namespace junctor::srtp {
namespace {

constexpr std::array<std::pair<Suite, std::string_view>, 6> names = {{
    {Suite::aes_cm_128_hmac_sha1_80, "AES_CM_128_HMAC_SHA1_80"},
    {Suite::aes_cm_128_hmac_sha1_32, "AES_CM_128_HMAC_SHA1_32"},
    {Suite::aes_256_cm_hmac_sha1_80, "AES_256_CM_HMAC_SHA1_80"},
    {Suite::aes_256_cm_hmac_sha1_32, "AES_256_CM_HMAC_SHA1_32"},
    {Suite::aead_aes_128_gcm, "AEAD_AES_128_GCM"},
    {Suite::aead_aes_256_gcm, "AEAD_AES_256_GCM"},
}};

bool same_letter(char a, char b) {
  return a == b || (a >= 'a' && a <= 'z' && a - 'a' + 'A' == b);
}

}  // namespace

std::string_view name_of(Suite suite) {
  return names[static_cast<std::size_t>(suite)].second;
}

std::optional<Suite> suite_named(std::string_view name) {
  for (const auto& [suite, registered] : names)
    if (std::ranges::equal(name, registered, same_letter)) return suite;
  return std::nullopt;
}

std::size_t key_size(Suite suite) {
  switch (suite) {
    case Suite::aes_256_cm_hmac_sha1_80:
    case Suite::aes_256_cm_hmac_sha1_32:
    case Suite::aead_aes_256_gcm:
      return 32;
    default:
      return 16;
  }
}

std::size_t salt_size(Suite suite) {
  return suite == Suite::aead_aes_128_gcm || suite == Suite::aead_aes_256_gcm ? 12 : 14;
}

}  // namespace junctor::srtp
