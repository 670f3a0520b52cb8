#include <algorithm>

#include "base/check.hpp"
#include "srtp/bytes.hpp"
#include "srtp/cipher.hpp"
#include "srtp/transform.hpp"

namespace junctor::srtp {
namespace {

constexpr std::size_t nonce_size = 12;
constexpr std::size_t gcm_tag_size = 16;

class Gcm final : public Transform {
 public:
  Gcm(const SessionKeys& keys, std::size_t key_size)
      : Transform(gcm_tag_size, true), salt_(keys.salt), cipher_(EVP_CIPHER_CTX_new()) {
    JUNCTOR_CHECK(EVP_EncryptInit_ex2(cipher_.get(), aes_gcm(key_size), keys.key.data(), nullptr, nullptr) == 1);
  }

  void seal(std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
            std::span<const std::uint8_t> trailer, std::span<std::uint8_t> tag) override {
    EVP_CIPHER_CTX* const cipher = cipher_.get();
    int written = 0;
    JUNCTOR_CHECK(EVP_EncryptInit_ex2(cipher, nullptr, nullptr, nonce(at).data(), nullptr) == 1 &&
                  associate(packet.first(clear)) && associate(trailer) && apply(packet.subspan(clear)) &&
                  EVP_EncryptFinal_ex(cipher, tag.data(), &written) == 1 &&
                  EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, gcm_tag_size, tag.data()) == 1);
  }

  bool open(std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
            std::span<const std::uint8_t> trailer, std::span<const std::uint8_t> tag) override {
    EVP_CIPHER_CTX* const cipher = cipher_.get();
    std::array<std::uint8_t, gcm_tag_size> expected;  // OpenSSL wants it writable
    std::copy(tag.begin(), tag.end(), expected.begin());
    JUNCTOR_CHECK(EVP_DecryptInit_ex2(cipher, nullptr, nullptr, nonce(at).data(), nullptr) == 1 &&
                  EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, gcm_tag_size, expected.data()) == 1 &&
                  associate(packet.first(clear)) && associate(trailer) && apply(packet.subspan(clear)));
    int written = 0;
    return EVP_DecryptFinal_ex(cipher, expected.data(), &written) == 1;
  }

 private:
  std::array<std::uint8_t, nonce_size> nonce(const Position& at) const {  // RFC 7714 §8.1 and §9.1
    std::array<std::uint8_t, nonce_size> bytes;
    std::copy_n(salt_.begin(), nonce_size, bytes.begin());
    xor_u32(&bytes[2], at.ssrc);
    xor_u48(&bytes[6], at.index);
    return bytes;
  }
  bool associate(std::span<const std::uint8_t> bytes) {
    int written = 0;
    return bytes.empty() ||
           EVP_CipherUpdate(cipher_.get(), nullptr, &written, bytes.data(), static_cast<int>(bytes.size())) == 1;
  }
  bool apply(std::span<std::uint8_t> bytes) {
    int written = 0;
    return bytes.empty() ||
           EVP_CipherUpdate(cipher_.get(), bytes.data(), &written, bytes.data(), static_cast<int>(bytes.size())) == 1;
  }

  std::array<std::uint8_t, salt_size_max> salt_;
  CipherContext cipher_;
};

}  // namespace

std::unique_ptr<Transform> make_gcm(const SessionKeys& keys, std::size_t key_size) {
  return std::make_unique<Gcm>(keys, key_size);
}

}  // namespace junctor::srtp
