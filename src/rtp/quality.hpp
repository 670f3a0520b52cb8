#pragma once
// Listening quality estimated from what was received: the E-model (ITU-T G.107), with its defaults for everything but
// codec, loss and delay.
#include "rtp/codec.hpp"

namespace junctor::rtp {

/// Mean opinion score, 1 … 4.5 (4.41 for clean G.711).
///   loss         fraction of packets lost, 0 … 1
///   delay_ms     mouth to ear, one way
///   burst_ratio  G.107 BurstR: 1 for random loss, more when losses come together
double mos(Codec codec, double loss, double delay_ms, double burst_ratio = 1.0);

/// The rating R, 0 … 100, that mos() is made of.
double r_factor(Codec codec, double loss, double delay_ms, double burst_ratio = 1.0);

}  // namespace junctor::rtp
