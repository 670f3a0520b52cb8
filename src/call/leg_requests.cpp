// Requests inside a leg's dialog that change no session: those that are passed on or that an app wants sent, key
// presses by INFO, REFER either way with its NOTIFYs (RFC 3515), and the far end's requests that wait for an app.
#include <algorithm>
#include <charconv>
#include <utility>

#include "call/leg.hpp"
#include "call/sdp_body.hpp"
#include "rtp/event_sender.hpp"
#include "sip/headers.hpp"
#include "sip/text.hpp"

namespace junctor::call {

using sip::HeaderId;
using sip::Message;
using sip::Method;

namespace {

/// The status that a message/sipfrag tells (RFC 3515 §2.4.4); 0: none.
int status_in(std::string_view sipfrag) {
  constexpr std::string_view version = "SIP/2.0 ";
  if (!sipfrag.starts_with(version) || sipfrag.size() < version.size() + 3) return 0;
  const std::string_view digits = sipfrag.substr(version.size(), 3);
  int status = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), status);
  return error == std::errc() && end == digits.data() + digits.size() && status >= 100 && status < 700 ? status : 0;
}

}  // namespace

void Leg::send_request(std::string_view method, const Payload& payload, std::uint64_t context, TimePoint now) {
  if (!dialog_ || state_ == LegState::leaving || state_ == LegState::ended) return;
  Message request = dialog_->request(method);
  finish_request(request);
  for (const auto& [name, value] : payload.headers) request.add(name, value);
  if (!payload.body.empty()) request.set_body(payload.content_type, payload.body);
  send(std::move(request), Request::other, context, now);
}

Result<void, Refusal> Leg::ask(Method method, const Payload& payload, Replied replied, TimePoint now) {
  if (!is_up() || !dialog_) return fail(Refusal::wrong_state);
  const auto waiting =
      std::ranges::count_if(pending_, [](const Pending& pending) { return pending.replied != nullptr; });
  if (static_cast<std::size_t>(waiting) >= asking_max) return fail(Refusal::too_many_requests);
  Message request = dialog_->request(method);
  finish_request(request);
  for (const auto& [name, value] : payload.headers) request.add(name, value);
  if (!payload.body.empty()) request.set_body(payload.content_type, payload.body);
  send(std::move(request), Request::other, 0, now, std::move(replied));
  return {};
}

/// The leg is about to be over: whoever waits for an answer from its far end is told that none will come.
void Leg::give_up_requests(TimePoint now) {
  std::vector<Replied> waiting;
  for (Pending& pending : pending_)
    if (pending.replied) waiting.push_back(std::exchange(pending.replied, nullptr));
  for (const Replied& replied : waiting) replied({}, now);
  end_hold(0, now);
  tell_refer({ReferNews::Step::gone, 0}, now);
}

// ------------------------------------------------------------------------------------------ requests that wait for us

void Leg::keep_asked(TransactionId id, TimePoint due) {
  const auto at = std::ranges::find(asked_, id, &Asked::id);
  if (at == asked_.end()) return;
  at->due = due;
  watch_asked();
}

void Leg::release_asked(TransactionId id) {
  const auto at = std::ranges::find(asked_, id, &Asked::id);
  if (at != asked_.end()) at->due.reset();
  watch_asked();
}

const Message* Leg::kept_request(TransactionId id) const {
  const auto at = std::ranges::find(asked_, id, &Asked::id);
  return at == asked_.end() || !at->due ? nullptr : &at->request;
}

void Leg::watch_asked() {
  std::optional<TimePoint> first;
  for (const Asked& asked : asked_)
    if (asked.due && (!first || *asked.due < *first)) first = asked.due;
  services_.timers.cancel(asked_timer_);
  if (first) asked_timer_ = services_.timers.schedule(*first, services_.timer_target, timer_token(Timer::asked));
}

void Leg::on_asked_due(TimePoint now) {
  std::vector<std::pair<TransactionId, Message>> due;
  for (Asked& asked : asked_) {
    if (!asked.due || *asked.due > now) continue;
    asked.due.reset();
    due.emplace_back(asked.id, asked.request);
  }
  watch_asked();
  for (const auto& [id, request] : due) owner_->on_message_due(*this, id, request, now);
}

// -------------------------------------------------------------------------------------------------------- key presses

Result<void, Refusal> Leg::send_digits(std::string_view digits, Duration duration, Duration gap, TimePoint now) {
  if (!rtp::can_press(digits, duration, gap) || digits.size() > digits_max) return fail(Refusal::bad_digits);
  if (!is_up() || !dialog_) return fail(Refusal::wrong_state);
  if (has_telephone_event()) {
    if (!port_is_ready()) return fail(Refusal::wrong_state);
    services_.media.command(port_->worker, media::SendDigits{port_->id, std::string(digits), duration, gap});
    return {};
  }
  if (!far_end_allows_info_) return fail(Refusal::no_digits);
  if (untold_digits_.size() + digits.size() > digits_max) return fail(Refusal::bad_digits);
  const auto duration_ms = static_cast<std::uint32_t>(duration / milliseconds(1));
  for (const char digit : digits) untold_digits_.push_back({.digit = digit, .duration_ms = duration_ms});
  if (!digit_open_) tell_next_digit(now);
  return {};
}

/// One at a time: a request that overtakes another one makes that one come too late (RFC 3261 §12.2.2).
void Leg::tell_next_digit(TimePoint now) {
  if (untold_digits_.empty() || !is_up()) return;
  Message info = dialog_->request(Method::info);
  finish_request(info);
  info.set_body(content_type(sip::DtmfInfoType::relay), to_string(untold_digits_.front(), sip::DtmfInfoType::relay));
  untold_digits_.pop_front();
  digit_open_ = true;
  send(std::move(info), Request::digit, 0, now);
}

void Leg::on_digit_answered(int status, TimePoint now) {
  digit_open_ = false;
  if (status == 405 || status == 415 || status == 501) {  // it does not know such a thing
    far_end_allows_info_ = false;
    untold_digits_.clear();
  }
  tell_next_digit(now);
}

// ----------------------------------------------------------------------------------------------------- REFER of theirs

void Leg::notify_refer(int status, bool last, TimePoint now) {
  if (!referring_ || state_ == LegState::leaving || state_ == LegState::ended) return;
  referring_ = !last;
  next_notify_ = {status, last};
  if (!notify_open_) send_notify(now);
}

void Leg::send_notify(TimePoint now) {
  const auto [status, last] = *std::exchange(next_notify_, std::nullopt);
  Message notify = dialog_->request(Method::notify);
  finish_request(notify);
  notify.set(HeaderId::event, "refer;id=" + referred_id_);
  notify.set(HeaderId::subscription_state, last ? "terminated;reason=noresource" : "active;expires=60");
  notify.set_body("message/sipfrag;version=2.0",
                  "SIP/2.0 " + std::to_string(status) + ' ' + std::string(sip::reason_phrase(status)) + "\r\n");
  notify_open_ = true;
  send(std::move(notify), Request::notify, 0, now);
}

void Leg::on_notify_answered(int status, TimePoint now) {
  notify_open_ = false;
  if (status >= 300) {  // the subscription is gone (RFC 6665 §4.2.2); the call is not (RFC 5057 §5.3)
    referring_ = false;
    next_notify_.reset();
  }
  if (next_notify_) return send_notify(now);
  if (std::exchange(bye_after_notify_, false)) send_bye(bye_cause_, now);
}

// ------------------------------------------------------------------------------------------------------- REFER of ours

Result<void, Refusal> Leg::refer(const Refer& what, ReferTold told, TimePoint now) {
  if (!is_up() || !dialog_ || refer_) return fail(Refusal::wrong_state);
  Message request = dialog_->request(Method::refer);
  finish_request(request);
  std::string target = what.target;
  if (!what.replaces.empty())
    target += (target.find('?') == std::string::npos ? "?Replaces=" : "&Replaces=") + sip::escape_header(what.replaces);
  request.set(HeaderId::refer_to, '<' + target + '>');
  if (!what.referred_by.empty()) request.set(HeaderId::referred_by, '<' + what.referred_by + '>');
  refer_cseq_ = request.cseq().number;
  refer_ = OurRefer{std::move(told)};
  refer_timer_ = services_.timers.schedule(now + what.deadline, services_.timer_target, timer_token(Timer::refer));
  send(std::move(request), Request::refer, 0, now);
  return {};
}

void Leg::on_refer_answered(int status, TimePoint now) {
  if (status >= 300) return tell_refer({ReferNews::Step::refused, status}, now);
  tell_refer({ReferNews::Step::accepted, status}, now);
}

/// Also of one that is over: who comes late with it has done nothing wrong.
bool Leg::is_refer_progress(const Message& notify) const {
  if (notify.method() != Method::notify || refer_cseq_ == 0) return false;
  const auto event = sip::typed<sip::Event>(notify, HeaderId::event);
  return event && sip::text::iequals(event->package, "refer") &&
         (event->id().empty() || event->id() == std::to_string(refer_cseq_));
}

void Leg::on_refer_progress(TransactionId id, const Message& notify, TimePoint now) {
  Message response = Message::response(notify, 200);
  finish_response(response, notify);
  services_.endpoint.respond(id, std::move(response), now);
  const int status = status_in(notify.body());
  const auto state = sip::typed<sip::SubscriptionState>(notify, HeaderId::subscription_state);
  const bool last = state && sip::text::iequals(state->state, "terminated");
  using Step = ReferNews::Step;
  tell_refer({Step::accepted, 202}, now);
  if (status >= 300) return tell_refer({Step::failed, status}, now);
  if (status >= 200) return tell_refer({Step::succeeded, status}, now);
  if (last) return tell_refer({Step::failed, 0}, now);
  if (status >= 100) tell_refer({Step::trying, status}, now);
}

void Leg::tell_refer(ReferNews news, TimePoint now) {
  using Step = ReferNews::Step;
  if (!refer_) return;
  if (news.step == Step::accepted && std::exchange(refer_->accepted, true)) return;
  const ReferTold told = refer_->told;
  if (news.step != Step::accepted && news.step != Step::trying) {
    services_.timers.cancel(refer_timer_);
    refer_.reset();
  }
  if (told) told(news, now);
}

}  // namespace junctor::call
