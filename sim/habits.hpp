#pragma once
// What a scripted phone does of itself, good and bad. A plain value; change it whenever the script wants.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "srtp/suite.hpp"

namespace junctor::sim {

enum class PhoneSrtp : std::uint8_t {
  none,      ///< has never heard of it
  optional,  ///< offers RTP/AVP with keys, and takes what comes
  required,  ///< offers RTP/SAVP, and refuses plain RTP
};

struct Habits {
  // -- ordinary life
  std::vector<std::string> codecs = {"pcma", "pcmu", "telephone-event"};  ///< names as sdp::codec_by_name knows them
  std::string opus_fmtp;                                                  ///< of Opus, if it is there
  PhoneSrtp srtp = PhoneSrtp::none;
  std::vector<srtp::Suite> suites = {srtp::Suite::aes_cm_128_hmac_sha1_80};  ///< offered in this order
  bool rings = true;                                                         ///< sends 180 as soon as a call comes in
  std::optional<Duration> answers_after;                                     ///< picks up by itself
  std::optional<int> rejects_with;                                           ///< refuses every call with this status
  bool supports_100rel = true;
  bool allows_info = true;
  bool rings_reliably = false;        ///< 18x by RFC 3262, where the caller supports it
  bool early_media = false;           ///< 183 with a description instead of 180
  std::uint32_t session_expires = 0;  ///< asks for a session timer of so many seconds (RFC 4028); 0: does not
  std::uint32_t min_se = 90;
  bool refuses_to_refresh = false;      ///< promises to refresh the session and never does
  std::optional<int> refuses_refer;     ///< with this status
  std::vector<int> tells_of_refer;      ///< obeys no REFER, and tells of these statuses by NOTIFY; empty: obeys
  std::optional<int> answers_message;   ///< MESSAGE, INFO, NOTIFY and OPTIONS inside a call with this; else 200
  Duration answers_message_after{};     ///< thinks so long about each of these
  bool hangs_up_after_transfer = true;  ///< BYE when a REFER has been reported successful
  Duration answers_notify_after{};      ///< thinks so long about each NOTIFY

  // -- misbehaviour
  bool never_acks_answers = false;  ///< no ACK for a 2xx
  bool never_answers_bye = false;
  bool never_answers = false;              ///< deaf: takes requests and sends nothing at all
  bool answers_instead_of_cancel = false;  ///< a CANCEL finds it picking up: 200 to the INVITE
  bool answers_twice = false;              ///< a second 200 with another To tag, as a forking proxy would let through
  bool ends_early = false;                 ///< sends BYE right after its 200, before any ACK
};

}  // namespace junctor::sim
