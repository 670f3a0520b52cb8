#include "srtp/ciphers.hpp"

#include <openssl/evp.h>

#include "base/check.hpp"

namespace junctor::srtp {
namespace {

const EVP_CIPHER* fetch(const char* name) {
  return EVP_CIPHER_fetch(nullptr, name, nullptr);
}

CipherContext make(const EVP_CIPHER* cipher) {
  CipherContext context(EVP_CIPHER_CTX_new());
  JUNCTOR_CHECK(EVP_EncryptInit_ex2(context.get(), cipher, nullptr, nullptr, nullptr) == 1);
  return context;
}

}  // namespace

void FreeCipherContext::operator()(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(context);
}

// Fetched once per process: looking one up takes locks and more time than encrypting a packet.

CipherContext new_counter_mode(std::size_t key_size) {
  static const EVP_CIPHER* const aes_128 = fetch("AES-128-CTR");
  static const EVP_CIPHER* const aes_256 = fetch("AES-256-CTR");
  return make(key_size == 32 ? aes_256 : aes_128);
}

CipherContext new_gcm(std::size_t key_size) {
  static const EVP_CIPHER* const aes_128 = fetch("AES-128-GCM");
  static const EVP_CIPHER* const aes_256 = fetch("AES-256-GCM");
  return make(key_size == 32 ? aes_256 : aes_128);
}

}  // namespace junctor::srtp
