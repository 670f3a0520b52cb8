#pragma once
// Whether a leg's audio is encrypted, and with which keys (SDES, RFC 4568): what of that is in our offers and answers,
// and what two descriptions agreed on. Functions over values, used by negotiation.cpp. Keys are of one leg: nothing
// here ever sees two.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "sip/offer_answer.hpp"
#include "sip/sdp.hpp"
#include "srtp/sdes.hpp"

namespace junctor::call {

/// What is wanted of a far end.
enum class SrtpPolicy : std::uint8_t {
  off,       ///< plain RTP alone
  optional,  ///< RTP/AVP with a=crypto lines is offered; RTP/AVP and RTP/SAVP are answered
  required,  ///< RTP/SAVP is offered; what is not encrypted is refused
};

/// What a leg's descriptions agreed on.
struct SrtpSession {
  srtp::Agreement agreement;
  std::string protocol;  ///< of our section, e.g. "RTP/SAVP"
};

struct SrtpTerms {
  SrtpPolicy policy = SrtpPolicy::off;
  /// Keys may stand in descriptions: the signalling is encrypted too, or it need not be.
  bool keys_allowed = false;
  bool settled = false;                ///< an offer of this leg has been answered
  std::optional<SrtpSession> present;  ///< with these keys; nothing: plain
  Random* random = nullptr;            ///< for keys; never null where they are allowed
};

/// False: there can be no audio with this far end at all.
constexpr bool srtp_possible(SrtpPolicy policy, bool keys_allowed) {
  return policy != SrtpPolicy::required || keys_allowed;
}
/// True when the offer has a section that these terms let us answer.
bool srtp_answerable(const sip::sdp::Session& offer, SrtpPolicy policy, bool keys_allowed);

/// RTP/AVP, RTP/AVPF, RTP/SAVP or RTP/SAVPF, and not rejected: what can be carried, keys permitting.
bool is_carried_audio(const sip::sdp::Media& media);

/// For sip::sdp::LocalAudio.
struct SrtpSection {
  std::string protocol = "RTP/AVP";
  std::vector<sip::sdp::Attribute> attributes;  ///< a=crypto lines
};
/// Our line of now again if there is one; a session that is plain already stays so unless keys are required.
SrtpSection srtp_offer(const SrtpTerms& terms);
/// For the first section that can be answered. Our key of now stays if its suite is offered.
Result<SrtpSection, sip::sdp::NegotiationError> srtp_answer(const sip::sdp::Session& offer, const SrtpTerms& terms);

/// What two descriptions agreed on, whoever offered: nothing is plain RTP. An error where one of them asks for keys and
/// they do not fit.
Result<std::optional<SrtpSession>, sip::sdp::NegotiationError> srtp_agreed(const sip::sdp::Session& ours,
                                                                           const sip::sdp::Session& theirs);

}  // namespace junctor::call
