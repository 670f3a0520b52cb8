#include "rtp/codec.hpp"

#include <array>
#include <utility>

namespace junctor::rtp {
namespace {

constexpr std::array<std::pair<Codec, std::string_view>, 13> names{{
    {Codec::pcmu, "PCMU"},
    {Codec::pcma, "PCMA"},
    {Codec::g722, "G722"},
    {Codec::g729, "G729"},
    {Codec::gsm, "GSM"},
    {Codec::ilbc, "iLBC"},
    {Codec::speex, "speex"},
    {Codec::amr, "AMR"},
    {Codec::amr_wb, "AMR-WB"},
    {Codec::opus, "opus"},
    {Codec::l16, "L16"},
    {Codec::telephone_event, "telephone-event"},
    {Codec::comfort_noise, "CN"},
}};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace

Codec codec_by_name(std::string_view encoding_name) {
  for (const auto& [codec, name] : names) {
    if (equal_without_case(name, encoding_name)) return codec;
  }
  return Codec::other;
}

std::string_view codec_name(Codec codec) {
  for (const auto& [known, name] : names) {
    if (known == codec) return name;
  }
  return codec == Codec::other ? "other" : "";
}

}  // namespace junctor::rtp
