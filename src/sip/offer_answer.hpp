#pragma once
// Offer/answer (RFC 3264) as functions over descriptions: one audio section is ours to negotiate, every other section
// is kept in its place and rejected with port 0.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "sip/codec.hpp"
#include "sip/sdp.hpp"

namespace junctor::sip::sdp {

/// Whose order of codecs an answer has.
enum class Preference : std::uint8_t { offerer, ours };

/// What we want of the audio section, in an offer or an answer.
struct LocalAudio {
  Address rtp;                ///< our advertised address and RTP port
  std::vector<Codec> codecs;  ///< in order of preference; numbers matter in an offer only
  Direction direction = Direction::sendrecv;
  std::optional<std::uint16_t> ptime;  ///< milliseconds; in an answer, absent means what was offered
  bool rtcp_mux = false;               ///< an answer has it only when it was offered too
  std::string protocol = "RTP/AVP";    ///< an answer takes the offerer's; with or without the F of AVPF
  Preference preference = Preference::offerer;
  std::vector<Attribute> attributes;  ///< further a= lines of the section, e.g. crypto
};

/// Our o= line at the beginning of a session. `session_id` is random; the version starts at 1.
Origin make_origin(std::uint64_t session_id, const IpAddress& ip);

/// Same origin (user, id, address) and same version: the description has not changed (RFC 3264 §8).
bool same_session_version(const Session& a, const Session& b);
/// Gives `next` the origin of `previous`, our last description in this dialog; the version is one higher if and only if
/// anything else changed (RFC 3264 §8).
void continue_version(Session& next, const Session& previous);

/// A first offer: one audio section. Codecs without a number get one.
Session make_offer(const Origin& origin, const LocalAudio& audio);
/// A later offer in the same dialog: the sections of `previous` (our last description, offer or answer) in their
/// places, audio as wanted, others rejected; codecs keep their numbers; version by continue_version(). An address
/// change of o= is not made (RFC 3264 §8).
Session make_reoffer(const Session& previous, const LocalAudio& audio);

enum class NegotiationError : std::uint8_t {
  no_audio,         ///< no audio section over a protocol that we speak, or all are rejected
  no_common_codec,  ///< 488
  no_encryption,    ///< one side wants its audio encrypted, and no keys were agreed on
  no_address,       ///< the audio section has no connection address, or a host name
};
std::string_view to_string(NegotiationError error);

/// An answer: as many sections as the offer; the first audio section that we can use is accepted with the offerer's
/// payload types, all others have port 0. Direction: what the offer allows of what we want.
Result<Session, NegotiationError> make_answer(const Session& offer, const Origin& origin, const LocalAudio& audio);
/// The same for a later offer in a dialog where `previous` was our last description.
Result<Session, NegotiationError> make_later_answer(const Session& offer, const Session& previous,
                                                    const LocalAudio& audio);

/// The direction for an answer: of what we want, what the offer allows (RFC 3264 §6.1).
constexpr Direction answer_direction(Direction offered, Direction wanted) {
  return make_direction(sends(wanted) && receives(offered), receives(wanted) && sends(offered));
}

/// Why an answer does not fit its offer (RFC 3264 §6). `media` is the index of the section.
struct AnswerFault {
  std::size_t media = 0;
  std::string_view reason;

  bool operator==(const AnswerFault&) const = default;
};
/// Nothing when the answer fits: same number of sections, same type and protocol in each place, nothing accepted that
/// was not offered, and at least one offered codec in each accepted section (§6.1 lets an answer list more).
std::optional<AnswerFault> check_answer(const Session& offer, const Session& answer);

/// What both sides agreed on for audio, seen from us; made from the last description of each side, whoever offered.
struct NegotiatedAudio {
  std::size_t media = 0;              ///< index of the section
  std::optional<Address> remote_rtp;  ///< nothing while the far end is on hold by 0.0.0.0
  std::optional<Address> remote_rtcp;
  bool rtcp_mux = false;
  bool send = false;                   ///< we may send to them
  bool receive = false;                ///< they may send to us
  std::vector<Codec> send_codecs;      ///< common codecs by their numbers, in their order: the first is what we send
  std::vector<Codec> receive_codecs;   ///< the same codecs, same order, by our numbers: what arrives here
  std::optional<std::uint16_t> ptime;  ///< milliseconds that the far end wants

  bool operator==(const NegotiatedAudio&) const = default;
};
Result<NegotiatedAudio, NegotiationError> negotiated_audio(const Session& ours, const Session& theirs);

}  // namespace junctor::sip::sdp
