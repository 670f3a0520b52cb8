#include "call/srtp_negotiation.hpp"

#include <algorithm>
#include <utility>

namespace junctor::call {
namespace sdp = sip::sdp;

namespace {

constexpr std::string_view crypto = "crypto";

bool is_plain_profile(std::string_view protocol) {
  return protocol == "RTP/AVP" || protocol == "RTP/AVPF";
}
bool is_secure_profile(std::string_view protocol) {
  return protocol == "RTP/SAVP" || protocol == "RTP/SAVPF";
}

/// The lines that we understand; others of the same offer do not spoil them (RFC 4568 §7.1.2).
std::vector<srtp::Crypto> lines_of(const sdp::Media& media) {
  std::vector<srtp::Crypto> lines;
  for (const sdp::Attribute& attribute : media.attributes)
    if (attribute.name == crypto)
      if (const auto line = srtp::parse_crypto(attribute.value)) lines.push_back(*line);
  return lines;
}

std::vector<sdp::Attribute> attributes_of(const std::vector<srtp::Crypto>& lines) {
  std::vector<sdp::Attribute> out;
  for (const srtp::Crypto& line : lines) out.push_back({std::string(crypto), srtp::write_crypto(line)});
  return out;
}

struct Choice {
  const sdp::Media* section = nullptr;  // null: none can be answered
  std::vector<srtp::Crypto> lines;      // empty: plain
};

Choice choose_section(const sdp::Session& offer, SrtpPolicy policy, bool keys_allowed) {
  for (const sdp::Media& media : offer.media) {
    if (!is_carried_audio(media)) continue;
    std::vector<srtp::Crypto> lines;
    if (policy != SrtpPolicy::off && keys_allowed) lines = lines_of(media);
    const bool plain = is_plain_profile(media.protocol) && policy != SrtpPolicy::required;
    if (!lines.empty() || plain) return {&media, std::move(lines)};
  }
  return {};
}

}  // namespace

bool is_carried_audio(const sdp::Media& media) {
  return media.is_audio() && media.port != 0 && (is_plain_profile(media.protocol) || is_secure_profile(media.protocol));
}

bool srtp_answerable(const sdp::Session& offer, SrtpPolicy policy, bool keys_allowed) {
  return choose_section(offer, policy, keys_allowed).section != nullptr;
}

SrtpSection srtp_offer(const SrtpTerms& terms) {
  SrtpSection out;
  const bool required = terms.policy == SrtpPolicy::required;
  if (required) out.protocol = "RTP/SAVP";
  if (terms.policy == SrtpPolicy::off || !terms.keys_allowed) return out;
  if (terms.present) {
    if (!required || is_secure_profile(terms.present->protocol)) out.protocol = terms.present->protocol;
    out.attributes = attributes_of({terms.present->agreement.ours});
  } else if (required || !terms.settled) {
    out.attributes = attributes_of(srtp::make_offer(srtp::preferred_suites, *terms.random));
  }
  return out;
}

Result<SrtpSection, sdp::NegotiationError> srtp_answer(const sdp::Session& offer, const SrtpTerms& terms) {
  const Choice choice = choose_section(offer, terms.policy, terms.keys_allowed);
  if (choice.section == nullptr) {
    const bool audio = std::ranges::any_of(offer.media, is_carried_audio);
    return fail(audio ? sdp::NegotiationError::no_encryption : sdp::NegotiationError::no_audio);
  }
  SrtpSection out{choice.section->protocol, {}};
  if (choice.lines.empty()) return out;
  const srtp::MasterKey* const ours = terms.present ? &terms.present->agreement.ours.master : nullptr;
  if (const auto chosen = srtp::choose(choice.lines, srtp::preferred_suites, *terms.random, ours))
    out.attributes = attributes_of({chosen->ours});
  return out;
}

Result<std::optional<SrtpSession>, sdp::NegotiationError> srtp_agreed(const sdp::Session& ours,
                                                                      const sdp::Session& theirs) {
  const std::size_t sections = std::min(ours.media.size(), theirs.media.size());
  for (std::size_t i = 0; i < sections; ++i) {
    const sdp::Media& our = ours.media[i];
    const sdp::Media& their = theirs.media[i];
    if (!is_carried_audio(our) || !is_carried_audio(their)) continue;
    const bool both = our.find(crypto) != nullptr && their.find(crypto) != nullptr;
    if (both) {
      const auto our_lines = lines_of(our), their_lines = lines_of(their);
      // The side that answered has one line, with the tag and suite of one that was offered.
      if (our_lines.size() == 1 || their_lines.size() == 1)
        for (const srtp::Crypto& line : their_lines)
          if (const auto agreement = srtp::match(our_lines, line)) return SrtpSession{*agreement, our.protocol};
    }
    if (both || is_secure_profile(our.protocol) || is_secure_profile(their.protocol))
      return fail(sdp::NegotiationError::no_encryption);
    return std::optional<SrtpSession>();
  }
  return std::optional<SrtpSession>();
}

}  // namespace junctor::call
