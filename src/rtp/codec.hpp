#pragma once
// The audio formats that media knows by name (SDP "rtpmap" encoding names, compared without case).
#include <cstdint>
#include <string_view>

namespace junctor::rtp {

enum class Codec : std::uint8_t {
  none,  ///< nothing received yet
  pcmu,
  pcma,
  g722,
  g729,
  gsm,
  ilbc,
  speex,
  amr,
  amr_wb,
  opus,
  l16,
  telephone_event,  ///< RFC 4733
  comfort_noise,    ///< RFC 3389, "CN"
  other,            ///< relayed without being understood
};

/// `other` for a name that is not in the list.
Codec codec_by_name(std::string_view encoding_name);

/// The encoding name as SDP writes it ("PCMU", "telephone-event"); "" for none, "other" for other.
std::string_view codec_name(Codec codec);

/// True for what carries speech (not telephone-event and not comfort noise).
constexpr bool is_audio(Codec codec) {
  return codec != Codec::none && codec != Codec::telephone_event && codec != Codec::comfort_noise;
}

}  // namespace junctor::rtp
