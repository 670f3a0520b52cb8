#pragma once
// Which codecs are the same, on both sides of an offer/answer exchange or on the two sides of a call (RFC 3264 §6.1 and
// the payload format RFCs), and the numbers they go by.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sip/sdp.hpp"

namespace junctor::sip::sdp {

/// RFC 3551 table 4 and 5; nothing for dynamic and unassigned numbers.
std::optional<Codec> static_codec(std::uint8_t payload_type);
/// The codecs that configuration may name, without case: pcmu, pcma, g722, g729, gsm, g726-32, ilbc, amr, amr-wb, opus,
/// cn, telephone-event (8000 Hz). With the static or customary payload type, or no_payload_type.
std::optional<Codec> codec_by_name(std::string_view name);

bool is_telephone_event(const Codec& codec);
/// telephone-event and comfort noise: they accompany a codec and carry no call alone.
bool is_auxiliary(const Codec& codec);

/// The value of one parameter of an fmtp, e.g. fmtp_value("0-15;x=1", "x") is "1". Nothing when absent.
std::optional<std::string_view> fmtp_value(std::string_view fmtp, std::string_view parameter);

/// True when packets of one may be sent as the other: name, clock rate, channels, and those fmtp parameters that change
/// the bits (AMR octet-align, iLBC mode, G.722.1 bitrate, …). G.729's annexb and Opus' parameters are declarations of
/// the receiver and do not count. Codecs that we do not know must have the same fmtp. Payload types do not count.
bool same_codec(const Codec& a, const Codec& b);

/// The codecs of `a` (its order, numbers and fmtp) that `b` has too, each once. Auxiliary ones stay when their clock
/// rate is that of a codec kept. If no telephone-event has such a rate, all that are common stay: phones send
/// telephone-event/8000 beside Opus. Empty when only auxiliary ones are common.
std::vector<Codec> common(std::span<const Codec> a, std::span<const Codec> b);

/// The first codec of `list` that is the same as `codec`, or null.
const Codec* find_codec(std::span<const Codec> list, const Codec& codec);

/// Numbers for an offer: a codec keeps the number that it had in `before` (RFC 3264 §8.3.2), else its own if that is
/// free, else gets the first free dynamic one (96–127, then 35–63). Codecs for which none is left are removed.
void number_codecs(std::vector<Codec>& codecs, std::span<const Codec> before = {});

/// One codec and its number on two sides.
struct PayloadPair {
  Codec codec;  ///< as `from` has it
  std::uint8_t from = 0;
  std::uint8_t to = 0;

  bool operator==(const PayloadPair&) const = default;
};

/// What a relay needs to rewrite payload types: for every codec in both lists its number in each. For packets that
/// arrive from A and go to B, `from` is our description toward A (A uses our numbers) and `to` is B's description.
std::vector<PayloadPair> payload_map(std::span<const Codec> from, std::span<const Codec> to);

}  // namespace junctor::sip::sdp
