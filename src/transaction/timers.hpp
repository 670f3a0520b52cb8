#pragma once
// The timer values of RFC 3261 §17.1.1.1, table 4.
#include "base/time.hpp"

namespace junctor::transaction {

struct Timers {
  Duration t1 = milliseconds(500);  ///< round-trip time estimate
  Duration t2 = seconds(4);         ///< longest retransmission interval of non-INVITE requests and INVITE responses
  Duration t4 = seconds(5);         ///< longest time that a message stays in the network

  Duration timeout() const { return 64 * t1; }  ///< timers B, F, H, J, L, M
};

}  // namespace junctor::transaction
