#pragma once
// Secure RTP (RFC 3711), one direction of one media port: RTP and RTCP packets are protected or unprotected in place.
//
// No key derivation rate, no MKI, no encrypted header extensions; RTCP is always encrypted. Several senders (SSRCs) may
// share the master key; each has its own rollover counter and replay windows.
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.hpp"
#include "srtp/senders.hpp"
#include "srtp/suite.hpp"
#include "srtp/transform.hpp"

namespace junctor::srtp {

enum class SrtpError : std::uint8_t {
  malformed,        ///< not an RTP or RTCP packet, or too short for the suite, or RTCP in clear
  no_room,          ///< the buffer has no room for what protecting adds
  auth_failed,      ///< wrong key, wrong rollover counter, or changed on the way
  replayed,         ///< this index was seen before, or is too old to know
  ssrc_table_full,  ///< a new sender beside ssrcs_max others
  key_exhausted,    ///< the master key's lifetime or the range of its indices has ended
};

enum class Direction : std::uint8_t { outbound, inbound };

/// All of a context but the session keys that are made from it: a plain value that can be kept and moved between
/// threads.
struct State {
  Direction direction = Direction::outbound;
  MasterKey master;
  std::uint64_t rtp_packets = 0;   ///< protected, or unprotected, with this master key
  std::uint64_t rtcp_packets = 0;  ///< the same
  Senders senders;

  bool operator==(const State&) const = default;
  /// For save and load of the port that it belongs to (base/saved_state.hpp).
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.direction, self.master, self.rtp_packets, self.rtcp_packets, self.senders);
  }
};

/// A plain value: the ciphers that work for it are lent at each call. Movable; allocates when made, loaded and rekeyed
/// only. An error leaves the state as it was, and the bytes of the packet undefined.
class Context {
 public:
  Context(Direction direction, const MasterKey& master);
  /// Goes on where the saved one was.
  explicit Context(State saved);
  Context(Context&&) noexcept = default;
  Context& operator=(Context&&) noexcept = default;

  /// Protects the RTP packet that is the first `size` bytes of `buffer`; gives its new size. The same sequence number
  /// is not protected twice: that would give its key stream away. The first sequence
  /// number of an SSRC should be below 2^15, or a far end that misses the first packets may start with a wrong rollover
  /// counter (RFC 3711 §3.3.1).
  Result<std::size_t, SrtpError> protect(Ciphers& ciphers, std::span<std::uint8_t> buffer, std::size_t size);
  /// Gives the size of the RTP packet.
  Result<std::size_t, SrtpError> unprotect(Ciphers& ciphers, std::span<std::uint8_t> packet);

  /// The same for a compound RTCP packet (RFC 3711 §3.4).
  Result<std::size_t, SrtpError> protect_rtcp(Ciphers& ciphers, std::span<std::uint8_t> buffer, std::size_t size);
  Result<std::size_t, SrtpError> unprotect_rtcp(Ciphers& ciphers, std::span<std::uint8_t> packet);

  /// A new master key for the same senders: rollover counters and indices go on (RFC 3711 §3.3.1). An offer or answer
  /// that repeats the present key needs no call at all.
  void rekey(const MasterKey& master);

  const State& save() const { return state_; }

  /// Of this object: what an RTP packet needs, as a rule.
  static constexpr std::size_t rtp_bytes = sizeof(Transform) + sizeof(State);

 private:
  // In this order all that an RTP packet of the first sender needs lies together.
  Transform rtp_;
  State state_;
  Transform rtcp_;
};

}  // namespace junctor::srtp
