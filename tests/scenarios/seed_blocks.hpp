#pragma once
// Everything that the protocol's own document gives as an example: its JSON, as it stands there, and the names in its
// tables of commands and events.
#include <string_view>

namespace junctor::sim {

struct SeedBlock {
  int block;  ///< its number among the blocks of JSON; one of them has three values
  std::string_view name;
  std::string_view text;
};

constexpr SeedBlock seed_blocks[] = {
    {1, "4.2 answer",
     R"({"action_id":"b0e31d3a-5f7c-4fd9-b987-f5ec7e7e5c49","action":"call.answer",)"
     R"("params":{"call_id":"c_92f4"}})"},
    {2, "4.2 answer done",
     R"({"type":"command_completed","action_id":"b0e31d3a-5f7c-4fd9-b987-f5ec7e7e5c49",)"
     R"("action":"call.answer","call_id":"c_92f4","status":"success"})"},
    {3, "4.2 originate done",
     R"({"type":"command_completed","action_id":"req-001","action":"call.originate",)"
     R"("status":"success","data":{"call_id":"c_92f4"}})"},
    {4, "4.2 answer failed",
     R"({"type":"command_failed","action_id":"b0e31d3a-5f7c-4fd9-b987-f5ec7e7e5c49",)"
     R"("action":"call.answer","call_id":"c_92f4","error":"Call not found: c_92f4"})"},
    {5, "4.2 incoming",
     R"({"event":"call.incoming","call_id":"c_92f4","data":{"context":"default","caller":"1001",)"
     R"("callee":"2000","direction":"inbound","trunk":"trunk_main",)"
     R"("sip_headers":{"X-Tenant-ID":"corp_a","P-Asserted-Identity":"sip:1001@pbx.local"}}})"},
    {6, "4.3 originate",
     R"({"action":"call.originate","action_id":"req-001","params":{"call_id":"leg_a",)"
     R"("destination":"sip:bob@local","caller_id":"4000","timeout_secs":30}})"},
    {7, "5.1 subscribe",
     R"({"action":"session.subscribe","action_id":"req-s01","params":{"contexts":["ivr_bot",)"
     R"("queue_overflow"]}})"},
    {8, "5.2 originate",
     R"({"action":"call.originate","action_id":"req-001","params":{"call_id":"leg_a",)"
     R"("destination":"sip:bob@local","caller_id":"4000","timeout_secs":30,)"
     R"("extra_headers":{"X-Campaign-ID":"camp_001"}}})"},
    {9, "5.2 originate with music",
     R"({"action":"call.originate","action_id":"req-002","params":{"call_id":"leg_b",)"
     R"("destination":"sip:alice@local","caller_id":"4000","timeout_secs":45,)"
     R"("hold_music":{"type":"file","uri":"sounds/hold.wav","looped":true},)"
     R"("hold_music_target":"leg_a"}})"},
    {10, "5.2 bridge",
     R"({"action":"call.bridge","action_id":"req-003","params":{"leg_a":"leg_a",)"
     R"("leg_b":"leg_b"}})"},
    {11, "5.2 reject",
     R"({"action":"call.reject","action_id":"req-010","params":{"call_id":"c_92f4",)"
     R"("reason":"busy"}})"},
    {12, "5.3 play",
     R"({"action":"media.play","action_id":"req-011","params":{"call_id":"c_92f4",)"
     R"("source":{"type":"file","uri":"sounds/welcome.wav"},"interrupt_on_dtmf":true}})"},
    {13, "5.3 source file", R"({"type":"file","uri":"sounds/hold.wav","looped":true})"},
    {13, "5.3 source silence", R"({"type":"silence"})"},
    {13, "5.3 source ringback", R"({"type":"ringback"})"},
    {14, "5.3 stream",
     R"({"action":"media.stream_start","action_id":"req-050","params":{"call_id":"c_92f4",)"
     R"("direction":"recv","format":{"codec":"PCMU","sample_rate":8000,"channels":1,)"
     R"("ptime_ms":20}}})"},
    {15, "5.4 record",
     R"({"action":"record.start","action_id":"req-020","params":{"call_id":"c_92f4",)"
     R"("mode":"mixed","beep":false,"max_duration_secs":7200,"storage":{"backend":"file",)"
     R"("path":"records/2026/03/13/c_92f4.wav"}}})"},
    {16, "5.5 enqueue",
     R"({"action":"queue.enqueue","action_id":"req-030","params":{"call_id":"c_92f4",)"
     R"("queue_id":"support_l1","priority":5,"skills":["billing","zh"],"max_wait_secs":300}})"},
    {17, "5.6 whisper",
     R"({"action":"supervisor.whisper","action_id":"req-040",)"
     R"("params":{"supervisor_call_id":"sup_001","target_call_id":"c_92f4","agent_leg":"a_leg"}})"},
    {18, "5.7 message",
     R"({"action":"sip.message","action_id":"req-msg-01","params":{"call_id":"c_92f4",)"
     R"("content_type":"text/plain","body":"Your ticket number is 12345"}})"},
    {19, "5.8 create",
     R"({"action":"conference.create","action_id":"req-conf-01","params":{"conf_id":"room_42",)"
     R"("backend":"internal","max_members":10,"record":true}})"},
    {20, "5.8 seat_replace",
     R"({"action":"conference.seat_replace","action_id":"req-conf-seat-01",)"
     R"("params":{"conference_id":"room_42","old_call_id":"call_a","new_call_id":"call_a1"}})"},
    {21, "6.1 originate done",
     R"({"type":"command_completed","action_id":"req-001","action":"call.originate",)"
     R"("call_id":"c_92f4","status":"success","data":{"call_id":"c_92f4"}})"},
    {22, "7 answer failed",
     R"({"type":"command_failed","action_id":"req-001","action":"call.answer",)"
     R"("call_id":"c_92f4","error":"Call not found: c_92f4"})"},
    {23, "12.6 subscribe",
     R"({"action":"session.subscribe","params":{"contexts":["support_queue"],)"
     R"("level":"full_control"}})"},
};

// clang-format off
constexpr std::string_view seed_commands[] = {
    "session.subscribe", "session.unsubscribe", "session.list_calls", "session.attach_call", "session.detach_call",
    "call.originate", "call.answer", "call.reject", "call.ring", "call.hangup", "call.bridge", "call.unbridge",
    "call.transfer", "call.transfer.attended", "call.transfer.complete", "call.transfer.cancel", "call.hold",
    "call.unhold", "call.set_ringback_source", "media.play", "media.stop", "media.stream_start", "media.stream_stop",
    "media.inject_start", "media.inject_stop", "record.start", "record.pause", "record.resume", "record.stop",
    "record.mask_segment", "queue.enqueue", "queue.dequeue", "queue.hold", "queue.unhold", "queue.set_priority",
    "queue.assign_agent", "queue.requeue", "supervisor.listen", "supervisor.whisper", "supervisor.barge",
    "supervisor.takeover", "supervisor.stop", "sip.message", "sip.notify", "sip.options_ping", "conference.create",
    "conference.add", "conference.remove", "conference.mute", "conference.unmute", "conference.destroy",
    "conference.seat_replace",};
// clang-format on

// clang-format off
constexpr std::string_view seed_events[] = {
    "call.incoming", "call.ringing", "call.early_media", "call.answered", "call.bridged", "call.unbridged",
    "call.transferred", "call.transfer.accepted", "call.transfer.failed", "call.hangup", "call.no_answer",
    "call.busy", "media.hold.started", "media.hold.stopped", "media.ringback.passthrough.started",
    "media.ringback.passthrough.stopped", "media.play.started", "media.play.finished", "media.stream.started",
    "media.stream.stopped", "record.started", "record.paused", "record.resumed", "record.stopped", "record.failed",
    "record.segment_masked", "queue.joined", "queue.position_changed", "queue.agent_offered", "queue.agent_connected",
    "queue.left", "queue.wait_timeout", "supervisor.listen.started", "supervisor.whisper.started",
    "supervisor.barge.started", "supervisor.mode.stopped", "supervisor.takeover.completed", "sip.message.received",
    "sip.notify.received", "dtmf", "conference.created", "conference.member.joined", "conference.member.left",
    "conference.member.muted", "conference.member.unmuted", "conference.destroyed", "conference.error",
    "conference.seat_replace.started", "conference.seat_replace.succeeded", "conference.seat_replace.failed",
    "conference.seat_replace.rollback_failed",};
// clang-format on

}  // namespace junctor::sim
