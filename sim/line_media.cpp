// Offer and answer of a scripted phone.
#include <algorithm>
#include <utility>

#include "rtp/codec.hpp"
#include "sim/line.hpp"
#include "sim/phone.hpp"
#include "sip/codec.hpp"

namespace junctor::sim {

namespace sdp = sip::sdp;

namespace {

std::optional<audio::Format> format_of(const sdp::Codec& codec) {
  switch (rtp::codec_by_name(codec.name)) {
    case rtp::Codec::pcmu:
      return audio::Format::pcmu;
    case rtp::Codec::pcma:
      return audio::Format::pcma;
    case rtp::Codec::g722:
      return audio::Format::g722;
    case rtp::Codec::opus:
      return audio::Format::opus;
    default:
      return std::nullopt;
  }
}

}  // namespace

sdp::LocalAudio Line::wanted(sdp::Direction direction) const {
  sdp::LocalAudio audio;
  audio.rtp = speaker_.rtp();
  audio.direction = direction;
  for (const std::string& name : codecs_) {
    auto codec = sdp::codec_by_name(name);
    if (codec && codec->name == "opus") codec->fmtp = phone_.habits_.opus_fmtp;
    if (codec) audio.codecs.push_back(std::move(*codec));
  }
  return audio;
}

std::string Line::make_offer(sdp::Direction direction) {
  sdp::LocalAudio audio = wanted(direction);
  if (phone_.habits_.srtp == PhoneSrtp::required) audio.protocol = "RTP/SAVP";
  audio.attributes = keys_to_offer();
  offered_sdp_ = local_sdp_ ? sdp::make_reoffer(*local_sdp_, audio)
                            : sdp::make_offer(sdp::make_origin(phone_.random_.below(1u << 30), audio.rtp.ip), audio);
  offer_ = Pending::ours;
  std::uint8_t event_type = 255;
  std::vector<Speaker::Codec> heard;
  for (const sdp::Codec& codec : sdp::first_audio(*offered_sdp_)->codecs) {
    if (sdp::is_telephone_event(codec)) event_type = codec.payload_type;
    if (const auto format = format_of(codec)) heard.push_back({codec.payload_type, *format});
  }
  speaker_.prepare(heard, event_type);
  return sdp::serialize(*offered_sdp_);
}

std::optional<std::string> Line::make_answer(std::string_view body) {
  auto offer = sdp::parse(body);
  if (!offer) {
    complain("offer is no session description: " + sdp::to_string(offer.error()));
    return std::nullopt;
  }
  check_version(*offer);
  sdp::LocalAudio audio = wanted(wanted_);
  if (!answer_keys(*offer, audio)) return std::nullopt;
  auto answer = local_sdp_
                    ? sdp::make_later_answer(*offer, *local_sdp_, audio)
                    : sdp::make_answer(*offer, sdp::make_origin(phone_.random_.below(1u << 30), audio.rtp.ip), audio);
  if (!answer) return std::nullopt;
  remote_sdp_ = std::move(*offer);
  local_sdp_ = std::move(*answer);
  apply_media();
  return sdp::serialize(*local_sdp_);
}

void Line::take_answer(std::string_view body) {
  auto answer = sdp::parse(body);
  if (!answer) {
    offer_ = Pending::none;
    return complain("answer is no session description: " + sdp::to_string(answer.error()));
  }
  if (offer_ != Pending::ours) {
    // §13.2.1: what an 18x has answered, the 2xx may only repeat.
    if (remote_sdp_ && *answer != *remote_sdp_) complain("a second, different answer to one offer");
    return;
  }
  if (const auto fault = sdp::check_answer(*offered_sdp_, *answer)) {
    complain("answer does not fit the offer: " + std::string(fault->reason));
  }
  check_version(*answer);
  offer_ = Pending::none;
  local_sdp_ = std::exchange(offered_sdp_, std::nullopt);
  remote_sdp_ = std::move(*answer);
  apply_media();
}

void Line::check_version(const sdp::Session& next) {
  if (!remote_sdp_) return;
  const sdp::Session& before = *remote_sdp_;
  if (next.origin.session_id != before.origin.session_id || next.origin.username != before.origin.username) {
    complain("o= changed within a dialog");
  } else if (sdp::same_session_version(before, next) && next != before) {
    complain("description changed but its version did not");
  }
}

void Line::apply_media() {
  const auto agreed = sdp::negotiated_audio(*local_sdp_, *remote_sdp_);
  if (!agreed) return speaker_.configure(std::nullopt, false, {}, {}, 255);
  speaker_.use_keys(agreed_keys());
  std::uint8_t event_type = 255;
  std::optional<Speaker::Codec> voice;
  std::vector<Speaker::Codec> heard;
  for (std::size_t i = 0; i < agreed->send_codecs.size(); ++i) {
    const sdp::Codec& codec = agreed->send_codecs[i];
    if (sdp::is_telephone_event(codec)) event_type = codec.payload_type;
    const auto format = format_of(codec);
    if (!format) continue;
    if (!voice) voice = Speaker::Codec{codec.payload_type, *format};
    heard.push_back({agreed->receive_codecs[i].payload_type, *format});
  }
  speaker_.configure(agreed->remote_rtp, agreed->send && voice, voice.value_or(Speaker::Codec{}), heard, event_type);
}

// ------------------------------------------------------------------------------------------------- SDES (RFC 4568)

std::vector<sdp::Attribute> Line::keys_to_offer() {
  if (phone_.habits_.srtp == PhoneSrtp::none) return {};
  if (own_keys_.empty()) own_keys_ = srtp::make_offer(phone_.habits_.suites, phone_.random_);
  std::vector<sdp::Attribute> out;
  for (const srtp::Crypto& line : own_keys_) out.push_back({"crypto", srtp::write_crypto(line)});
  return out;
}

/// False when the offer cannot be answered.
bool Line::answer_keys(const sdp::Session& offer, sdp::LocalAudio& audio) {
  const sdp::Media* const offered = sdp::first_audio(offer);
  if (offered == nullptr) return false;
  audio.protocol = offered->protocol;
  if (phone_.habits_.srtp != PhoneSrtp::none) {
    keys_to_offer();
    for (const sdp::Attribute& attribute : offered->attributes) {
      const auto theirs = attribute.name == "crypto"
                              ? srtp::parse_crypto(attribute.value)
                              : Result<srtp::Crypto, srtp::SdesError>(fail(srtp::SdesError::tag));
      if (!theirs) continue;
      for (const srtp::Crypto& ours : own_keys_) {
        if (ours.master.suite != theirs->master.suite) continue;
        audio.attributes = {{"crypto", srtp::write_crypto({theirs->tag, ours.master})}};
        return true;
      }
    }
  }
  return phone_.habits_.srtp != PhoneSrtp::required && !offered->protocol.starts_with("RTP/SAVP");
}

std::optional<media::SrtpKeys> Line::agreed_keys() const {
  const auto lines = [](const sdp::Session& session) {
    std::vector<srtp::Crypto> out;
    for (const sdp::Attribute& attribute : sdp::first_audio(session)->attributes) {
      if (attribute.name != "crypto") continue;
      if (const auto line = srtp::parse_crypto(attribute.value)) out.push_back(*line);
    }
    return out;
  };
  for (const srtp::Crypto& ours : lines(*local_sdp_))
    for (const srtp::Crypto& theirs : lines(*remote_sdp_))
      if (ours.tag == theirs.tag && ours.master.suite == theirs.master.suite)
        return media::SrtpKeys{ours.master, theirs.master};
  return std::nullopt;
}

void Line::change_key() {
  own_keys_.clear();
  reinvite(wanted_);
}

sdp::Direction Line::direction() const {
  if (!local_sdp_ || !remote_sdp_) return sdp::Direction::inactive;
  const auto agreed = sdp::negotiated_audio(*local_sdp_, *remote_sdp_);
  return agreed ? sdp::make_direction(agreed->send, agreed->receive) : sdp::Direction::inactive;
}

bool Line::on_hold_by_peer() const {
  if (!remote_sdp_) return false;
  const sdp::Media* audio = sdp::first_audio(*remote_sdp_);
  return audio && !sdp::receives(sdp::direction_of(*remote_sdp_, *audio));
}

}  // namespace junctor::sim
