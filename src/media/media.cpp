#include "media/media.hpp"

namespace junctor::media {

const char* to_string(Drop reason) {
  constexpr std::array<const char*, drop_reasons> names = {
      "malformed",   "malformed_rtcp",  "stranger",         "not_receiving", "unknown_type", "duplicate",
      "late",        "out_of_sequence", "no_common_format", "cannot_send",   "send_failed",  "digit_flood",
      "auth_failed", "replayed",        "ssrc_table_full",  "key_exhausted"};
  return names[static_cast<std::size_t>(reason)];
}

const char* to_string(Verdict verdict) {
  constexpr std::array<const char*, verdicts> names = {
      "good",        "unreachable", "no_packets", "other_address", "wrong_payload_type",
      "srtp_failed", "unusable",    "one_way",    "silence"};
  return names[static_cast<std::size_t>(verdict)];
}

const char* to_string(VoiceEvent event) {
  constexpr std::array<const char*, voice_events> names = {"speech_started", "speech_ended",     "silence",
                                                           "dead_air",       "clipping_started", "clipping_ended"};
  return names[static_cast<std::size_t>(event)];
}

const char* to_string(Path path) {
  constexpr std::array<const char*, 3> names = {"none", "relay", "mixer"};
  return names[static_cast<std::size_t>(path)];
}

}  // namespace junctor::media
