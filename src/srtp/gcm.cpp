#include <algorithm>
#include <openssl/evp.h>

#include "base/check.hpp"
#include "srtp/bytes.hpp"
#include "srtp/transform.hpp"

namespace junctor::srtp {
namespace {

constexpr std::size_t gcm_tag_size = 16;

bool associate(EVP_CIPHER_CTX* cipher, std::span<const std::uint8_t> bytes) {
  int written = 0;
  return bytes.empty() ||
         EVP_CipherUpdate(cipher, nullptr, &written, bytes.data(), static_cast<int>(bytes.size())) == 1;
}

bool apply(EVP_CIPHER_CTX* cipher, std::span<std::uint8_t> bytes) {
  int written = 0;
  return bytes.empty() ||
         EVP_CipherUpdate(cipher, bytes.data(), &written, bytes.data(), static_cast<int>(bytes.size())) == 1;
}

}  // namespace

Transform Transform::gcm(const SessionKeys& keys, std::size_t key_size) {
  return {keys, key_size, gcm_tag_size, true};
}

std::array<std::uint8_t, 12> Transform::nonce(const Position& at) const {  // RFC 7714 §8.1 and §9.1
  std::array<std::uint8_t, 12> bytes;
  std::copy_n(salt_.begin(), bytes.size(), bytes.begin());
  xor_u32(&bytes[2], at.ssrc);
  xor_u48(&bytes[6], at.index);
  return bytes;
}

void Transform::seal_gcm(Ciphers& ciphers, std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
                         std::span<const std::uint8_t> trailer, std::span<std::uint8_t> tag) const {
  EVP_CIPHER_CTX* const cipher = ciphers.gcm(key_size_);
  int written = 0;
  JUNCTOR_CHECK(EVP_EncryptInit_ex2(cipher, nullptr, key_.data(), nonce(at).data(), nullptr) == 1 &&
                associate(cipher, packet.first(clear)) && associate(cipher, trailer) &&
                apply(cipher, packet.subspan(clear)) && EVP_EncryptFinal_ex(cipher, tag.data(), &written) == 1 &&
                EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, gcm_tag_size, tag.data()) == 1);
}

bool Transform::open_gcm(Ciphers& ciphers, std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
                         std::span<const std::uint8_t> trailer, std::span<const std::uint8_t> tag) const {
  EVP_CIPHER_CTX* const cipher = ciphers.gcm(key_size_);
  std::array<std::uint8_t, gcm_tag_size> expected;  // OpenSSL wants it writable
  std::copy(tag.begin(), tag.end(), expected.begin());
  JUNCTOR_CHECK(EVP_DecryptInit_ex2(cipher, nullptr, key_.data(), nonce(at).data(), nullptr) == 1 &&
                EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, gcm_tag_size, expected.data()) == 1 &&
                associate(cipher, packet.first(clear)) && associate(cipher, trailer) &&
                apply(cipher, packet.subspan(clear)));
  int written = 0;
  return EVP_DecryptFinal_ex(cipher, expected.data(), &written) == 1;
}

}  // namespace junctor::srtp
