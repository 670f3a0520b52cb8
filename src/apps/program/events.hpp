#pragma once
// Every event of RWI, each with its names and fields.
#include <map>
#include <variant>

#include "apps/program/vocabulary.hpp"

namespace junctor::apps::program {
namespace events {

struct CallIncoming {
  static constexpr EventInfo info{"call.incoming", "call_incoming", "An inbound call waits to be claimed."};
  std::string context;
  std::string caller;
  std::string callee;
  std::string direction;
  std::optional<std::string> trunk;
  std::map<std::string, std::string> sip_headers;
  std::optional<std::string> caller_name;
  std::uint32_t claim_timeout_secs = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("context", "where it was routed to"), s.context);
    visit(Field("caller", "who calls: a number or URI"), s.caller);
    visit(Field("callee", "what was called"), s.callee);
    visit(Field("direction", "inbound").not_flat(), s.direction);
    visit(Field("trunk", "the carrier it came from"), s.trunk);
    visit(Field("sip_headers", "those that the configuration lets through"), s.sip_headers);
    visit(Field("caller_name", "a name for people"), s.caller_name);
    visit(Field("claim_timeout_secs", "how long it waits").not_flat(), s.claim_timeout_secs);
  }
};

struct CallCreated {
  static constexpr EventInfo info{"call.created", "call_created",
                                  "A call of the program's own was begun: its INVITE is on the wire."};
  std::string context;
  std::string caller;
  std::string callee;
  std::optional<std::string> trunk;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("context", "default"), s.context);
    visit(Field("caller", "what is shown to the destination"), s.caller);
    visit(Field("callee", "the destination"), s.callee);
    visit(Field("trunk", "the carrier it goes through"), s.trunk);
  }
};

struct CallRinging {
  static constexpr EventInfo info{"call.ringing", "call_ringing", "The far end rings (180)."};
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

struct CallEarlyMedia {
  static constexpr EventInfo info{"call.early_media", "call_early_media", "The far end sends audio before it answers."};
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

struct CallAnswered {
  static constexpr EventInfo info{"call.answered", "call_answered", "The call was answered."};
  std::optional<std::string> answered_by;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("answered_by", "the session that answered an inbound call").not_flat(), s.answered_by);
  }
};

struct CallBridged {
  static constexpr EventInfo info{"call.bridged", "call_bridged", "Two calls hear each other.", false};
  CallRef leg_a;
  CallRef leg_b;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_a", "one"), s.leg_a);
    visit(Field("leg_b", "the other"), s.leg_b);
  }
};

struct CallUnbridged {
  static constexpr EventInfo info{"call.unbridged", "call_unbridged", "A call is not bridged any more."};
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

struct CallTransferred {
  static constexpr EventInfo info{"call.transferred", "call_transferred",
                                  "A call's far end has reached where it was sent."};
  std::optional<std::string> transfer_target;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("transfer_target", "where").flat_since_0_5(), s.transfer_target);
  }
};

struct CallTransferAccepted {
  static constexpr EventInfo info{"call.transfer.accepted", "call_transfer_accepted",
                                  "REFER was accepted, or the target is being called."};
  std::optional<std::string> transfer_target;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("transfer_target", "where").flat_since_0_5(), s.transfer_target);
  }
};

struct CallTransferFailed {
  static constexpr EventInfo info{"call.transfer.failed", "call_transfer_failed",
                                  "A transfer failed; the call goes on."};
  std::optional<std::uint32_t> sip_status;
  std::optional<std::string> reason;
  std::optional<std::string> transfer_target;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("sip_status", "of the refusal"), s.sip_status);
    visit(Field("reason", "refer_rejected, timeout, cancelled …"), s.reason);
    visit(Field("transfer_target", "where").flat_since_0_5(), s.transfer_target);
  }
};

struct CallHangup {
  static constexpr EventInfo info{"call.hangup", "call_hangup", "The call is over."};
  std::optional<std::string> reason;
  std::optional<std::uint32_t> sip_status;
  std::optional<std::string> hangup_by;
  std::optional<std::uint32_t> q850;
  std::optional<std::string> answered_at;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("reason", "a word"), s.reason);
    visit(Field("sip_status", "of a call that was refused"), s.sip_status);
    visit(Field("hangup_by", "caller, callee, system or transfer").flat_since_0_5(), s.hangup_by);
    visit(Field("q850", "the cause of Q.850").not_flat(), s.q850);
    visit(Field("answered_at", "RFC 3339; null: it was not answered").not_flat(), s.answered_at);
  }
};

struct CallNoAnswer {
  static constexpr EventInfo info{"call.no_answer", "call_no_answer", "An outbound call rang out; it is over."};
  std::optional<std::uint32_t> sip_status;
  std::optional<std::uint32_t> q850;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("sip_status", "of the final response; null: there was none").not_flat(), s.sip_status);
    visit(Field("q850", "the cause of Q.850").not_flat(), s.q850);
  }
};

struct CallBusy {
  static constexpr EventInfo info{"call.busy", "call_busy", "An outbound call met a busy line; it is over."};
  std::optional<std::uint32_t> sip_status;
  std::optional<std::uint32_t> q850;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("sip_status", "of the final response; null: there was none").not_flat(), s.sip_status);
    visit(Field("q850", "the cause of Q.850").not_flat(), s.q850);
  }
};

struct CallOwnershipChanged {
  static constexpr EventInfo info{"call.ownership_changed", "call_ownership_changed",
                                  "Another session controls, or watches, a call."};
  std::optional<std::string> session_id;
  std::string mode;
  std::optional<std::string> previous_session_id;
  std::optional<std::string> reason;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("session_id", "who does now; null: nobody"), s.session_id);
    visit(Field("mode", "control, listen, whisper or barge"), s.mode);
    visit(Field("previous_session_id", "who did before"), s.previous_session_id);
    visit(Field("reason", "why"), s.reason);
  }
};

struct CallOrphaned {
  static constexpr EventInfo info{"call.orphaned", "call_orphaned", "The session that controlled a call is gone."};
  std::string previous_session_id;
  std::string deadline;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("previous_session_id", "who did"), s.previous_session_id);
    visit(Field("deadline", "RFC 3339: what happens then is the configuration's to say"), s.deadline);
  }
};

struct CallLegAdded {
  static constexpr EventInfo info{"call.leg_added", "call_leg_added", "A further leg of a call is being called."};
  std::string leg_id;
  std::string target;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_id", "names it"), s.leg_id);
    visit(Field("target", "whom"), s.target);
  }
};

struct CallLegAnswered {
  static constexpr EventInfo info{"call.leg_answered", "call_leg_answered", "A further leg of a call was answered."};
  std::string leg_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_id", "names it"), s.leg_id);
  }
};

struct CallLegRemoved {
  static constexpr EventInfo info{"call.leg_removed", "call_leg_removed",
                                  "A further leg of a call is gone, or was not to be had."};
  std::string leg_id;
  std::optional<std::uint32_t> sip_status;
  std::optional<std::string> reason;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_id", "names it"), s.leg_id);
    visit(Field("sip_status", "of the refusal"), s.sip_status);
    visit(Field("reason", "why"), s.reason);
  }
};

struct Dtmf {
  static constexpr EventInfo info{"dtmf", "dtmf", "A key was pressed; told when it is up again."};
  std::string digit;
  std::optional<std::string> leg_id;
  std::string method;
  std::optional<std::uint32_t> duration_ms;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("digit", "0-9 * # A-D"), s.digit);
    visit(Field("leg_id", "the leg; null: the call's own far end"), s.leg_id);
    visit(Field("method", "rfc4733, info or inband").not_flat(), s.method);
    visit(Field("duration_ms", "how long it was down; null: the INFO did not say").not_flat(), s.duration_ms);
  }
};

struct DtmfCollected {
  static constexpr EventInfo info{"dtmf.collected", "dtmf_collected", "dtmf.collect has its digits."};
  std::optional<std::string> leg_id;
  std::string digits;
  std::string collector_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_id", "the leg; null: the call's own far end"), s.leg_id);
    visit(Field("digits", "without the terminator"), s.digits);
    visit(Field("collector_id", "of the command's result").not_flat(), s.collector_id);
  }
};

struct DtmfCollectionTimeout {
  static constexpr EventInfo info{"dtmf.collection_timeout", "dtmf_collection_timeout",
                                  "dtmf.collect got too few digits."};
  std::optional<std::string> leg_id;
  std::string digits;
  std::string collector_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_id", "the leg; null: the call's own far end"), s.leg_id);
    visit(Field("digits", "what came").not_flat(), s.digits);
    visit(Field("collector_id", "of the command's result").not_flat(), s.collector_id);
  }
};

struct MediaHoldStarted {
  static constexpr EventInfo info{"media.hold.started", "media_hold_started", "A call's far end is on hold."};
  std::optional<std::string> leg_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_id", "the leg").not_flat(), s.leg_id);
  }
};

struct MediaHoldStopped {
  static constexpr EventInfo info{"media.hold.stopped", "media_hold_stopped", "It is not any more."};
  std::optional<std::string> leg_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_id", "the leg").not_flat(), s.leg_id);
  }
};

struct RingbackPassthroughStarted {
  static constexpr EventInfo info{"media.ringback.passthrough.started", "media_ringback_passthrough_started",
                                  "What comes from a ringing call is heard by another one.", false};
  CallRef source;
  CallRef target;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("source", "who rings"), s.source);
    visit(Field("target", "who hears it"), s.target);
  }
};

struct RingbackPassthroughStopped {
  static constexpr EventInfo info{"media.ringback.passthrough.stopped", "media_ringback_passthrough_stopped",
                                  "It is not any more.", false};
  CallRef source;
  CallRef target;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("source", "who rang"), s.source);
    visit(Field("target", "who heard it"), s.target);
  }
};

struct MediaPlayStarted {
  static constexpr EventInfo info{"media.play.started", "media_play_started", "A sound is heard."};
  std::optional<std::string> leg_id;
  std::string track_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_id", "the leg; null: the call's own far end"), s.leg_id);
    visit(Field("track_id", "of media.play's result"), s.track_id);
  }
};

struct MediaPlayFinished {
  static constexpr EventInfo info{"media.play.finished", "media_play_finished", "A sound is not heard any more."};
  std::optional<std::string> leg_id;
  std::string track_id;
  bool interrupted = false;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_id", "the leg; null: the call's own far end"), s.leg_id);
    visit(Field("track_id", "of media.play's result"), s.track_id);
    visit(Field("interrupted", "before its end"), s.interrupted);
  }
};

struct MediaStreamStarted {
  static constexpr EventInfo info{"media.stream.started", "media_stream_started", "A stream of samples is open."};
  std::string stream_id;
  std::string direction;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("stream_id", "names it").not_flat(), s.stream_id);
    visit(Field("direction", "sendrecv, send or recv").not_flat(), s.direction);
  }
};

struct MediaStreamStopped {
  static constexpr EventInfo info{"media.stream.stopped", "media_stream_stopped", "It is closed."};
  std::string stream_id;
  std::optional<std::string> reason;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("stream_id", "names it").not_flat(), s.stream_id);
    visit(Field("reason", "why").not_flat(), s.reason);
  }
};

struct MediaMuted {
  static constexpr EventInfo info{"media.muted", "media_muted", "A far end was muted."};
  std::optional<std::string> leg_id;
  std::string direction;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_id", "the leg; null: the call's own far end"), s.leg_id);
    visit(Field("direction", "says, hears or both"), s.direction);
  }
};

struct MediaUnmuted {
  static constexpr EventInfo info{"media.unmuted", "media_unmuted", "It is not any more."};
  std::optional<std::string> leg_id;
  std::string direction;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_id", "the leg; null: the call's own far end"), s.leg_id);
    visit(Field("direction", "says, hears or both"), s.direction);
  }
};

struct RecordStarted {
  static constexpr EventInfo info{"record.started", "record_started", "A recording runs."};
  std::string recording_id;
  std::string path;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("recording_id", "names it").not_flat(), s.recording_id);
    visit(Field("path", "of the file").not_flat(), s.path);
  }
};

struct RecordPaused {
  static constexpr EventInfo info{"record.paused", "record_paused", "It is paused."};
  std::string recording_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("recording_id", "names it").not_flat(), s.recording_id);
  }
};

struct RecordResumed {
  static constexpr EventInfo info{"record.resumed", "record_resumed", "It goes on."};
  std::string recording_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("recording_id", "names it").not_flat(), s.recording_id);
  }
};

struct RecordStopped {
  static constexpr EventInfo info{"record.stopped", "record_stopped", "A recording is complete."};
  std::optional<std::uint32_t> duration_secs;
  std::optional<std::string> filename;
  std::optional<std::string> unique_id;
  std::optional<std::uint64_t> file_size;
  std::string recording_id;
  std::string path;
  std::uint64_t duration_ms = 0;
  std::string sha256;
  std::string reason;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("duration_secs", "of the file"), s.duration_secs);
    visit(Field("filename", "of the file"), s.filename);
    visit(Field("unique_id", "the call's id"), s.unique_id);
    visit(Field("file_size", "bytes"), s.file_size);
    visit(Field("recording_id", "names it").not_flat(), s.recording_id);
    visit(Field("path", "of the file").not_flat(), s.path);
    visit(Field("duration_ms", "of the file").not_flat(), s.duration_ms);
    visit(Field("sha256", "of the file").not_flat(), s.sha256);
    visit(Field("reason", "stopped, length_max …").not_flat(), s.reason);
  }
};

struct RecordFailed {
  static constexpr EventInfo info{"record.failed", "record_failed", "A recording failed."};
  std::string recording_id;
  std::string error;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("recording_id", "names the recording"), s.recording_id);
    visit(Field("error", "why"), s.error);
  }
};

struct RecordSegmentMasked {
  static constexpr EventInfo info{"record.segment_masked", "record_segment_masked", "A part of a recording is silent."};
  std::string recording_id;
  double start_secs = 0;
  double end_secs = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("recording_id", "names the recording"), s.recording_id);
    visit(Field("start_secs", "from"), s.start_secs);
    visit(Field("end_secs", "to"), s.end_secs);
  }
};

struct SipMessageReceived {
  static constexpr EventInfo info{"sip.message.received", "sip_message_received", "The far end sent MESSAGE."};
  std::string content_type;
  std::string body;
  std::optional<std::string> from_leg;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("content_type", "of the body"), s.content_type);
    visit(Field("body", "what it says").up_to_bytes(65'536), s.body);
    visit(Field("from_leg", "the leg").not_flat(), s.from_leg);
  }
};

struct SipNotifyReceived {
  static constexpr EventInfo info{"sip.notify.received", "sip_notify_received", "The far end sent NOTIFY."};
  std::string event;
  std::string content_type;
  std::string body;
  std::optional<std::string> from_leg;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("event", "the event package"), s.event);
    visit(Field("content_type", "of the body"), s.content_type);
    visit(Field("body", "what it says").up_to_bytes(65'536), s.body);
    visit(Field("from_leg", "the leg").not_flat(), s.from_leg);
  }
};

struct SipInfoReceived {
  static constexpr EventInfo info{"sip.info.received", "sip_info_received", "The far end sent INFO."};
  std::string content_type;
  std::string body;
  std::optional<std::string> from_leg;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("content_type", "of the body"), s.content_type);
    visit(Field("body", "what it says").up_to_bytes(65'536), s.body);
    visit(Field("from_leg", "the leg").not_flat(), s.from_leg);
  }
};

struct DialogMessage {
  static constexpr EventInfo info{"dialog.message", "dialog_message",
                                  "The far end sent a request that sip.respond is to answer."};
  std::string request_id;
  std::string method;
  std::optional<std::string> leg_id;
  std::string content_type;
  std::string body;
  std::string deadline;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("request_id", "for sip.respond"), s.request_id);
    visit(Field("method", "of the request"), s.method);
    visit(Field("leg_id", "the leg; null: the call's own far end"), s.leg_id);
    visit(Field("content_type", "of the body"), s.content_type);
    visit(Field("body", "what it says").up_to_bytes(65'536), s.body);
    visit(Field("deadline", "RFC 3339"), s.deadline);
  }
};

struct TranscriptStarted {
  static constexpr EventInfo info{"transcript.started", "transcript_started", "A call is being transcribed."};
  std::vector<std::string> sides;
  std::optional<std::string> provider;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("sides", "who"), s.sides);
    visit(Field("provider", "the engine"), s.provider);
  }
};

struct TranscriptSegment {
  static constexpr EventInfo info{"transcript.segment", "transcript_segment", "Something was said."};
  std::string side;
  std::string text;
  bool partial = false;
  std::uint64_t start_ms = 0;
  std::uint64_t end_ms = 0;
  std::optional<std::string> lang;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("side", "by whom"), s.side);
    visit(Field("text", "what").up_to_bytes(8192), s.text);
    visit(Field("partial", "it may still change"), s.partial);
    visit(Field("start_ms", "since the transcription began"), s.start_ms);
    visit(Field("end_ms", "likewise"), s.end_ms);
    visit(Field("lang", "the language"), s.lang);
  }
};

struct TranscriptError {
  static constexpr EventInfo info{"transcript.error", "transcript_error", "The engine failed."};
  std::optional<std::string> side;
  std::string error;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("side", "whose voice"), s.side);
    visit(Field("error", "why"), s.error);
  }
};

struct TranscriptEnded {
  static constexpr EventInfo info{"transcript.ended", "transcript_ended", "A call is not being transcribed any more."};
  std::optional<std::string> reason;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("reason", "why"), s.reason);
  }
};

struct SupervisorListenStarted {
  static constexpr EventInfo info{"supervisor.listen.started", "supervisor_listen_started",
                                  "A supervisor hears a call.", false};
  CallRef supervisor_call_id;
  CallRef target_call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's call"), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised"), s.target_call_id);
  }
};

struct SupervisorWhisperStarted {
  static constexpr EventInfo info{"supervisor.whisper.started", "supervisor_whisper_started",
                                  "A supervisor hears a call, and is heard by the agent.", false};
  CallRef supervisor_call_id;
  CallRef target_call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's call"), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised"), s.target_call_id);
  }
};

struct SupervisorBargeStarted {
  static constexpr EventInfo info{"supervisor.barge.started", "supervisor_barge_started",
                                  "A supervisor talks with all of a call.", false};
  CallRef supervisor_call_id;
  CallRef target_call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's call"), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised"), s.target_call_id);
  }
};

struct SupervisorModeChanged {
  static constexpr EventInfo info{"supervisor.mode.changed", "supervisor_mode_changed",
                                  "A supervision is another one now.", false};
  CallRef supervisor_call_id;
  CallRef target_call_id;
  std::string mode;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's call"), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised"), s.target_call_id);
    visit(Field("mode", "listen, whisper or barge"), s.mode);
  }
};

struct SupervisorModeStopped {
  static constexpr EventInfo info{"supervisor.mode.stopped", "supervisor_mode_stopped", "A supervision has ended.",
                                  false};
  CallRef supervisor_call_id;
  CallRef target_call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's call"), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised"), s.target_call_id);
  }
};

struct SupervisorTakeoverStarted {
  static constexpr EventInfo info{"supervisor.takeover.started", "supervisor_takeover_started",
                                  "A supervisor is taking the agent's place.", false};
  CallRef supervisor_call_id;
  CallRef target_call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's call"), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised"), s.target_call_id);
  }
};

struct SupervisorTakeoverCompleted {
  static constexpr EventInfo info{"supervisor.takeover.completed", "supervisor_takeover_completed",
                                  "A supervisor has the agent's place.", false};
  CallRef supervisor_call_id;
  CallRef target_call_id;
  std::optional<CallRef> previous_agent_call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's call"), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised"), s.target_call_id);
    visit(Field("previous_agent_call_id", "who had it"), s.previous_agent_call_id);
  }
};

struct SupervisorTakeoverFailed {
  static constexpr EventInfo info{"supervisor.takeover.failed", "supervisor_takeover_failed", "Nothing has changed.",
                                  false};
  CallRef supervisor_call_id;
  CallRef target_call_id;
  std::string reason;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's call"), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised"), s.target_call_id);
    visit(Field("reason", "why"), s.reason);
  }
};

struct ConferenceCreated {
  static constexpr EventInfo info{"conference.created", "conference_created", "A room is there.", false};
  std::string conf_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
  }
};

struct ConferenceMemberJoined {
  static constexpr EventInfo info{"conference.member.joined", "conference_member_joined", "A call is in a room.",
                                  false};
  std::string conf_id;
  CallRef call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("call_id", "the member"), s.call_id);
  }
};

struct ConferenceMemberLeft {
  static constexpr EventInfo info{"conference.member.left", "conference_member_left", "A call is out of a room.",
                                  false};
  std::string conf_id;
  CallRef call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("call_id", "the member"), s.call_id);
  }
};

struct ConferenceMemberMuted {
  static constexpr EventInfo info{"conference.member.muted", "conference_member_muted",
                                  "Nobody in the room hears a member.", false};
  std::string conf_id;
  CallRef call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("call_id", "the member"), s.call_id);
  }
};

struct ConferenceMemberUnmuted {
  static constexpr EventInfo info{"conference.member.unmuted", "conference_member_unmuted", "It is heard again.",
                                  false};
  std::string conf_id;
  CallRef call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("call_id", "the member"), s.call_id);
  }
};

struct ConferenceDestroyed {
  static constexpr EventInfo info{"conference.destroyed", "conference_destroyed", "A room is gone.", false};
  std::string conf_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
  }
};

struct ConferenceError {
  static constexpr EventInfo info{"conference.error", "conference_error", "A room could not be made.", false};
  std::string conf_id;
  std::string error;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("error", "why"), s.error);
  }
};

struct ConferenceEndedByHost {
  static constexpr EventInfo info{"conference.ended_by_host", "conference_ended_by_host", "The host has ended a room.",
                                  false};
  std::string conf_id;
  CallRef host_call_id;
  std::vector<CallRef> removed_call_ids;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("host_call_id", "the host"), s.host_call_id);
    visit(Field("removed_call_ids", "who was in it"), s.removed_call_ids);
  }
};

struct ConferenceAutoEnded {
  static constexpr EventInfo info{"conference.auto_ended", "conference_auto_ended", "A room has ended by itself.",
                                  false};
  std::string conf_id;
  std::string reason;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("reason", "why"), s.reason);
  }
};

struct ConferenceMergeRequested {
  static constexpr EventInfo info{"conference.merge_requested", "conference_merge_requested",
                                  "Two calls are being brought into a room.", false};
  CallRef call_id;
  CallRef consultation_call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "one"), s.call_id);
    visit(Field("consultation_call_id", "the other"), s.consultation_call_id);
  }
};

struct ConferenceMerged {
  static constexpr EventInfo info{"conference.merged", "conference_merged", "They are in it.", false};
  std::string conf_id;
  CallRef call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("call_id", "the member"), s.call_id);
  }
};

struct ConferenceMergeFailed {
  static constexpr EventInfo info{"conference.merge_failed", "conference_merge_failed", "They are not.", false};
  std::string conf_id;
  CallRef call_id;
  std::string reason;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("call_id", "the member"), s.call_id);
    visit(Field("reason", "why"), s.reason);
  }
};

struct SeatReplaceStarted {
  static constexpr EventInfo info{"conference.seat_replace.started", "conference_seat_replace_started",
                                  "A seat is changing hands.", false};
  std::string conf_id;
  CallRef old_call_id;
  CallRef new_call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("old_call_id", "whose seat it was"), s.old_call_id);
    visit(Field("new_call_id", "who takes it"), s.new_call_id);
  }
};

struct SeatReplaceSucceeded {
  static constexpr EventInfo info{"conference.seat_replace.succeeded", "conference_seat_replace_succeeded", "It has.",
                                  false};
  std::string conf_id;
  CallRef old_call_id;
  CallRef new_call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("old_call_id", "whose seat it was"), s.old_call_id);
    visit(Field("new_call_id", "who takes it"), s.new_call_id);
  }
};

struct SeatReplaceFailed {
  static constexpr EventInfo info{"conference.seat_replace.failed", "conference_seat_replace_failed", "It has not.",
                                  false};
  std::string conf_id;
  CallRef old_call_id;
  CallRef new_call_id;
  std::string reason;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("old_call_id", "whose seat it was"), s.old_call_id);
    visit(Field("new_call_id", "who takes it"), s.new_call_id);
    visit(Field("reason", "why"), s.reason);
  }
};

struct SeatReplaceRollbackFailed {
  static constexpr EventInfo info{"conference.seat_replace.rollback_failed", "conference_seat_replace_rollback_failed",
                                  "And who had it could not get it back.", false};
  std::string conf_id;
  CallRef old_call_id;
  CallRef new_call_id;
  std::string reason;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("old_call_id", "whose seat it was"), s.old_call_id);
    visit(Field("new_call_id", "who takes it"), s.new_call_id);
    visit(Field("reason", "why"), s.reason);
  }
};

}  // namespace events

using EventBody =
    std::variant<events::CallIncoming, events::CallCreated, events::CallRinging, events::CallEarlyMedia,
                 events::CallAnswered, events::CallBridged, events::CallUnbridged, events::CallTransferred,
                 events::CallTransferAccepted, events::CallTransferFailed, events::CallHangup, events::CallNoAnswer,
                 events::CallBusy, events::CallOwnershipChanged, events::CallOrphaned, events::CallLegAdded,
                 events::CallLegAnswered, events::CallLegRemoved, events::Dtmf, events::DtmfCollected,
                 events::DtmfCollectionTimeout, events::MediaHoldStarted, events::MediaHoldStopped,
                 events::RingbackPassthroughStarted, events::RingbackPassthroughStopped, events::MediaPlayStarted,
                 events::MediaPlayFinished, events::MediaStreamStarted, events::MediaStreamStopped, events::MediaMuted,
                 events::MediaUnmuted, events::RecordStarted, events::RecordPaused, events::RecordResumed,
                 events::RecordStopped, events::RecordFailed, events::RecordSegmentMasked, events::SipMessageReceived,
                 events::SipNotifyReceived, events::SipInfoReceived, events::DialogMessage, events::TranscriptStarted,
                 events::TranscriptSegment, events::TranscriptError, events::TranscriptEnded,
                 events::SupervisorListenStarted, events::SupervisorWhisperStarted, events::SupervisorBargeStarted,
                 events::SupervisorModeChanged, events::SupervisorModeStopped, events::SupervisorTakeoverStarted,
                 events::SupervisorTakeoverCompleted, events::SupervisorTakeoverFailed, events::ConferenceCreated,
                 events::ConferenceMemberJoined, events::ConferenceMemberLeft, events::ConferenceMemberMuted,
                 events::ConferenceMemberUnmuted, events::ConferenceDestroyed, events::ConferenceError,
                 events::ConferenceEndedByHost, events::ConferenceAutoEnded, events::ConferenceMergeRequested,
                 events::ConferenceMerged, events::ConferenceMergeFailed, events::SeatReplaceStarted,
                 events::SeatReplaceSucceeded, events::SeatReplaceFailed, events::SeatReplaceRollbackFailed>;

/// Something happened. Who is told: the owners and supervisors of `call` and of `others`, whoever may observe all, and
/// of a room's events those who follow the room.
struct Event {
  CallId call;                 ///< the one it is about, shown as `call_id`; none: about several
  std::vector<CallId> others;  ///< further calls whose programs are told
  TokenId token;               ///< of a room's events: whose room it is; none: nobody's
  EventBody body;
};

/// Takes events in the order in which they happen, on the control thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void publish(Event event, TimePoint now) = 0;
};

}  // namespace junctor::apps::program
