#include "sip/codec.hpp"

#include <algorithm>
#include <array>
#include <bitset>

#include "sip/text.hpp"

namespace junctor::sip::sdp {
namespace {

struct Known {
  std::uint8_t payload_type;
  std::string_view name;
  std::uint32_t clock_rate;
  std::uint8_t channels = 1;
  std::string_view fmtp = {};
};

Codec to_codec(const Known& known) {
  return {known.payload_type, std::string(known.name), known.clock_rate, known.channels, std::string(known.fmtp)};
}

// RFC 3551 §6.
constexpr std::array static_codecs = {
    Known{0, "PCMU", 8000},     Known{3, "GSM", 8000},    Known{4, "G723", 8000},   Known{5, "DVI4", 8000},
    Known{6, "DVI4", 16000},    Known{7, "LPC", 8000},    Known{8, "PCMA", 8000},   Known{9, "G722", 8000},
    Known{10, "L16", 44100, 2}, Known{11, "L16", 44100},  Known{12, "QCELP", 8000}, Known{13, "CN", 8000},
    Known{14, "MPA", 90000},    Known{15, "G728", 8000},  Known{16, "DVI4", 11025}, Known{17, "DVI4", 22050},
    Known{18, "G729", 8000},    Known{25, "CelB", 90000}, Known{26, "JPEG", 90000}, Known{28, "nv", 90000},
    Known{31, "H261", 90000},   Known{32, "MPV", 90000},  Known{33, "MP2T", 90000}, Known{34, "H263", 90000},
};

constexpr std::array named_codecs = {
    Known{0, "PCMU", 8000},
    Known{8, "PCMA", 8000},
    Known{9, "G722", 8000},
    Known{18, "G729", 8000},
    Known{3, "GSM", 8000},
    Known{no_payload_type, "G726-32", 8000},
    Known{97, "iLBC", 8000},
    Known{no_payload_type, "AMR", 8000},
    Known{no_payload_type, "AMR-WB", 16000},
    Known{111, "opus", 48000, 2},
    Known{13, "CN", 8000},
    Known{101, "telephone-event", 8000, 1, "0-16"},
};

// A parameter that changes the bits, and what its absence means.
struct Deciding {
  std::string_view codec;
  std::string_view parameter;
  std::string_view absent;
};
constexpr std::array deciding = {
    Deciding{"AMR", "octet-align", "0"},
    Deciding{"AMR", "crc", "0"},
    Deciding{"AMR", "robust-sorting", "0"},
    Deciding{"AMR", "interleaving", ""},
    Deciding{"AMR-WB", "octet-align", "0"},
    Deciding{"AMR-WB", "crc", "0"},
    Deciding{"AMR-WB", "robust-sorting", "0"},
    Deciding{"AMR-WB", "interleaving", ""},
    Deciding{"iLBC", "mode", "30"},
    Deciding{"G7221", "bitrate", ""},
};

// Codecs whose fmtp, if any, only declares what its writer likes to receive.
constexpr std::array<std::string_view, 20> declarative = {
    "PCMU",
    "PCMA",
    "G722",
    "G729",
    "GSM",
    "G723",
    "G728",
    "DVI4",
    "LPC",
    "L16",
    "CN",
    "opus",
    "SILK",
    "speex",
    "G726-16",
    "G726-24",
    "G726-32",
    "G726-40",
    "telephone-event",
    "MPA",
};

bool same_fmtp(const Codec& a, const Codec& b) {
  if (a.fmtp == b.fmtp) return true;
  bool has_deciding = false;
  for (const auto& [codec, parameter, absent] : deciding) {
    if (!text::iequals(a.name, codec)) continue;
    has_deciding = true;
    if (fmtp_value(a.fmtp, parameter).value_or(absent) != fmtp_value(b.fmtp, parameter).value_or(absent)) return false;
  }
  if (has_deciding) return true;
  if (std::ranges::any_of(declarative, [&](std::string_view name) { return text::iequals(name, a.name); })) return true;
  return text::iequals(a.fmtp, b.fmtp);
}

/// Which payload types may be given out: dynamic ones first; 64–95 would look like RTCP under rtcp-mux (RFC 5761 §4).
std::uint8_t free_number(const std::bitset<128>& taken) {
  for (std::uint8_t n = 96; n < 128; ++n) {
    if (!taken[n]) return n;
  }
  for (std::uint8_t n = 35; n < 64; ++n) {
    if (!taken[n]) return n;
  }
  return no_payload_type;
}

}  // namespace

std::optional<Codec> static_codec(std::uint8_t payload_type) {
  const auto at = std::ranges::find(static_codecs, payload_type, &Known::payload_type);
  return at == static_codecs.end() ? std::nullopt : std::optional(to_codec(*at));
}

std::optional<Codec> codec_by_name(std::string_view name) {
  const auto at = std::ranges::find_if(named_codecs, [&](const Known& k) { return text::iequals(k.name, name); });
  return at == named_codecs.end() ? std::nullopt : std::optional(to_codec(*at));
}

bool is_telephone_event(const Codec& codec) {
  return text::iequals(codec.name, "telephone-event");
}
bool is_auxiliary(const Codec& codec) {
  return is_telephone_event(codec) || text::iequals(codec.name, "CN");
}

std::optional<std::string_view> fmtp_value(std::string_view fmtp, std::string_view parameter) {
  while (!fmtp.empty()) {
    const auto end = std::min(fmtp.find(';'), fmtp.size());
    const auto part = fmtp.substr(0, end);
    fmtp.remove_prefix(std::min(end + 1, fmtp.size()));
    const auto equals = part.find('=');
    if (!text::iequals(text::trim(part.substr(0, equals)), parameter)) continue;
    return equals == std::string_view::npos ? std::string_view() : text::trim(part.substr(equals + 1));
  }
  return std::nullopt;
}

bool same_codec(const Codec& a, const Codec& b) {
  return !a.name.empty() && a.clock_rate == b.clock_rate && a.channels == b.channels && text::iequals(a.name, b.name) &&
         same_fmtp(a, b);
}

const Codec* find_codec(std::span<const Codec> list, const Codec& codec) {
  const auto at = std::ranges::find_if(list, [&](const Codec& c) { return same_codec(c, codec); });
  return at == list.end() ? nullptr : &*at;
}

std::vector<Codec> common(std::span<const Codec> a, std::span<const Codec> b) {
  std::vector<const Codec*> both;
  both.reserve(a.size());
  bool audio = false, events_fit = false;
  for (const auto& codec : a) {
    const auto is_same = [&](const Codec* c) { return same_codec(*c, codec); };
    if (find_codec(b, codec) == nullptr || std::ranges::any_of(both, is_same)) continue;
    both.push_back(&codec);
    audio = audio || !is_auxiliary(codec);
  }
  if (!audio) return {};
  const auto carried = [&](const Codec& aid) {
    return std::ranges::any_of(both,
                               [&](const Codec* c) { return c->clock_rate == aid.clock_rate && !is_auxiliary(*c); });
  };
  for (const Codec* codec : both) events_fit = events_fit || (is_telephone_event(*codec) && carried(*codec));
  std::vector<Codec> out;
  out.reserve(both.size());
  for (const Codec* codec : both) {
    const bool any_rate = !is_auxiliary(*codec) || (is_telephone_event(*codec) && !events_fit);
    if (any_rate || carried(*codec)) out.push_back(*codec);
  }
  return out;
}

void number_codecs(std::vector<Codec>& codecs, std::span<const Codec> before) {
  std::bitset<128> reserved;  // a number means one codec as long as the session lasts
  std::bitset<128> taken;
  for (const auto& codec : before) {
    if (codec.payload_type < 128) reserved.set(codec.payload_type);
  }
  for (auto& codec : codecs) {
    const Codec* earlier = find_codec(before, codec);
    const std::uint8_t wanted = earlier != nullptr ? earlier->payload_type : codec.payload_type;
    const bool free = wanted < 128 && !taken[wanted] && (earlier != nullptr || !reserved[wanted]);
    codec.payload_type = free ? wanted : no_payload_type;
    if (free) taken.set(wanted);
  }
  for (auto& codec : codecs) {
    if (codec.payload_type != no_payload_type) continue;
    codec.payload_type = free_number(taken | reserved);
    if (codec.payload_type != no_payload_type) taken.set(codec.payload_type);
  }
  std::erase_if(codecs, [](const Codec& codec) { return codec.payload_type == no_payload_type; });
}

std::vector<PayloadPair> payload_map(std::span<const Codec> from, std::span<const Codec> to) {
  std::vector<PayloadPair> pairs;
  for (const auto& codec : from) {
    if (const Codec* other = find_codec(to, codec)) pairs.push_back({codec, codec.payload_type, other->payload_type});
  }
  return pairs;
}

}  // namespace junctor::sip::sdp
