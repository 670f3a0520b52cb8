#include "call/negotiation.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "media/codec_settings.hpp"
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
  audio.direction = sdp::make_direction(sends(wish.direction), receives(wish.direction) && !local.holds);
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

media::Payload payload_of(const sdp::Codec& receive, const sdp::Codec& send) {
  media::Payload payload;
  payload.receive_type = receive.payload_type;
  payload.send_type = send.payload_type;
  payload.codec = rtp::codec_by_name(send.name);
  payload.channels = send.channels;
  payload.clock_rate = send.clock_rate;
  payload.variant = variant_of(send, payload.codec);
  return payload;
}

bool is_own(const sdp::Codec& codec) {
  return media::codec_settings(payload_of(codec, codec), 8000).has_value();
}

/// Of PCM, Hz.
std::uint32_t rate_of(const sdp::Codec& codec) {
  const auto settings = media::codec_settings(payload_of(codec, codec), 48000);
  return settings ? static_cast<std::uint32_t>(settings->pcm_rate) : 8000;
}

/// As we declare it: a receiver of mono that uses Opus' in-band FEC (RFC 7587 §6.1).
sdp::Codec declared_by_us(sdp::Codec codec) {
  codec.fmtp = rtp::codec_by_name(codec.name) == rtp::Codec::opus ? "useinbandfec=1" : "";
  return codec;
}

/// How a far end that sends Opus to us, and one that we send it to, may do that (RFC 7587 §6.1).
media::EncoderSettings encoder_settings(const std::vector<sdp::Codec>& send, std::optional<std::uint16_t> ptime) {
  constexpr std::uint16_t ptime_min = 10, ptime_max = 60;
  media::EncoderSettings out;
  if (ptime && *ptime >= ptime_min && *ptime <= ptime_max) out.ptime_ms = static_cast<std::uint8_t>(*ptime / 10 * 10);
  const sdp::Codec* const codec = first_audio_codec(send);
  if (codec == nullptr || rtp::codec_by_name(codec->name) != rtp::Codec::opus) return out;
  out.use_inband_fec = sdp::fmtp_value(codec->fmtp, "useinbandfec") == "1";
  out.use_dtx = sdp::fmtp_value(codec->fmtp, "usedtx") == "1";
  if (const auto text = sdp::fmtp_value(codec->fmtp, "maxaveragebitrate"))
    std::from_chars(text->data(), text->data() + text->size(), out.max_average_bitrate);
  return out;
}

}  // namespace

std::optional<MediaWish> wish_of(const sdp::Session& said) {
  const auto media = std::find_if(said.media.begin(), said.media.end(), is_carried_audio);
  if (media == said.media.end()) return std::nullopt;
  return MediaWish{media->codecs, sdp::direction_of(said, *media), media->ptime};
}

MediaWish own_wish() {
  MediaWish wish;
  for (const char* name : {"pcmu", "pcma", "g722", "opus"})
    wish.codecs.push_back(declared_by_us(*sdp::codec_by_name(name)));
  add_telephone_event(wish);
  return wish;
}

bool has_own_codec(const std::vector<sdp::Codec>& codecs) {
  return std::ranges::any_of(codecs, is_own);
}

MediaWish widened(MediaWish wish) {
  if (!has_own_codec(wish.codecs)) return wish;
  const bool wide =
      std::ranges::any_of(wish.codecs, [](const sdp::Codec& c) { return is_own(c) && rate_of(c) > 8000; });
  using Names = std::array<std::string_view, 4>;
  auto at = std::ranges::find_if(wish.codecs, sdp::is_auxiliary);
  for (const std::string_view name :
       wide ? Names{"opus", "g722", "pcmu", "pcma"} : Names{"pcmu", "pcma", "g722", "opus"}) {
    const sdp::Codec codec = declared_by_us(*sdp::codec_by_name(name));
    if (sdp::find_codec(wish.codecs, codec) == nullptr) at = wish.codecs.insert(at, codec) + 1;
  }
  return wish;
}

void add_telephone_event(MediaWish& wish) {
  if (std::ranges::none_of(wish.codecs, sdp::is_telephone_event))
    wish.codecs.push_back(*sdp::codec_by_name("telephone-event"));
}

sdp::Session offer_for(const MediaWish& wish, const LocalMedia& local, const sdp::Session* previous) {
  const sdp::LocalAudio audio = local_audio(wish, local, srtp_offer(local.srtp));
  if (previous != nullptr) return sdp::make_reoffer(*previous, audio);
  return sdp::make_offer(sdp::make_origin(local.session_id, local.rtp.ip), audio);
}

Result<sdp::Session, sdp::NegotiationError> answer_for(const sdp::Session& offer, const MediaWish& wish,
                                                       const LocalMedia& local, const sdp::Session* previous) {
  const auto offered = wish_of(offer);
  if (!offered) return fail(sdp::NegotiationError::no_audio);
  const auto srtp = srtp_answer(offer, local.srtp);
  if (!srtp) return fail(srtp.error());
  const auto answer = [&](const MediaWish& wanted) {
    const sdp::LocalAudio audio = local_audio(wanted, local, *srtp);
    if (previous != nullptr) return sdp::make_later_answer(offer, *previous, audio);
    return sdp::make_answer(offer, sdp::make_origin(local.session_id, local.rtp.ip), audio);
  };
  auto out = answer(wish);
  if (out || out.error() != sdp::NegotiationError::no_common_codec || !has_own_codec(wish.codecs)) return out;
  MediaWish translated = wish;
  translated.codecs.clear();
  for (const auto& codec : offered->codecs) {
    if (is_own(codec)) translated.codecs.push_back(declared_by_us(codec));
    if (sdp::is_telephone_event(codec)) translated.codecs.push_back(codec);
  }
  return answer(translated);
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
  out.encoder = encoder_settings(agreed->send_codecs, agreed->ptime);
  for (std::size_t i = 0; i < agreed->send_codecs.size(); ++i)  // a 17th format is not used: PayloadMap::capacity
    out.payloads.add(payload_of(agreed->receive_codecs[i], agreed->send_codecs[i]));
  return out;
}

const sdp::Codec* first_audio_codec(std::span<const sdp::Codec> codecs) {
  const auto at = std::ranges::find_if(codecs, [](const sdp::Codec& codec) { return !sdp::is_auxiliary(codec); });
  return at == codecs.end() ? nullptr : &*at;
}

std::vector<sdp::Codec> agreed_codecs(const sdp::Session& ours, const sdp::Session& theirs) {
  auto agreed = sdp::negotiated_audio(ours, theirs);
  return agreed ? std::move(agreed->send_codecs) : std::vector<sdp::Codec>();
}

bool can_relay(std::span<const sdp::Codec> agreed_with_a, std::span<const sdp::Codec> agreed_with_b) {
  const sdp::Codec* const from_a = first_audio_codec(agreed_with_a);
  const sdp::Codec* const from_b = first_audio_codec(agreed_with_b);
  return from_a != nullptr && from_b != nullptr && sdp::find_codec(agreed_with_b, *from_a) != nullptr &&
         sdp::find_codec(agreed_with_a, *from_b) != nullptr;
}

bool has_telephone_event(const sdp::Session& ours, const sdp::Session& theirs) {
  return std::ranges::any_of(agreed_codecs(ours, theirs), sdp::is_telephone_event);
}

std::uint32_t audio_rate(std::span<const sdp::Codec> agreed) {
  const sdp::Codec* const codec = first_audio_codec(agreed);
  return codec != nullptr ? rate_of(*codec) : 8000;
}

bool fits(const sdp::Session& our_a, const sdp::Session& their_a, const sdp::Session& our_b,
          const sdp::Session& their_b) {
  const auto a = sdp::negotiated_audio(our_a, their_a);
  const auto b = sdp::negotiated_audio(our_b, their_b);
  if (!a || !b) return false;
  const bool talk = a->send && a->receive && b->send && b->receive;
  return talk && (can_relay(a->send_codecs, b->send_codecs) ||
                  (has_own_codec(a->send_codecs) && has_own_codec(b->send_codecs)));
}

}  // namespace junctor::call
