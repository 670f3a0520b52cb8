#include "sip/offer_answer.hpp"

#include <algorithm>
#include <charconv>

namespace junctor::sip::sdp {
namespace {

/// The same section with port 0 (RFC 3264 §6): its formats stay, its attributes mean nothing.
Media rejected(const Media& offered) {
  Media media;
  media.type = offered.type;
  media.protocol = offered.protocol;
  media.codecs = offered.codecs;
  media.formats = offered.formats;
  return media;
}

Media audio_section(const LocalAudio& audio, std::vector<Codec> codecs) {
  Media media;
  media.port = audio.rtp.port;
  media.protocol = audio.protocol;
  media.codecs = std::move(codecs);
  media.direction = audio.direction;
  media.ptime = audio.ptime;
  media.rtcp_mux = audio.rtcp_mux;
  media.attributes = audio.attributes;
  return media;
}

Session empty_session(const Origin& origin, const IpAddress& ip) {
  Session session;
  session.origin = origin;
  session.connection = Connection::of(ip);
  return session;
}

/// RTP/AVP and RTP/AVPF differ in when feedback may be sent; who speaks one can answer the other.
bool same_profile(std::string_view a, std::string_view b) {
  const auto without_feedback = [](std::string_view p) { return p.ends_with('F') ? p.substr(0, p.size() - 1) : p; };
  return without_feedback(a) == without_feedback(b);
}

bool says_no_annexb(const Codec& codec) {
  return fmtp_value(codec.fmtp, "annexb") == "no";
}

/// What an answer says about a codec that the offer has as `offered` and we have as `ours`.
std::string answer_fmtp(const Codec& offered, const Codec& ours) {
  if (says_no_annexb(offered) || says_no_annexb(ours)) return "annexb=no";  // RFC 7261: yes needs both
  if (is_telephone_event(ours) && ours.fmtp.empty()) return offered.fmtp;
  return ours.fmtp;
}

std::vector<Codec> answer_codecs(const Media& offered, const LocalAudio& audio) {
  std::vector<Codec> codecs = audio.preference == Preference::offerer ? common(offered.codecs, audio.codecs)
                                                                      : common(audio.codecs, offered.codecs);
  for (auto& codec : codecs) {
    const Codec theirs = *find_codec(offered.codecs, codec);
    const Codec& mine = *find_codec(audio.codecs, codec);
    codec = theirs;
    codec.fmtp = answer_fmtp(theirs, mine);
  }
  return codecs;
}

Media accepted(const Session& offer, const Media& offered, const LocalAudio& audio, std::vector<Codec> codecs) {
  Media media = audio_section(audio, std::move(codecs));
  media.protocol = offered.protocol;
  media.direction = answer_direction(direction_of(offer, offered), audio.direction);
  media.rtcp_mux = audio.rtcp_mux && offered.rtcp_mux;
  if (!media.ptime) media.ptime = offered.ptime;
  return media;
}

/// Where our audio is in a description of ours: the active section, else the first one that could be.
std::size_t audio_index(const Session& session) {
  if (const Media* active = first_audio(session)) return static_cast<std::size_t>(active - session.media.data());
  const auto at = std::ranges::find_if(session.media, [](const Media& m) { return m.is_audio(); });
  return static_cast<std::size_t>(at - session.media.begin());
}

bool accepts_an_offered_format(const Media& offered, const Media& answered) {
  if (!offered.is_rtp()) return true;  // formats of other protocols have rules of their own
  return std::ranges::any_of(answered.codecs, [&](const Codec& codec) {
    if (codec.name.empty())
      return std::ranges::find(offered.codecs, codec.payload_type, &Codec::payload_type) != offered.codecs.end();
    return find_codec(offered.codecs, codec) != nullptr;
  });
}

}  // namespace

Origin make_origin(std::uint64_t session_id, const IpAddress& ip) {
  return {"-", std::to_string(session_id), "1", ip.family, junctor::to_string(ip)};
}

bool same_session_version(const Session& a, const Session& b) {
  return a.origin == b.origin;
}

void continue_version(Session& next, const Session& previous) {
  next.origin = previous.origin;
  if (next == previous) return;
  std::string& text = next.origin.session_version;
  std::uint64_t version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  text = std::to_string(version + 1);
}

Session make_offer(const Origin& origin, const LocalAudio& audio) {
  Session offer = empty_session(origin, audio.rtp.ip);
  std::vector<Codec> codecs = audio.codecs;
  number_codecs(codecs);
  offer.media.push_back(audio_section(audio, std::move(codecs)));
  return offer;
}

Session make_reoffer(const Session& previous, const LocalAudio& audio) {
  Session offer = empty_session(previous.origin, audio.rtp.ip);
  const std::size_t ours = audio_index(previous);
  for (const auto& media : previous.media) offer.media.push_back(rejected(media));
  if (ours == offer.media.size()) offer.media.emplace_back();
  std::vector<Codec> codecs = audio.codecs;
  number_codecs(codecs, offer.media[ours].codecs);
  offer.media[ours] = audio_section(audio, std::move(codecs));
  continue_version(offer, previous);
  return offer;
}

std::string_view to_string(NegotiationError error) {
  switch (error) {
    case NegotiationError::no_audio:
      return "no audio section that can be used";
    case NegotiationError::no_common_codec:
      return "no common codec";
    case NegotiationError::no_encryption:
      return "no agreement on encryption";
    case NegotiationError::no_address:
      break;
  }
  return "no IP address for audio";
}

Result<Session, NegotiationError> make_answer(const Session& offer, const Origin& origin, const LocalAudio& audio) {
  Session answer = empty_session(origin, audio.rtp.ip);
  bool found = false;
  NegotiationError why = NegotiationError::no_audio;
  for (const auto& offered : offer.media) {
    const bool usable =
        !found && offered.is_audio() && offered.port != 0 && same_profile(offered.protocol, audio.protocol);
    std::vector<Codec> codecs = usable ? answer_codecs(offered, audio) : std::vector<Codec>();
    if (usable && codecs.empty()) why = NegotiationError::no_common_codec;
    if (codecs.empty()) {
      answer.media.push_back(rejected(offered));
    } else {
      answer.media.push_back(accepted(offer, offered, audio, std::move(codecs)));
      found = true;
    }
  }
  if (!found) return fail(why);
  return answer;
}

Result<Session, NegotiationError> make_later_answer(const Session& offer, const Session& previous,
                                                    const LocalAudio& audio) {
  auto answer = make_answer(offer, previous.origin, audio);
  if (answer) continue_version(*answer, previous);
  return answer;
}

std::optional<AnswerFault> check_answer(const Session& offer, const Session& answer) {
  if (answer.media.size() != offer.media.size()) {
    return AnswerFault{std::min(answer.media.size(), offer.media.size()), "another number of m= than the offer"};
  }
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    const Media& offered = offer.media[i];
    const Media& answered = answer.media[i];
    if (answered.type != offered.type) return AnswerFault{i, "another media type than the offer"};
    if (answered.port == 0) continue;  // rejected: the rest means nothing
    if (offered.port == 0) return AnswerFault{i, "accepts what was not offered"};
    if (answered.protocol != offered.protocol) return AnswerFault{i, "another protocol than the offer"};
    if (!accepts_an_offered_format(offered, answered)) return AnswerFault{i, "none of the offered formats"};
  }
  return std::nullopt;
}

Result<NegotiatedAudio, NegotiationError> negotiated_audio(const Session& ours, const Session& theirs) {
  const std::size_t sections = std::min(ours.media.size(), theirs.media.size());
  for (std::size_t i = 0; i < sections; ++i) {
    const Media& our = ours.media[i];
    const Media& their = theirs.media[i];
    if (!our.is_audio() || !their.is_audio() || our.port == 0 || their.port == 0) continue;
    NegotiatedAudio out;
    out.media = i;
    out.send_codecs = common(their.codecs, our.codecs);
    if (out.send_codecs.empty()) return fail(NegotiationError::no_common_codec);
    out.receive_codecs.reserve(out.send_codecs.size());
    for (const auto& codec : out.send_codecs) out.receive_codecs.push_back(*find_codec(our.codecs, codec));
    const Connection* connection = connection_of(theirs, their);
    if (connection == nullptr || !connection->ip()) return fail(NegotiationError::no_address);
    out.rtcp_mux = our.rtcp_mux && their.rtcp_mux;
    out.remote_rtp = rtp_address(theirs, their);
    out.remote_rtcp = out.rtcp_mux ? out.remote_rtp : rtcp_address(theirs, their);
    const Direction our_direction = direction_of(ours, our);
    const Direction their_direction = direction_of(theirs, their);
    out.send = sends(our_direction) && receives(their_direction);
    out.receive = receives(our_direction) && sends(their_direction);
    out.ptime = their.ptime;
    return out;
  }
  return fail(NegotiationError::no_audio);
}

}  // namespace junctor::sip::sdp
