#pragma once
// The one place where session descriptions and media ports meet: what is offered to one leg because of what another
// said, and what a port is told because of what two sides agreed (RFC 3264). Functions over values; no state.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "call/srtp_negotiation.hpp"
#include "media/media.hpp"
#include "sip/offer_answer.hpp"
#include "sip/sdp.hpp"

namespace junctor::call {

/// Our side of one leg's description.
struct LocalMedia {
  Address rtp;                   ///< advertised to this far end
  std::uint64_t session_id = 0;  ///< of o=
  /// Codec names that this leg may use (a trunk's list); empty: any.
  std::vector<std::string> allowed;
  SrtpTerms srtp;
  bool holds = false;  ///< we hold the far end: it is not to send, whatever another leg wishes
};

/// What a far end said, as much as another leg needs of it: its codecs in its order and what it wants to do with them.
struct MediaWish {
  std::vector<sip::sdp::Codec> codecs;
  sip::sdp::Direction direction = sip::sdp::Direction::sendrecv;
  std::optional<std::uint16_t> ptime;
};
/// From an offer or answer; nothing when it has no audio over RTP or SRTP.
std::optional<MediaWish> wish_of(const sip::sdp::Session& said);
/// What the hub itself can send and understand: PCMU, PCMA, G.722, Opus and telephone-event.
MediaWish own_wish();
/// The wish, and after it the codecs that we can turn one of its codecs into; unchanged when we have none of its
/// codecs. Wideband goes before narrowband where the wish has wideband.
MediaWish widened(MediaWish wish);

/// Puts telephone-event behind the wish's codecs, if it has none.
void add_telephone_event(MediaWish& wish);

/// Our offer to one leg in the name of another; `previous` is our last description to this leg, if any.
sip::sdp::Session offer_for(const MediaWish& wish, const LocalMedia& local, const sip::sdp::Session* previous);

/// Our answer to this leg's offer, with the codecs and direction that the other side agreed to; where the offer has
/// none of these, with those of its codecs that we can turn into one of them.
Result<sip::sdp::Session, sip::sdp::NegotiationError> answer_for(const sip::sdp::Session& offer, const MediaWish& wish,
                                                                 const LocalMedia& local,
                                                                 const sip::sdp::Session* previous);

/// What the port is told once both descriptions are known; nothing when they do not fit.
std::optional<media::SetRemote> port_settings(media::PortLease const& lease, const sip::sdp::Session& ours,
                                              const sip::sdp::Session& theirs, Duration timeout);

/// What both descriptions of a leg have, first what it is sent; empty when nothing was agreed.
std::vector<sip::sdp::Codec> agreed_codecs(const sip::sdp::Session& ours, const sip::sdp::Session& theirs);
/// The packets of two legs can be relayed: what each is expected to send, its first audio codec, the other one has.
bool can_relay(std::span<const sip::sdp::Codec> agreed_with_a, std::span<const sip::sdp::Codec> agreed_with_b);
/// Both sides have telephone-event.
bool has_telephone_event(const sip::sdp::Session& ours, const sip::sdp::Session& theirs);
/// The first codec that carries audio; null when there is none.
const sip::sdp::Codec* first_audio_codec(std::span<const sip::sdp::Codec> codecs);
/// The rate of PCM, Hz, that the audio codec of a leg carries: 8000, 16000 or 48000; 8000 when we have no such codec.
std::uint32_t audio_rate(std::span<const sip::sdp::Codec> agreed);
/// One of the offer's or answer's audio codecs is one that we can code and decode.
bool has_own_codec(const std::vector<sip::sdp::Codec>& codecs);

/// Whether two established legs understand each other as they are: both talk and listen, and can be relayed or mixed.
bool fits(const sip::sdp::Session& our_a, const sip::sdp::Session& their_a, const sip::sdp::Session& our_b,
          const sip::sdp::Session& their_b);

}  // namespace junctor::call
