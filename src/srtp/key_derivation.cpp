#include "srtp/key_derivation.hpp"

#include <algorithm>
#include <openssl/evp.h>
#include <span>

#include "base/check.hpp"
#include "srtp/ciphers.hpp"

namespace junctor::srtp {
namespace {

/// The key stream of the master key, with the label mixed into the salt (RFC 3711 §4.3.3). The key derivation rate is
/// zero, so there is nothing but the label. A salt of 12 bytes is followed by zeros (RFC 7714 §11).
void derive_one(EVP_CIPHER_CTX* cipher, const MasterKey& master, std::uint8_t label, std::span<std::uint8_t> out) {
  std::array<std::uint8_t, 16> iv{};
  std::copy(master.salt.begin(), master.salt.end(), iv.begin());
  iv[7] ^= label;
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  int written = 0;
  JUNCTOR_CHECK(EVP_EncryptInit_ex2(cipher, nullptr, master.key.data(), iv.data(), nullptr) == 1 &&
                EVP_EncryptUpdate(cipher, out.data(), &written, out.data(), static_cast<int>(out.size())) == 1);
}

}  // namespace

SessionKeys derive(const MasterKey& master, Channel channel) {
  const auto first = static_cast<std::uint8_t>(channel == Channel::rtp ? 0 : 3);
  const CipherContext context = new_counter_mode(key_size(master.suite));
  EVP_CIPHER_CTX* const cipher = context.get();
  SessionKeys keys;
  derive_one(cipher, master, first, std::span(keys.key).first(key_size(master.suite)));
  derive_one(cipher, master, static_cast<std::uint8_t>(first + 1), keys.auth);
  derive_one(cipher, master, static_cast<std::uint8_t>(first + 2), std::span(keys.salt).first(salt_size(master.suite)));
  return keys;
}

}  // namespace junctor::srtp
