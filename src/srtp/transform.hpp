#pragma once
// What a suite does to one packet, with the session keys of SRTP or of SRTCP.
#include <cstdint>
#include <memory>
#include <span>

#include "srtp/key_derivation.hpp"

namespace junctor::srtp {

/// Where a packet stands: what makes its key stream its own.
struct Position {
  std::uint32_t ssrc = 0;
  std::uint64_t index = 0;  ///< 48 bits of SRTP, 31 of SRTCP
};

class Transform {
 public:
  virtual ~Transform() = default;
  /// Encrypts `packet` behind its first `clear` bytes in place, and authenticates all of it and then `trailer`.
  virtual void seal(std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
                    std::span<const std::uint8_t> trailer, std::span<std::uint8_t> tag) = 0;
  /// The reverse; false when the tag is wrong, the packet's bytes are undefined then.
  virtual bool open(std::span<std::uint8_t> packet, std::size_t clear, const Position& at,
                    std::span<const std::uint8_t> trailer, std::span<const std::uint8_t> tag) = 0;
  std::size_t tag_size() const { return tag_size_; }
  bool is_aead() const { return is_aead_; }

 protected:
  Transform(std::size_t tag_size, bool is_aead) : tag_size_(tag_size), is_aead_(is_aead) {}

 private:
  std::size_t tag_size_;
  bool is_aead_;
};

/// AES in counter mode with HMAC-SHA1 (RFC 3711 §4.1.1 and §4.2.1, RFC 6188).
std::unique_ptr<Transform> make_counter_mode(const SessionKeys& keys, std::size_t key_size, std::size_t tag_size);
/// AES-GCM with a tag of 16 bytes (RFC 7714).
std::unique_ptr<Transform> make_gcm(const SessionKeys& keys, std::size_t key_size);

}  // namespace junctor::srtp
