#pragma once
// OpenSSL's ciphers with an owner. Fetched once per process: looking one up takes locks and more time than encrypting a
// packet.
#include <memory>
#include <openssl/evp.h>

namespace junctor::srtp {

struct FreeCipherContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

/// `name` is a literal, e.g. "AES-128-CTR".
inline const EVP_CIPHER* fetch_cipher(const char* name) {
  return EVP_CIPHER_fetch(nullptr, name, nullptr);
}

inline const EVP_CIPHER* aes_ctr(std::size_t key_size) {
  static const EVP_CIPHER* const aes_128 = fetch_cipher("AES-128-CTR");
  static const EVP_CIPHER* const aes_256 = fetch_cipher("AES-256-CTR");
  return key_size == 32 ? aes_256 : aes_128;
}

inline const EVP_CIPHER* aes_gcm(std::size_t key_size) {
  static const EVP_CIPHER* const aes_128 = fetch_cipher("AES-128-GCM");
  static const EVP_CIPHER* const aes_256 = fetch_cipher("AES-256-GCM");
  return key_size == 32 ? aes_256 : aes_128;
}

}  // namespace junctor::srtp
