#include "recording/sha256.hpp"

#include <openssl/evp.h>
#include <string_view>

#include "base/check.hpp"

namespace junctor::recording {

void Sha256::Destroy::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  JUNCTOR_CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::span<const std::uint8_t> bytes) {
  JUNCTOR_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::finish() {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash;
  unsigned int size = 0;
  JUNCTOR_CHECK(EVP_DigestFinal_ex(context_.get(), hash.data(), &size) == 1);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : std::span(hash).first(size)) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace junctor::recording
