#pragma once
// What a transaction machine wants done. Machines are plain values: events and time in, a Step and a next wake-up out.
// Whoever owns one (Clients, Servers) holds the bytes and sends them.
#include "base/time.hpp"

namespace junctor::transaction {

inline constexpr TimePoint never = TimePoint::max();

struct Step {
  bool send = false;       ///< send the request (client) or the last response (server), again
  bool send_ack = false;   ///< INVITE client: send the ACK for the non-2xx final, again
  bool pass_up = false;    ///< give the message that just came to the transaction user
  bool timed_out = false;  ///< tell the transaction user: timers B, F; timer H; a 2xx without ACK
  bool acked = false;      ///< INVITE server: the ACK for its non-2xx final came

  bool operator==(const Step&) const = default;
};

}  // namespace junctor::transaction
