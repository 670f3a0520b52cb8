#include "rtp/quality.hpp"

#include <algorithm>

namespace junctor::rtp {
namespace {

/// R without any impairment that we can measure (G.107 default values).
constexpr double r_default = 93.2;

struct Impairment {
  double ie;   ///< equipment impairment without loss
  double bpl;  ///< robustness against loss
};

/// Ie and Bpl of ITU-T G.113 Appendix I, packet loss concealment assumed. G.113 rates narrow-band codecs only, so the
/// wide-band ones are placed beside G.711: what they add is outside this scale.
constexpr Impairment impairment(Codec codec) {
  switch (codec) {
    case Codec::g729:
      return {11, 19};
    case Codec::gsm:
      return {20, 10};
    case Codec::ilbc:
      return {11, 32};
    case Codec::amr:
      return {5, 10};
    default:
      return {0, 25.1};
  }
}

/// Delay impairment, the usual two-piece fit of G.107's Idd: gentle at first, steep once people begin to talk over one
/// another.
constexpr double delay_impairment(double delay_ms) {
  constexpr double knee_ms = 177.3;
  return 0.024 * delay_ms + (delay_ms > knee_ms ? 0.11 * (delay_ms - knee_ms) : 0.0);
}

}  // namespace

double r_factor(Codec codec, double loss, double delay_ms, double burst_ratio) {
  const Impairment codec_impairment = impairment(codec);
  const double percent = std::clamp(loss, 0.0, 1.0) * 100.0;
  const double effective = codec_impairment.ie + (95.0 - codec_impairment.ie) * percent /
                                                     (percent / std::max(burst_ratio, 1.0) + codec_impairment.bpl);
  return std::clamp(r_default - delay_impairment(std::max(delay_ms, 0.0)) - effective, 0.0, 100.0);
}

double mos(Codec codec, double loss, double delay_ms, double burst_ratio) {
  const double r = r_factor(codec, loss, delay_ms, burst_ratio);
  return std::clamp(1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6, 1.0, 4.5);
}

}  // namespace junctor::rtp
