#include "hub/programs.hpp"

#include <functional>
#include <map>
#include <utility>

namespace junctor::hub {

using apps::program::Place;
using apps::program::ProgramCall;

namespace {

apps::program::TransferSettings transfer_settings(const config::RwiTransfer& transfer) {
  return {transfer.refer_enabled,      transfer.attended_enabled,       transfer.three_pcc_fallback_enabled,
          transfer.refer_timeout_secs, transfer.three_pcc_timeout_secs, transfer.max_concurrent_transfers};
}

apps::program::DialogRules dialog_rules(const config::SmartRouting& smart) {
  using apps::program::DialogRule;
  apps::program::DialogRules out;
  out.enabled = smart.enabled && smart.in_dialog_enabled;
  out.notify = smart.in_dialog_notify_rwi;
  std::multimap<int, const config::InDialogRule*, std::greater<>> by_priority;  // equals stay in the file's order
  for (const config::InDialogRule& rule : smart.in_dialog_rules) {
    if (rule.enabled) by_priority.emplace(rule.priority, &rule);
  }
  for (const auto& [priority, from] : by_priority) {
    const config::InDialogRule& rule = *from;
    DialogRule made{rule.method,
                    rule.content_type,
                    DialogRule::Action::forward_leg,
                    rule.action.wait_response,
                    rule.action.timeout_ms,
                    static_cast<int>(rule.action.code)};
    switch (rule.action.type) {
      case config::InDialogActionType::forward_leg:
      case config::InDialogActionType::execute_rule:
        break;
      case config::InDialogActionType::forward_rwi:
        made.action = DialogRule::Action::forward_rwi;
        break;
      case config::InDialogActionType::auto_reply:
        made.action = DialogRule::Action::auto_reply;
        break;
      case config::InDialogActionType::drop:
        made.action = DialogRule::Action::drop;
        break;
    }
    out.rules.push_back(std::move(made));
  }
  return out;
}

}  // namespace

Programs::Programs(Parts parts, const std::string& data_dir)
    : parts_(parts),
      calls_(parts.calls),
      gateway_({parts.web, calls_, parts.timers, parts.random, parts.wall, parts.store, parts.log, parts.counters},
               orphans()),
      destinations_({parts.directory, parts.endpoint}),
      click_to_dial_({parts.calls, parts.dialler, destinations_}),
      playbacks_({parts.calls, calls_, parts.fence, parts.sounds, parts.speech, parts.fetched, gateway_.events(),
                  parts.random},
                 data_dir + "/sounds"),
      bridges_({parts.calls, calls_, parts.fence, gateway_.events()}),
      ringbacks_({parts.calls, calls_, parts.fence, gateway_.events()}),
      originations_(
          {parts.calls, calls_, parts.dialler, destinations_, playbacks_, ringbacks_, gateway_.events(), parts.timers}),
      call_apps_({parts.calls, calls_, parts.music, parts.conferences, destinations_, parts.fence}),
      call_control_({parts.calls, calls_, bridges_, playbacks_, ringbacks_, call_apps_, gateway_.events()}),
      collectors_(calls_, gateway_.events(), parts.timers),
      rooms_({parts.calls, calls_, bridges_, parts.fence, gateway_.events(), parts.recording, destinations_,
              parts.timers, parts.random, parts.wall}),
      supervisors_({parts.calls, calls_, bridges_, rooms_, parts.fence, gateway_.events(), parts.log}),
      mutes_({parts.calls, calls_, parts.fence, gateway_.events()}),
      record_control_({parts.calls, calls_, parts.recordings, parts.recording, gateway_.events(), parts.timers,
                       parts.random, parts.log}),
      offers_({parts.calls, calls_, parts.dialler, parts.directory, playbacks_, gateway_.events(), parts.timers}),
      streams_({parts.media, parts.timers, parts.random, parts.counters, parts.dialled},
               {.servant = [this](WebId id) { parts_.web.rouse(id); }, .control = parts.wake},
               [this](const stream::Event& event, TimePoint now) { program_streams_.on_stream_event(event, now); }),
      program_streams_({parts.calls, calls_, parts.fence, gateway_.events(), streams_}),
      story_({parts.calls, calls_, gateway_.events(), parts.wall,
              [this](apps::program::SessionId id) {
                const control::Session* const session = gateway_.sessions().find(id);
                return session == nullptr ? std::string() : session->name;
              }}),
      holds_({parts.calls, calls_, parts.music, playbacks_, gateway_.events()}),
      transfers_({parts.calls, calls_, bridges_, parts.dialler, destinations_, parts.directory, program_streams_,
                  gateway_.events()}),
      consultations_({parts.calls, calls_, bridges_, holds_, originations_, transfers_, gateway_.events()}),
      sip_requests_({parts.calls, calls_, bridges_, gateway_.events(), parts.timers, parts.random, parts.wall}) {
  gateway_.set_handlers({&gateway_.control(), &call_control_, &call_apps_, &originations_, &playbacks_, &ringbacks_,
                         &collectors_, &holds_, &transfers_, &consultations_, &sip_requests_, &rooms_, &supervisors_,
                         &mutes_, &record_control_, &program_streams_});
  originations_.set_record([this](ProgramCall& call, const apps::program::RecordOptions& options, TimePoint now) {
    const control::Session* const session = gateway_.sessions().find(call.owner);
    record_control_.begin(call, options, {call.owner, call.token, session == nullptr ? "" : session->token->name}, now);
  });
  rooms_.set_unhold([this](ProgramCall& call, apps::program::ConferenceRooms::Done done, TimePoint now) {
    holds_.unhold(
        call,
        [done = std::move(done)](std::optional<apps::program::Failure> failure, TimePoint then) {
          if (failure) return done(fail(std::move(*failure)), then);
          done({}, then);
        },
        now);
  });
  gateway_.set_media([this](apps::program::TokenId token, std::string_view frame,
                            TimePoint now) { return program_streams_.on_frame(frame, token, now).has_value(); },
                     [this](apps::program::TokenId token, std::string_view stream, WebId socket) {
                       return program_streams_.take(token, stream, socket);
                     });
  story_.set_watch_all([this] { return gateway_.anyone_observes_all(); });
  parts_.dialler.set_offer(
      [this](CallId call, const std::string& context, const routing::Facts& facts, apps::OfficeSnapshot office,
             TimePoint now) { return offers_.offer(call, context, facts, std::move(office), now); });
}

void Programs::set_config(const config::Config& config, apps::OfficeSnapshot office) {
  destinations_.set_office(std::move(office));
  originations_.set_headers(config.rwi.passthrough_outbound);
  transfers_.set_settings(transfer_settings(config.rwi.transfer));
  consultations_.set_settings(transfer_settings(config.rwi.transfer));
  sip_requests_.set_rules(dialog_rules(config.rwi.smart_routing));
  std::vector<apps::program::Context> contexts;
  for (const config::RwiContext& context : config.rwi.contexts) {
    using apps::program::NoAnswer;
    apps::program::Context made{context.name, context.no_answer_timeout_secs, NoAnswer::hangup,
                                context.no_answer_transfer_target};
    switch (context.no_answer_action) {
      case config::NoAnswerAction::hangup:
        break;
      case config::NoAnswerAction::play_tone:
        made.no_answer = NoAnswer::play_tone;
        break;
      default:  // queue, ivr and voicemail are destinations like any other
        made.no_answer = NoAnswer::transfer;
        break;
    }
    contexts.push_back(std::move(made));
  }
  offers_.set_contexts(std::move(contexts), config.rwi.passthrough_inbound);
  control::GatewaySettings settings;
  settings.enabled = config.rwi.enabled;
  settings.limits.sessions_max = config.rwi.max_connections;
  settings.limits.calls_max = config.rwi.max_calls_per_connection;
  settings.limits.originates_a_second = config.rwi.originate_rate_limit;
  settings.limits.orphan_hold = config.rwi.orphan_hold_secs;
  for (const config::RwiToken& token : config.rwi.tokens)
    settings.tokens.push_back({token.name, token.token.value, token.scopes, token.contexts, token.trunks});
  gateway_.set_settings(settings);
}

control::SessionControl::Orphans Programs::orphans() {
  return {[this](ProgramCall& call, bool waits, TimePoint now) { wait(call, waits, now); },
          [this](ProgramCall& call, TimePoint now) { give_up(call, now); }};
}

/// Who talks goes on; who is alone hears music until somebody takes the call back.
void Programs::wait(ProgramCall& call, bool waits, TimePoint now) {
  if (!call.answered || call.place != Place::alone || call.held) return;
  if (waits) {
    playbacks_.stop_all(call.id, now);
    parts_.music.start(call.id, call.leg, now);
  } else {
    parts_.music.stop(call.leg);
  }
}

void Programs::give_up(ProgramCall& call, TimePoint now) {
  if (!call.answered && call.inbound) return offers_.give_up(call.id, now);
  const bool talks = call.answered && call.place != Place::alone;
  call.ownership = apps::program::Ownership::unowned;
  calls_.set_owner(call, {});
  if (talks) return;
  call.hangup_reason = "abandoned";
  call.hangup_by = "system";
  parts_.calls.hang_up(call.id, call.answered ? call::normal_clearing() : call::Cause{487, 16, "abandoned"}, now);
}

/// Who answers commands comes before the events that they cause, and the end comes last.
void Programs::on_call_event(const call::Event& event, TimePoint now) {
  call_control_.on_call_event(event, now);
  originations_.on_call_event(event, now);
  click_to_dial_.on_call_event(event, now);
  story_.on_call_event(event, now);
  playbacks_.on_call_event(event, now);
  ringbacks_.on_call_event(event, now);
  call_apps_.on_call_event(event, now);
  rooms_.on_call_event(event, now);
  bridges_.on_call_event(event, now);
  supervisors_.on_call_event(event, now);
  record_control_.on_call_event(event, now);
  program_streams_.on_call_event(event, now);
  collectors_.on_call_event(event, now);
  offers_.on_call_event(event, now);
  holds_.on_call_event(event, now);
  transfers_.on_call_event(event, now);
  consultations_.on_call_event(event, now);
  sip_requests_.on_call_event(event, now);
  if (std::holds_alternative<call::Ended>(event.body)) story_.on_ended(event, now);
}

}  // namespace junctor::hub
