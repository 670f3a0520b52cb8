#pragma once
// Symmetric RTP: which address a leg's packets may come from, and where ours go. Starts with what SDP said; a source
// that sends a few packets in sequence takes the lock, and while it goes on nobody else gets in, whatever SSRC and
// sequence numbers it guesses.
#include <cstdint>

#include "base/address.hpp"
#include "base/time.hpp"
#include "rtp/reception.hpp"

namespace junctor::media {

/// A plain value.
class SourceLock {
 public:
  /// So many packets in sequence from one address, with one SSRC, take the lock.
  static constexpr int packets_to_lock = 4;
  /// After so long without a packet the lock is open again.
  static constexpr Duration silence_to_unlock = std::chrono::seconds(2);

  enum class Verdict : std::uint8_t {
    accepted,
    locked,    ///< accepted, and this packet took the lock
    stranger,  ///< drop
  };

  /// From SDP; `address` with port 0: not known. Another address than last time releases the lock.
  void set_signalled(const Address& address);

  /// A valid RTP packet. `known_type`: its payload type was negotiated; a source new to us proves itself with no other.
  Verdict on_packet(const Address& from, std::uint32_t ssrc, std::uint16_t sequence, bool known_type, TimePoint now);

  /// Where packets to the far end go; port 0: nowhere yet.
  const Address& target() const { return target_; }
  bool locked() const { return locked_; }
  const Address& signalled() const { return signalled_; }

  bool operator==(const SourceLock&) const = default;
  /// For save and load of the port that it belongs to.
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.signalled_, self.target_, self.candidate_, self.target_probation_, self.candidate_probation_,
            self.heard_, self.locked_);
  }

 private:
  Address signalled_;
  Address target_;  // the locked source, now or before; else what was signalled
  Address candidate_;
  rtp::Probation target_probation_;     // of target_ while open, or of signalled_ while somebody else has the lock
  rtp::Probation candidate_probation_;  // of anybody else
  TimePoint heard_{};
  bool locked_ = false;
};

}  // namespace junctor::media
