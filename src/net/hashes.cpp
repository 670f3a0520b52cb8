#include "net/hashes.hpp"

#include <algorithm>
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

  std::size_t digest(std::string_view data, std::array<std::uint8_t, EVP_MAX_MD_SIZE>& out) const {
    thread_local const std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
    unsigned int length = 0;
    JUNCTOR_CHECK(context && EVP_DigestInit_ex2(context.get(), md_, nullptr) == 1 &&
                  EVP_DigestUpdate(context.get(), data.data(), data.size()) == 1 &&
                  EVP_DigestFinal_ex(context.get(), out.data(), &length) == 1);
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
  return hex(std::span(out).first(algorithm.digest(data, out)));
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
  std::array<std::uint8_t, sha256_block> block{};
  if (key.size() > block.size()) {
    const std::size_t length = sha256().digest(key, hash);
    std::copy_n(hash.begin(), length, block.begin());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  const auto padded = [&block](std::uint8_t pad, std::string_view rest) {
    std::string out;
    out.reserve(block.size() + rest.size());
    for (const std::uint8_t byte : block) out += static_cast<char>(byte ^ pad);
    return out += rest;
  };
  const std::size_t length = sha256().digest(padded(0x36, data), hash);
  const std::string inner(reinterpret_cast<const char*>(hash.data()), length);
  sha256().digest(padded(0x5c, inner), hash);
  std::array<std::uint8_t, 32> out;
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

}  // namespace junctor::net
