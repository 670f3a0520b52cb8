#pragma once
// What a suite does to one packet, with the session keys of SRTP or of SRTCP.
#include <array>
#include <cstdint>
#include <span>

#include "srtp/ciphers.hpp"
#include "srtp/hmac_sha1.hpp"
#include "srtp/key_derivation.hpp"

namespace junctor::srtp {

/// Where a packet stands: what makes its key stream its own.
struct Position {
  std::uint32_t ssrc = 0;
  std::uint64_t index = 0;  ///< 48 bits of SRTP, 31 of SRTCP
};

/// A plain value of less than two cache lines.
class Transform {
 public:
  /// AES in counter mode with HMAC-SHA1 (RFC 3711 §4.1.1 and §4.2.1, RFC 6188).
  static Transform counter_mode(const SessionKeys& keys, std::size_t key_size, std::size_t tag_size);
  /// AES-GCM with a tag of 16 bytes (RFC 7714).
  static Transform gcm(const SessionKeys& keys, std::size_t key_size);

  /// Encrypts `packet` behind its first `clear` bytes in place, and authenticates all of it and then `trailer`.
  void seal(Ciphers& ciphers, std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
            std::span<const std::uint8_t> trailer, std::span<std::uint8_t> tag) const;
  /// The reverse; false when the tag is wrong, the packet's bytes are undefined then.
  bool open(Ciphers& ciphers, std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
            std::span<const std::uint8_t> trailer, std::span<const std::uint8_t> tag) const;
  std::size_t tag_size() const { return tag_size_; }
  bool is_aead() const { return is_aead_; }

 private:
  Transform(const SessionKeys& keys, std::size_t key_size, std::size_t tag_size, bool is_aead)
      : key_(keys.key),
        hmac_(keys.auth),
        salt_(keys.salt),
        key_size_(static_cast<std::uint8_t>(key_size)),
        tag_size_(static_cast<std::uint8_t>(tag_size)),
        is_aead_(is_aead) {}

  void apply_key_stream(Ciphers& ciphers, std::span<std::uint8_t> bytes, const Position& at) const;
  std::array<std::uint8_t, 12> nonce(const Position& at) const;
  void seal_gcm(Ciphers& ciphers, std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
                std::span<const std::uint8_t> trailer, std::span<std::uint8_t> tag) const;
  bool open_gcm(Ciphers& ciphers, std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
                std::span<const std::uint8_t> trailer, std::span<const std::uint8_t> tag) const;

  std::array<std::uint8_t, key_size_max> key_;
  HmacSha1 hmac_;  // not used by GCM
  std::array<std::uint8_t, salt_size_max> salt_;
  std::uint8_t key_size_, tag_size_;
  bool is_aead_;
};

}  // namespace junctor::srtp
