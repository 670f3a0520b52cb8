#pragma once
// The cipher contexts of one thread, for all its SRTP contexts: a packet's key is put in before the packet. What each
// SRTP context keeps is then small (docs/adr/0048-srtp-keys-are-put-in-for-each-packet.md).
#include <cstddef>
#include <memory>

struct evp_cipher_ctx_st;  // OpenSSL's EVP_CIPHER_CTX

namespace junctor::srtp {

struct FreeCipherContext {
  void operator()(evp_cipher_ctx_st* context) const;
};
using CipherContext = std::unique_ptr<evp_cipher_ctx_st, FreeCipherContext>;

/// AES in counter mode, for keys of 16 or 32 bytes; without a key as yet.
CipherContext new_counter_mode(std::size_t key_size);
/// AES-GCM, the same.
CipherContext new_gcm(std::size_t key_size);

/// Allocates when made only.
class Ciphers {
 public:
  evp_cipher_ctx_st* counter_mode(std::size_t key_size) { return (key_size == 32 ? ctr_256_ : ctr_128_).get(); }
  evp_cipher_ctx_st* gcm(std::size_t key_size) { return (key_size == 32 ? gcm_256_ : gcm_128_).get(); }

 private:
  CipherContext ctr_128_ = new_counter_mode(16), ctr_256_ = new_counter_mode(32);
  CipherContext gcm_128_ = new_gcm(16), gcm_256_ = new_gcm(32);
};

}  // namespace junctor::srtp
