#pragma once
// Reliable provisional responses of one INVITE server transaction (RFC 3262 §3): numbered, one outstanding at a time,
// retransmitted until its PRACK.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "base/time.hpp"
#include "sip/headers.hpp"
#include "sip/message.hpp"
#include "transaction/step.hpp"
#include "transaction/timers.hpp"

namespace junctor::transaction {

/// Provisionals that may wait for the PRACK of the one before them.
inline constexpr std::size_t provisionals_waiting_max = 16;

class ReliableProvisionals {
 public:
  /// `first_rseq`: random, 1 to 2^31-1. `cseq`: that of the INVITE.
  ReliableProvisionals(std::uint32_t first_rseq, std::uint32_t cseq) : rseq_(first_rseq), cseq_(cseq) {}

  enum class Added : std::uint8_t { send, waiting, refused };
  /// Adds Require: 100rel and RSeq. `send`: current() has to be sent now. `refused`: too many wait, or given up.
  Added add(sip::Message provisional, const Timers& timers, TimePoint now);
  /// True if it acknowledges the outstanding one; then current(), if not empty, is the next one, to be sent now.
  bool on_prack(const sip::RAck& rack, const Timers& timers, TimePoint now);
  /// send: current() again. timed_out: no PRACK in 64*T1; nothing more will be sent.
  Step on_wake(TimePoint now);
  /// A final response was sent: nothing more is sent, but a PRACK that is on its way still matches (§3).
  void stop();

  /// True if this 2xx has to wait for the PRACK of a provisional with a body (§5): it is kept. The caller takes it when
  /// nothing is outstanding any more, or a PRACK did not come in time.
  bool hold(const sip::Message& final_response);
  std::optional<sip::Message> take_held() { return std::exchange(held_, std::nullopt); }

  const std::string& current() const { return current_; }
  TimePoint wake() const { return resend_ < give_up_ ? resend_ : give_up_; }

 private:
  void begin(const Timers& timers, TimePoint now);

  std::uint32_t rseq_;  // of the outstanding one, or of the next one to be sent
  std::uint32_t cseq_;
  bool outstanding_ = false;
  bool with_body_ = false;  // the outstanding one
  bool stopped_ = false;
  std::string current_;
  std::deque<sip::Message> waiting_;
  std::optional<sip::Message> held_;
  Duration interval_{};
  TimePoint resend_ = never, give_up_ = never;
};

}  // namespace junctor::transaction
