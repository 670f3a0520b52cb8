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
    if (auto codec = sdp::codec_by_name(name)) audio.codecs.push_back(*codec);
  }
  return audio;
}

std::string Line::make_offer(sdp::Direction direction) {
  const sdp::LocalAudio audio = wanted(direction);
  offered_sdp_ = local_sdp_ ? sdp::make_reoffer(*local_sdp_, audio)
                            : sdp::make_offer(sdp::make_origin(phone_.random_.below(1u << 30), audio.rtp.ip), audio);
  offer_ = Pending::ours;
  return sdp::serialize(*offered_sdp_);
}

std::optional<std::string> Line::make_answer(std::string_view body) {
  auto offer = sdp::parse(body);
  if (!offer) {
    complain("offer is no session description: " + sdp::to_string(offer.error()));
    return std::nullopt;
  }
  check_version(*offer);
  const sdp::LocalAudio audio = wanted(wanted_);
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
