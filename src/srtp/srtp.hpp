#pragma once
// Secure RTP (RFC 3711), one direction of one media port: RTP and RTCP packets are protected or unprotected in place.
//
// Suites of SDES (RFC 4568), AES-256 (RFC 6188) and AES-GCM (RFC 7714). No key derivation rate, no MKI, no encrypted
// header extensions; RTCP is always encrypted. Several senders (SSRCs) may share the master key; each has its own
// rollover counter and replay windows.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "srtp/replay_window.hpp"

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
/// Senders of one context; packets of a further one are refused.
inline constexpr std::size_t ssrcs_max = 64;

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

enum class SrtpError : std::uint8_t {
  malformed,        ///< not an RTP or RTCP packet, or too short for the suite, or RTCP in clear
  no_room,          ///< the buffer has no room for what protecting adds
  auth_failed,      ///< wrong key, wrong rollover counter, or changed on the way
  replayed,         ///< this index was seen before, or is too old to know
  ssrc_table_full,  ///< a new sender beside ssrcs_max others
  key_exhausted,    ///< the master key's lifetime or the range of its indices has ended
};

enum class Direction : std::uint8_t { outbound, inbound };

/// What a context knows about one sender. The RTP index is 2^16 × rollover counter + sequence number.
struct Sender {
  std::uint32_t ssrc = 0;
  ReplayWindow<1024> rtp;
  ReplayWindow<128> rtcp;

  bool operator==(const Sender&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.ssrc, self.rtp, self.rtcp);
  }
};

/// All of a context but the handles that are made from it: a plain value that can be kept and moved between threads.
struct State {
  Direction direction = Direction::outbound;
  MasterKey master;
  std::uint64_t rtp_packets = 0;   ///< protected, or unprotected, with this master key
  std::uint64_t rtcp_packets = 0;  ///< the same
  std::vector<Sender> senders;     ///< at most ssrcs_max

  bool operator==(const State&) const = default;
  /// For save and load of the port that it belongs to (base/saved_state.hpp).
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.direction, self.master, self.rtp_packets, self.rtcp_packets, self.senders);
  }
};

class Transform;

/// Movable; allocates when made, loaded and rekeyed only. An error leaves the state as it was, and the bytes of the
/// packet undefined.
class Context {
 public:
  Context(Direction direction, const MasterKey& master);
  /// Goes on where the saved one was.
  explicit Context(State saved);
  ~Context();
  Context(Context&&) noexcept;
  Context& operator=(Context&&) noexcept;

  /// Protects the RTP packet that is the first `size` bytes of `buffer`; gives its new size. The same sequence number
  /// is not protected twice: that would give its key stream away. The first sequence
  /// number of an SSRC should be below 2^15, or a far end that misses the first packets may start with a wrong rollover
  /// counter (RFC 3711 §3.3.1).
  Result<std::size_t, SrtpError> protect(std::span<std::uint8_t> buffer, std::size_t size);
  /// Gives the size of the RTP packet.
  Result<std::size_t, SrtpError> unprotect(std::span<std::uint8_t> packet);

  /// The same for a compound RTCP packet (RFC 3711 §3.4).
  Result<std::size_t, SrtpError> protect_rtcp(std::span<std::uint8_t> buffer, std::size_t size);
  Result<std::size_t, SrtpError> unprotect_rtcp(std::span<std::uint8_t> packet);

  /// A new master key for the same senders: rollover counters and indices go on (RFC 3711 §3.3.1). An offer or answer
  /// that repeats the present key needs no call at all.
  void rekey(const MasterKey& master);

  /// What protecting or unprotecting an RTP packet reads besides this object.
  void prefetch_rtp() const;

  const State& save() const { return state_; }

 private:
  void make_transforms();

  State state_;
  std::unique_ptr<Transform> rtp_, rtcp_;
};

}  // namespace junctor::srtp
