#include "net/hashes.hpp"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <span>

#include "base/check.hpp"

namespace junctor::net {
namespace {

constexpr std::size_t sha256_block = 64;

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// A fetched algorithm is shared by all threads and lives as long as the process (fetching is what is slow in OpenSSL
// 3).
class Algorithm {
 public:
  explicit Algorithm(const char* name) : md_(EVP_MD_fetch(nullptr, name, nullptr)) { JUNCTOR_CHECK(md_ != nullptr); }

  /// Of the parts one after the other.
  std::size_t digest(std::initializer_list<std::string_view> parts,
                     std::array<std::uint8_t, EVP_MAX_MD_SIZE>& out) const {
    thread_local const std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
    unsigned int length = 0;
    JUNCTOR_CHECK(context && EVP_DigestInit_ex2(context.get(), md_, nullptr) == 1);
    for (const std::string_view part : parts)
      JUNCTOR_CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
    JUNCTOR_CHECK(EVP_DigestFinal_ex(context.get(), out.data(), &length) == 1);
    return length;
  }

 private:
  const EVP_MD* md_;
};

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  return out;
}

std::string digest_hex(const Algorithm& algorithm, std::string_view data) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out;
  return hex(std::span(out).first(algorithm.digest({data}, out)));
}

const Algorithm& sha256() {
  static const Algorithm algorithm("SHA2-256");
  return algorithm;
}

}  // namespace

std::string md5_hex(std::string_view data) {
  static const Algorithm algorithm("MD5");
  return digest_hex(algorithm, data);
}

std::string sha256_hex(std::string_view data) {
  return digest_hex(sha256(), data);
}

std::string sha512_256_hex(std::string_view data) {
  static const Algorithm algorithm("SHA2-512/256");
  return digest_hex(algorithm, data);
}

std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view data) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash;
  std::array<char, sha256_block> inner{};
  if (key.size() > inner.size()) {
    std::copy_n(hash.begin(), sha256().digest({key}, hash), inner.begin());
  } else {
    std::copy(key.begin(), key.end(), inner.begin());
  }
  std::array<char, sha256_block> outer = inner;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  const auto view = [](const auto& bytes, std::size_t size) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), size);
  };
  const std::size_t length = sha256().digest({view(inner, inner.size()), data}, hash);
  const auto inner_hash = hash;
  sha256().digest({view(outer, outer.size()), view(inner_hash, length)}, hash);
  std::array<std::uint8_t, 32> out;
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

}  // namespace junctor::net
