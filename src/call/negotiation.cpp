#include "call/negotiation.hpp"

#include <algorithm>

#include "sip/codec.hpp"

namespace junctor::call {
namespace sdp = sip::sdp;

namespace {

void keep_allowed(std::vector<sdp::Codec>& codecs, const std::vector<std::string>& allowed) {
  if (allowed.empty()) return;
  std::vector<sdp::Codec> kept;
  for (const std::string& name : allowed) {
    const auto wanted = sdp::codec_by_name(name);
    if (!wanted) continue;
    for (const auto& codec : codecs)
      if (sdp::same_codec(codec, *wanted)) kept.push_back(codec);
  }
  for (const auto& codec : codecs)
    if (sdp::is_auxiliary(codec)) kept.push_back(codec);
  codecs = std::move(kept);
}

sdp::LocalAudio local_audio(const MediaWish& wish, const LocalMedia& local, SrtpSection srtp) {
  sdp::LocalAudio audio;
  audio.protocol = std::move(srtp.protocol);
  audio.attributes = std::move(srtp.attributes);
  audio.rtp = local.rtp;
  audio.codecs = wish.codecs;
  keep_allowed(audio.codecs, local.allowed);
  audio.direction = wish.direction;
  audio.ptime = wish.ptime;
  return audio;
}

std::uint32_t hash_text(std::uint32_t seed, std::string_view text) {
  for (const char c : text) {
    const auto lower = static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    seed = (seed ^ lower) * 16777619u;
  }
  return seed;
}

/// media::Payload::variant: what codec, clock and channels do not tell apart.
std::uint32_t variant_of(const sdp::Codec& codec, rtp::Codec known) {
  std::uint32_t hash = 2166136261u;
  switch (known) {
    case rtp::Codec::other:
      return hash_text(hash_text(hash, codec.name), codec.fmtp);
    case rtp::Codec::amr:
    case rtp::Codec::amr_wb:
      return hash_text(hash, sdp::fmtp_value(codec.fmtp, "octet-align").value_or("0"));
    case rtp::Codec::ilbc:
      return hash_text(hash, sdp::fmtp_value(codec.fmtp, "mode").value_or("30"));
    default:
      return 0;
  }
}

bool covers(const std::vector<sdp::Codec>& all, const std::vector<sdp::Codec>& some) {
  return std::all_of(some.begin(), some.end(), [&](const sdp::Codec& codec) {
    return sdp::is_auxiliary(codec) || sdp::find_codec(all, codec) != nullptr;
  });
}

}  // namespace

std::optional<MediaWish> wish_of(const sdp::Session& said) {
  const auto media = std::find_if(said.media.begin(), said.media.end(), is_carried_audio);
  if (media == said.media.end()) return std::nullopt;
  return MediaWish{media->codecs, sdp::direction_of(said, *media), media->ptime};
}

MediaWish own_wish() {
  MediaWish wish;
  for (const char* name : {"pcmu", "pcma", "telephone-event"})
    if (auto codec = sdp::codec_by_name(name)) {
      if (sdp::is_telephone_event(*codec)) codec->fmtp = "0-16";
      wish.codecs.push_back(*codec);
    }
  return wish;
}

sdp::Session offer_for(const MediaWish& wish, const LocalMedia& local, const sdp::Session* previous) {
  const sdp::LocalAudio audio = local_audio(wish, local, srtp_offer(local.srtp));
  if (previous != nullptr) return sdp::make_reoffer(*previous, audio);
  return sdp::make_offer(sdp::make_origin(local.session_id, local.rtp.ip), audio);
}

Result<sdp::Session, sdp::NegotiationError> answer_for(const sdp::Session& offer, const MediaWish& wish,
                                                       const LocalMedia& local, const sdp::Session* previous) {
  auto srtp = srtp_answer(offer, local.srtp);
  if (!srtp) return fail(srtp.error());
  const sdp::LocalAudio audio = local_audio(wish, local, std::move(*srtp));
  if (previous != nullptr) return sdp::make_later_answer(offer, *previous, audio);
  return sdp::make_answer(offer, sdp::make_origin(local.session_id, local.rtp.ip), audio);
}

std::optional<media::SetRemote> port_settings(media::PortLease const& lease, const sdp::Session& ours,
                                              const sdp::Session& theirs, Duration timeout) {
  const auto agreed = sdp::negotiated_audio(ours, theirs);
  const auto srtp = srtp_agreed(ours, theirs);
  if (!agreed || !srtp) return std::nullopt;
  media::SetRemote out;
  if (const auto& keys = *srtp) out.srtp = media::SrtpKeys{keys->agreement.ours.master, keys->agreement.theirs};
  out.id = lease.id;
  out.rtp = agreed->remote_rtp.value_or(Address{});
  out.rtcp = agreed->remote_rtcp.value_or(Address{});
  out.rtcp_mux = agreed->rtcp_mux;
  out.send = agreed->send;
  out.receive = agreed->receive;
  out.timeout = timeout;
  for (std::size_t i = 0; i < agreed->send_codecs.size(); ++i) {
    const sdp::Codec& theirs_codec = agreed->send_codecs[i];
    media::Payload payload;
    payload.receive_type = agreed->receive_codecs[i].payload_type;
    payload.send_type = theirs_codec.payload_type;
    payload.codec = rtp::codec_by_name(theirs_codec.name);
    payload.channels = theirs_codec.channels;
    payload.clock_rate = theirs_codec.clock_rate;
    payload.variant = variant_of(theirs_codec, payload.codec);
    out.payloads.add(payload);  // a 17th format is not used: PayloadMap::capacity
  }
  return out;
}

bool same_codecs(const sdp::Session& our_a, const sdp::Session& their_a, const sdp::Session& our_b,
                 const sdp::Session& their_b) {
  const auto a = sdp::negotiated_audio(our_a, their_a);
  const auto b = sdp::negotiated_audio(our_b, their_b);
  if (!a || !b) return false;
  return a->send && a->receive && b->send && b->receive && covers(a->send_codecs, b->send_codecs) &&
         covers(b->send_codecs, a->send_codecs);
}

}  // namespace junctor::call
