#pragma once
// The one place where session descriptions and media ports meet: what is offered to one leg because of what another
// said, and what a port is told because of what two sides agreed (RFC 3264). Functions over values; no state.
#include <cstdint>
#include <optional>
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
};

/// What a far end said, as much as another leg needs of it: its codecs in its order and what it wants to do with them.
struct MediaWish {
  std::vector<sip::sdp::Codec> codecs;
  sip::sdp::Direction direction = sip::sdp::Direction::sendrecv;
  std::optional<std::uint16_t> ptime;
};
/// From an offer or answer; nothing when it has no audio over RTP or SRTP.
std::optional<MediaWish> wish_of(const sip::sdp::Session& said);
/// PCMU, PCMA and telephone-event: what the hub itself can send and understand.
MediaWish own_wish();

/// Our offer to one leg in the name of another; `previous` is our last description to this leg, if any.
sip::sdp::Session offer_for(const MediaWish& wish, const LocalMedia& local, const sip::sdp::Session* previous);

/// Our answer to this leg's offer, with the codecs and direction that the other side agreed to.
Result<sip::sdp::Session, sip::sdp::NegotiationError> answer_for(const sip::sdp::Session& offer, const MediaWish& wish,
                                                                 const LocalMedia& local,
                                                                 const sip::sdp::Session* previous);

/// What the port is told once both descriptions are known; nothing when they do not fit.
std::optional<media::SetRemote> port_settings(media::PortLease const& lease, const sip::sdp::Session& ours,
                                              const sip::sdp::Session& theirs, Duration timeout);

/// Whether two established legs understand each other as they are: every audio codec that one may send, the other has.
bool same_codecs(const sip::sdp::Session& our_a, const sip::sdp::Session& their_a, const sip::sdp::Session& our_b,
                 const sip::sdp::Session& their_b);

}  // namespace junctor::call
