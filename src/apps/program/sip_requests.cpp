#include "apps/program/sip_requests.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sip/text.hpp"

namespace junctor::apps::program {
namespace {

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

/// Nobody answered, or the dialog is not there any more.
bool is_unanswered(int status) {
  return status == 0 || status == 408 || status == 481 || status == 503;
}

Failure failure_of(int status) {
  if (status == 0) return call_ended();
  const std::string text = std::to_string(status);
  return failed("sip_" + text, "the far end answered " + text);
}

constexpr Duration relay_patience = call::Leg::take_max;

}  // namespace

bool DialogRule::fits(std::string_view with_method, std::string_view with_content_type) const {
  if (!sip::text::iequals(method, with_method)) return false;
  const std::string_view type = with_content_type.substr(0, with_content_type.find(';'));
  if (content_type.empty() || content_type == "*/*") return true;
  if (content_type.ends_with("/*")) {
    const std::string_view kind = std::string_view(content_type).substr(0, content_type.size() - 1);
    return type.size() > kind.size() && sip::text::iequals(type.substr(0, kind.size()), kind);
  }
  return sip::text::iequals(content_type, type);
}

SipRequests::SipRequests(Parts parts) : parts_(parts) {
  parts_.calls.set_message_taker(
      [this](CallId call, const call::MessageReceived& message, TimePoint) { return fate_of(call, message); });
}

SipRequests::~SipRequests() {
  parts_.calls.set_message_taker(nullptr);
  for (auto& [id, open] : open_) parts_.timers.cancel(open.timer);
}

// ------------------------------------------------------------------------------------------------------------ sending

template <class Command>
void SipRequests::ask(const Command& c, sip::Method method, call::Headers headers, Reply<Command> reply,
                      TimePoint now) {
  const ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  const call::Leg* const leg = parts_.programs.leg_of(entry, c.leg_id);
  if (leg == nullptr) return reply(fail(failed("not_found", "Leg not found: " + c.leg_id)), now);
  if (!leg->is_up()) return reply(fail(invalid_state("the call is not answered")), now);
  call::Payload payload;
  payload.headers = std::move(headers);
  if constexpr (requires { c.content_type; }) {
    if (!is_one_line(c.content_type)) return reply(fail(invalid_params("\"content_type\" is no media type")), now);
    payload.content_type = c.content_type;
    payload.body = c.body;
  }
  const auto replied = [reply](const call::Reply& answer, TimePoint then) {
    const auto status = static_cast<std::uint32_t>(answer.status);
    if constexpr (std::is_same_v<Command, SipOptionsPing>) {
      // Whatever it says, it is there.
      if (is_unanswered(answer.status)) return reply(fail(failure_of(answer.status)), then);
      reply(SipOptionsPing::Done{status, std::chrono::duration<double, std::milli>(answer.round_trip).count()}, then);
    } else {
      if (answer.status / 100 != 2) return reply(fail(failure_of(answer.status)), then);
      reply(SipDone{status, answer.body}, then);
    }
  };
  const auto sent = parts_.calls.request(entry.id, leg->id(), method, payload, replied, now);
  if (!sent) reply(fail(refused(sent.error())), now);
}

void SipRequests::run(const SipMessage& c, const Requester&, Reply<SipMessage> reply, TimePoint now) {
  ask(c, sip::Method::message, {}, std::move(reply), now);
}

void SipRequests::run(const SipNotify& c, const Requester&, Reply<SipNotify> reply, TimePoint now) {
  if (c.event.empty() || !is_one_line(c.event))
    return reply(fail(invalid_params("\"event\" must name an event package")), now);
  ask(c, sip::Method::notify, {{"Event", c.event}, {"Subscription-State", "active"}}, std::move(reply), now);
}

void SipRequests::run(const SipInfo& c, const Requester&, Reply<SipInfo> reply, TimePoint now) {
  ask(c, sip::Method::info, {}, std::move(reply), now);
}

void SipRequests::run(const SipOptionsPing& c, const Requester&, Reply<SipOptionsPing> reply, TimePoint now) {
  ask(c, sip::Method::options, {}, std::move(reply), now);
}

void SipRequests::run(const SipRespond& c, const Requester& who, Reply<SipRespond> reply, TimePoint now) {
  const auto at = open_.find(c.request_id);
  const ProgramCall* const entry = at == open_.end() ? nullptr : parts_.programs.find(at->second.call);
  if (entry == nullptr) return reply(fail(invalid_state("no such request waits for an answer")), now);
  if (entry->owner != who.session && !who.forced)
    return reply(fail(failed("not_owner", "another session controls the call")), now);
  if (!is_one_line(c.content_type)) return reply(fail(invalid_params("\"content_type\" is no media type")), now);
  auto node = open_.extract(at);
  Open& open = node.mapped();
  parts_.timers.cancel(open.timer);
  const auto done = parts_.calls.respond(open.call, open.message.leg, open.message.request, static_cast<int>(c.code),
                                         {c.content_type, c.body, {}}, now);
  if (!done) return reply(fail(invalid_state("no such request waits for an answer")), now);
  reply(NoData{}, now);
}

// ---------------------------------------------------------------------------------------------------------- receiving

const DialogRule* SipRequests::rule_for(const call::MessageReceived& message) const {
  if (!rules_.enabled) return nullptr;
  const auto at = std::ranges::find_if(
      rules_.rules, [&](const DialogRule& rule) { return rule.fits(message.method, message.content_type); });
  return at == rules_.rules.end() ? nullptr : &*at;
}

call::MessageFate SipRequests::fate_of(CallId call, const call::MessageReceived& message) {
  const ProgramCall* const entry = parts_.programs.find(call);
  if (entry == nullptr || entry->ownership != Ownership::owned) return {};
  const DialogRule* const rule = rule_for(message);
  const bool is_for_us = rule != nullptr && rule->action != DialogRule::Action::forward_leg;
  if (is_for_us || parts_.bridges.partner(*entry) != nullptr) return {.take = relay_patience, .listens = true};
  return {.take = std::nullopt, .listens = true};
}

void SipRequests::on_call_event(const call::Event& event, TimePoint now) {
  if (const auto* message = std::get_if<call::MessageReceived>(&event.body)) {
    const ProgramCall* const entry = parts_.programs.find(event.call);
    if (entry != nullptr && entry->ownership == Ownership::owned) on_message(*entry, *message, now);
  } else if (std::holds_alternative<call::Ended>(event.body)) {
    for (auto& [id, open] : open_)
      if (open.call == event.call) parts_.timers.cancel(open.timer);
    std::erase_if(open_, [&](const auto& each) { return each.second.call == event.call; });
  }
}

void SipRequests::on_message(const ProgramCall& entry, const call::MessageReceived& message, TimePoint now) {
  using Action = DialogRule::Action;
  const DialogRule* const rule = rule_for(message);
  const auto respond = [&](int status) {
    (void)parts_.calls.respond(entry.id, message.leg, message.request, status, {}, now);
  };
  if (rule == nullptr || rule->action == Action::forward_leg) {
    if (rule == nullptr || rules_.notify) tell(entry, message, now);
    if (message.taken) pass(entry.id, message, now);
  } else if (!message.taken) {
    return;  // the rules have changed since
  } else if (rule->action == Action::forward_rwi && rule->wait_response) {
    wait_for_program(entry, message, *rule, now);
  } else if (rule->action == Action::forward_rwi) {
    respond(200);
    tell(entry, message, now);
  } else {
    respond(rule->action == Action::auto_reply ? rule->code : 200);
  }
}

void SipRequests::tell(const ProgramCall& entry, const call::MessageReceived& message, TimePoint now) {
  const auto leg = parts_.programs.leg_name(entry, message.leg);
  if (message.method == "MESSAGE")
    parts_.events.publish({entry.id, {}, {}, events::SipMessageReceived{message.content_type, message.body, leg}}, now);
  if (message.method == "INFO")
    parts_.events.publish({entry.id, {}, {}, events::SipInfoReceived{message.content_type, message.body, leg}}, now);
  if (message.method == "NOTIFY")
    parts_.events.publish(
        {entry.id, {}, {}, events::SipNotifyReceived{message.event_package, message.content_type, message.body, leg}},
        now);
}

void SipRequests::wait_for_program(const ProgramCall& entry, const call::MessageReceived& message,
                                   const DialogRule& rule, TimePoint now) {
  if (open_.size() >= open_max) return pass(entry.id, message, now);
  const Duration patience = std::min(rule.timeout, relay_patience);
  const std::string id = "r-" + parts_.random.token(16);
  Open& open = open_[id];
  open.call = entry.id;
  open.message = message;
  open.number = ++last_;
  open.timer = parts_.timers.schedule(now + patience, *this, open.number);
  events::DialogMessage told;
  told.request_id = id;
  told.method = message.method;
  told.leg_id = parts_.programs.leg_name(entry, message.leg);
  told.content_type = message.content_type;
  told.body = message.body;
  told.deadline = rfc3339(parts_.wall.at(now + patience));
  parts_.events.publish({entry.id, {}, {}, std::move(told)}, now);
}

void SipRequests::on_timer(std::uint64_t token, TimePoint now) {
  const auto at = std::ranges::find_if(open_, [&](const auto& each) { return each.second.number == token; });
  if (at == open_.end()) return;
  const auto node = open_.extract(at);
  pass(node.mapped().call, node.mapped().message, now);
}

void SipRequests::pass(CallId call, const call::MessageReceived& message, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const LegId leg = message.leg;
  const TransactionId request = message.request;
  if (parts_.calls.pass_on(call, leg, request, now)) return;
  const ProgramCall* const entry = parts_.programs.find(call);
  const ProgramCall* const other = entry == nullptr || leg != entry->leg ? nullptr : parts_.bridges.partner(*entry);
  const sip::Method method = sip::method_from(message.method);
  if (other == nullptr) {
    const int status = method == sip::Method::options ? 200 : 480;
    return (void)parts_.calls.respond(call, leg, request, status, {}, now);
  }
  call::Payload payload{message.content_type, message.body, {}};
  if (!message.event_package.empty())
    payload.headers = {{"Event", message.event_package}, {"Subscription-State", "active"}};
  const auto replied = [this, call, leg, request](const call::Reply& answer, TimePoint then) {
    const bool ours = is_unanswered(answer.status) || answer.status == 401 || answer.status == 407;
    (void)parts_.calls.respond(call, leg, request, ours ? 500 : answer.status, {answer.content_type, answer.body, {}},
                               then);
  };
  if (!parts_.calls.request(other->id, other->leg, method, payload, replied, now))
    (void)parts_.calls.respond(call, leg, request, 480, {}, now);
}

}  // namespace junctor::apps::program
