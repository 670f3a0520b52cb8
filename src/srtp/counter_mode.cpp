#include <algorithm>
#include <openssl/crypto.h>

#include "base/check.hpp"
#include "srtp/bytes.hpp"
#include "srtp/cipher.hpp"
#include "srtp/hmac_sha1.hpp"
#include "srtp/transform.hpp"

namespace junctor::srtp {
namespace {

class CounterMode final : public Transform {
 public:
  CounterMode(const SessionKeys& keys, std::size_t key_size, std::size_t tag_size)
      : Transform(tag_size, false), salt_(keys.salt), cipher_(EVP_CIPHER_CTX_new()), hmac_(keys.auth) {
    JUNCTOR_CHECK(EVP_EncryptInit_ex2(cipher_.get(), aes_ctr(key_size), keys.key.data(), nullptr, nullptr) == 1);
  }

  void seal(std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
            std::span<const std::uint8_t> trailer, std::span<std::uint8_t> tag) override {
    apply_key_stream(packet.subspan(clear), at);
    const auto digest = hmac_(packet, trailer);
    std::copy_n(digest.begin(), tag.size(), tag.begin());
  }

  bool open(std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
            std::span<const std::uint8_t> trailer, std::span<const std::uint8_t> tag) override {
    const auto digest = hmac_(packet, trailer);
    if (CRYPTO_memcmp(digest.data(), tag.data(), tag.size()) != 0) return false;
    apply_key_stream(packet.subspan(clear), at);
    return true;
  }

 private:
  void apply_key_stream(std::span<std::uint8_t> bytes, const Position& at) {
    std::array<std::uint8_t, 16> iv{};  // RFC 3711 §4.1.1
    std::copy(salt_.begin(), salt_.end(), iv.begin());
    xor_u32(&iv[4], at.ssrc);
    xor_u48(&iv[8], at.index);
    int written = 0;
    JUNCTOR_CHECK(
        EVP_EncryptInit_ex2(cipher_.get(), nullptr, nullptr, iv.data(), nullptr) == 1 &&
        EVP_EncryptUpdate(cipher_.get(), bytes.data(), &written, bytes.data(), static_cast<int>(bytes.size())) == 1);
  }

  std::array<std::uint8_t, salt_size_max> salt_;
  CipherContext cipher_;
  HmacSha1 hmac_;
};

}  // namespace

std::unique_ptr<Transform> make_counter_mode(const SessionKeys& keys, std::size_t key_size, std::size_t tag_size) {
  return std::make_unique<CounterMode>(keys, key_size, tag_size);
}

}  // namespace junctor::srtp
