#pragma once
// Suites and master keys of SRTP: those of SDES (RFC 4568), AES-256 (RFC 6188) and AES-GCM (RFC 7714).
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace junctor::srtp {

enum class Suite : std::uint8_t {
  aes_cm_128_hmac_sha1_80,
  aes_cm_128_hmac_sha1_32,
  aes_256_cm_hmac_sha1_80,
  aes_256_cm_hmac_sha1_32,
  aead_aes_128_gcm,
  aead_aes_256_gcm,
};

inline constexpr std::size_t key_size_max = 32;
inline constexpr std::size_t salt_size_max = 14;
/// Room that protect() and protect_rtcp() need behind the packet, whatever the suite.
inline constexpr std::size_t overhead_max = 20;

/// The registered name, e.g. "AES_CM_128_HMAC_SHA1_80".
std::string_view name_of(Suite suite);
/// By registered name, upper or lower case.
std::optional<Suite> suite_named(std::string_view name);
std::size_t key_size(Suite suite);   ///< of the master key: 16 or 32 bytes
std::size_t salt_size(Suite suite);  ///< of the master salt: 14 bytes, 12 with GCM

/// Packets that one master key may protect (RFC 3711 §9.2). The 31 bits of the SRTCP index set a lower bound for RTCP.
inline constexpr std::uint64_t lifetime_max = std::uint64_t{1} << 48;

struct MasterKey {
  Suite suite = Suite::aes_cm_128_hmac_sha1_80;
  std::array<std::uint8_t, key_size_max> key{};    ///< the first key_size(suite) bytes, then zeros
  std::array<std::uint8_t, salt_size_max> salt{};  ///< the first salt_size(suite) bytes, then zeros
  std::uint64_t lifetime = lifetime_max;           ///< packets, of RTP and of RTCP each; 1 … lifetime_max

  bool operator==(const MasterKey&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.suite, self.key, self.salt, self.lifetime);
  }
};

}  // namespace junctor::srtp
