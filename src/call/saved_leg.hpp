#pragma once
// What of a leg outlives a restart: an established dialog, what both sides agreed about audio, the session timer. A
// plain value. Not in it: credentials and settings, which are the configuration's; the port's stream, which is
// media::Port's; requests on their way, whose senders repeat them or hear of a broken dialog.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "call/srtp_negotiation.hpp"
#include "call/vocabulary.hpp"
#include "transaction/session_timer.hpp"
#include "transport/hop.hpp"

namespace junctor::call {

struct SavedLeg {
  LegKind kind = LegKind::device;
  LegDirection direction = LegDirection::inbound;
  std::string sip_call_id, local_tag, label;
  Party far_end;
  std::string dialog;  ///< sip::Dialog::save()
  transport::Hop hop;  ///< without its connection, which does not outlive a restart
  std::uint32_t invite_cseq = 0, acked_cseq = 0;
  std::string ack_body;
  std::string local, remote;  ///< session descriptions as text, with the keys of SRTP
  std::uint64_t session_id = 0;
  std::vector<std::string> codecs;
  bool far_end_allows_update = false, far_end_allows_info = false, far_end_allows_refer = false;
  bool held = false;  ///< by us
  SrtpPolicy srtp = SrtpPolicy::off;
  media::VoiceProcessing voice;
  transaction::SessionTimer session_timer;
  TimePoint started{};
  std::optional<TimePoint> answered_at;

  /// A self-contained byte string, and back; times are kept relative to `now`.
  std::string save(TimePoint now) const;
  static std::optional<SavedLeg> load(std::string_view saved, TimePoint now);
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.kind, self.direction, self.sip_call_id, self.local_tag, self.label, self.far_end.number,
            self.far_end.name, self.far_end.uri, self.dialog, self.hop.protocol, self.hop.remote, self.hop.listener,
            self.invite_cseq, self.acked_cseq, self.ack_body, self.local, self.remote, self.session_id, self.codecs,
            self.far_end_allows_update, self.far_end_allows_info, self.far_end_allows_refer, self.held, self.srtp,
            self.voice, self.session_timer, self.started, self.answered_at);
  }
};

}  // namespace junctor::call
