#include <algorithm>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/check.hpp"
#include "srtp/bytes.hpp"
#include "srtp/transform.hpp"

namespace junctor::srtp {

Transform Transform::counter_mode(const SessionKeys& keys, std::size_t key_size, std::size_t tag_size) {
  return {keys, key_size, tag_size, false};
}

void Transform::seal(Ciphers& ciphers, std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
                     std::span<const std::uint8_t> trailer, std::span<std::uint8_t> tag) const {
  if (is_aead_) return seal_gcm(ciphers, packet, clear, at, trailer, tag);
  apply_key_stream(ciphers, packet.subspan(clear), at);
  const auto digest = hmac_(packet, trailer);
  std::copy_n(digest.begin(), tag.size(), tag.begin());
}

bool Transform::open(Ciphers& ciphers, std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
                     std::span<const std::uint8_t> trailer, std::span<const std::uint8_t> tag) const {
  if (is_aead_) return open_gcm(ciphers, packet, clear, at, trailer, tag);
  const auto digest = hmac_(packet, trailer);
  if (CRYPTO_memcmp(digest.data(), tag.data(), tag.size()) != 0) return false;
  apply_key_stream(ciphers, packet.subspan(clear), at);
  return true;
}

void Transform::apply_key_stream(Ciphers& ciphers, std::span<std::uint8_t> bytes, const Position& at) const {
  std::array<std::uint8_t, 16> iv{};  // RFC 3711 §4.1.1
  std::copy(salt_.begin(), salt_.end(), iv.begin());
  xor_u32(&iv[4], at.ssrc);
  xor_u48(&iv[8], at.index);
  EVP_CIPHER_CTX* const cipher = ciphers.counter_mode(key_size_);
  int written = 0;
  JUNCTOR_CHECK(EVP_EncryptInit_ex2(cipher, nullptr, key_.data(), iv.data(), nullptr) == 1 &&
                EVP_EncryptUpdate(cipher, bytes.data(), &written, bytes.data(), static_cast<int>(bytes.size())) == 1);
}

}  // namespace junctor::srtp
