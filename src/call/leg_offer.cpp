// Offers after the call is set up: re-INVITE (RFC 3261 §14), UPDATE (RFC 3311), PRACK with an offer (RFC 3262 §5), the
// refreshes of the session timer (RFC 4028), and holds of ours (RFC 3264 §8.4).
#include <algorithm>

#include "call/leg.hpp"
#include "call/mixer.hpp"
#include "call/sdp_body.hpp"
#include "sip/headers.hpp"

namespace junctor::call {

using sip::HeaderId;
using sip::Message;
using sip::Method;

namespace {

constexpr Duration hold_turn = milliseconds(100);  ///< between two looks whether an exchange is still open

}  // namespace

// --------------------------------------------------------------------------------------------------------- theirs, in

void Leg::begin_exchange(TransactionId id, const Message& request, TimePoint now) {
  const auto refuse = [&](int status, std::string_view name = {}, std::string value = {}) {
    Message response = Message::response(request, status);
    finish_response(response, request);
    if (!name.empty()) response.set(name, value);
    services_.endpoint.respond(id, std::move(response), now);
  };
  const bool is_invite = request.method() == Method::invite;
  auto session = session_in(request);
  if (!session) return refuse(400);
  if (const auto min_se = session_timer_.too_small(request)) return refuse(422, "Min-SE", std::to_string(*min_se));
  if (exchange_ == Exchange::ours || offer_in_2xx_ || answer_in_ack_) return refuse(491);
  if (exchange_ == Exchange::theirs) return refuse(500, "Retry-After", std::to_string(services_.random.below(10)));
  if (is_invite && acked_invite_) return refuse(491);
  note_allowed(request);

  exchange_ = Exchange::theirs;
  exchange_transaction_ = id;
  exchange_request_ = request;
  offer_.reset();
  if (*session) offer_ = std::move(**session);
  if (offer_ && remote_ && local_ && sip::sdp::same_session_version(*offer_, *remote_))
    return answer_offer(*local_, now);  // a refresh: nobody else has to know
  owner_->on_offer(*this, now);
}

void Leg::on_reinvite(TransactionId id, const Message& request, TimePoint now) {
  if (!dialog_ || dialog_->state() != sip::DialogState::confirmed) {  // §14.2: the first INVITE is not answered yet
    Message response = Message::response(request, 500);
    finish_response(response, request);
    response.set(HeaderId::retry_after, std::to_string(services_.random.below(10)));
    return services_.endpoint.respond(id, std::move(response), now);
  }
  begin_exchange(id, request, now);
}

void Leg::on_update(TransactionId id, const Message& request, TimePoint now) {
  const bool has_description = !request.body().empty();
  if (has_description) return begin_exchange(id, request, now);
  Message response = Message::response(request, 200);
  finish_response(response, request);
  if (const auto min_se = session_timer_.too_small(request)) {
    response = Message::response(request, 422);
    finish_response(response, request);
    response.set(HeaderId::min_se, std::to_string(*min_se));
    return services_.endpoint.respond(id, std::move(response), now);
  }
  if (is_up()) {
    session_timer_.answer(request, response, now);
    schedule_session_timer(now);
  }
  if (dialog_) dialog_->refresh_target(request);
  services_.endpoint.respond(id, std::move(response), now);
}

void Leg::on_prack(TransactionId id, const Message& request, TimePoint now) {
  const auto rack = sip::typed<sip::RAck>(request, HeaderId::rack);
  const bool matched = rack && services_.endpoint.on_prack(initial_, *rack, now);
  Message response = Message::response(request, matched ? 200 : 481);
  finish_response(response, request);
  if (auto session = session_in(request); matched && session && *session && local_) {
    // A second offer in the PRACK: answered from what was agreed, which is all that a ringing far end can do.
    const auto wish = wish_of(*local_);
    auto answer =
        wish ? answer_for(**session, *wish, local_media(), &*local_)
             : Result<sip::sdp::Session, sip::sdp::NegotiationError>(fail(sip::sdp::NegotiationError::no_audio));
    if (answer) {
      put_session(response, *answer);
      local_ = std::move(*answer);
      remote_ = std::move(**session);
      apply_media(now);
    } else {
      response = Message::response(request, 488);
      finish_response(response, request);
    }
  }
  services_.endpoint.respond(id, std::move(response), now);
}

void Leg::answer_offer(const sip::sdp::Session& answer, TimePoint now) {
  if (exchange_ != Exchange::theirs || !exchange_request_ || !offer_) return;
  Message response = Message::response(*exchange_request_, 200);
  finish_response(response, *exchange_request_);
  put_session(response, answer);
  if (is_up()) {
    session_timer_.answer(*exchange_request_, response, now);
    schedule_session_timer(now);
  }
  if (dialog_) dialog_->refresh_target(*exchange_request_);
  local_ = answer;
  remote_ = std::move(*offer_);
  offer_.reset();
  if (exchange_request_->method() == Method::invite) await_ack(exchange_transaction_, now);
  exchange_ = Exchange::none;
  exchange_request_.reset();
  services_.endpoint.respond(exchange_transaction_, std::move(response), now);
  apply_media(now);
}

void Leg::offer_in_answer(const sip::sdp::Session& offer, TimePoint now) {
  if (exchange_ != Exchange::theirs || !exchange_request_ || offer_) return;
  Message response = Message::response(*exchange_request_, 200);
  finish_response(response, *exchange_request_);
  put_session(response, offer);
  session_timer_.answer(*exchange_request_, response, now);
  schedule_session_timer(now);
  if (dialog_) dialog_->refresh_target(*exchange_request_);
  local_ = offer;
  answer_in_ack_ = true;
  await_ack(exchange_transaction_, now);
  exchange_ = Exchange::none;
  exchange_request_.reset();
  services_.endpoint.respond(exchange_transaction_, std::move(response), now);
}

void Leg::refuse_offer(int status, TimePoint now) {
  if (exchange_ != Exchange::theirs || !exchange_request_) return;
  Message response = Message::response(*exchange_request_, status);
  finish_response(response, *exchange_request_);
  exchange_ = Exchange::none;
  exchange_request_.reset();
  offer_.reset();
  services_.endpoint.respond(exchange_transaction_, std::move(response), now);
}

// --------------------------------------------------------------------------------------------------------- ours, out

void Leg::send_offer(const sip::sdp::Session* offer, bool prefer_update, TimePoint now) {
  if (!dialog_ || !is_up() || exchange_ != Exchange::none) return;
  const bool update = prefer_update && far_end_allows_update_ && offer != nullptr;
  Message request = dialog_->request(update ? Method::update : Method::invite);
  finish_request(request);
  if (!update) {
    request.set(HeaderId::allow, allowed_methods);
    invite_cseq_ = request.cseq().number;
  }
  request.set(HeaderId::supported, supported_extensions);
  session_timer_.prepare_request(request);
  if (offer != nullptr) put_session(request, *offer);
  if (!may_go(request, target_for(request))) return;
  offer_.reset();
  if (offer != nullptr) offer_ = *offer;
  exchange_ = Exchange::ours;
  exchange_transaction_ = send(std::move(request), update ? Request::update : Request::reinvite, 0, now);
}

void Leg::cancel_offer(TimePoint now) {
  if (exchange_ != Exchange::ours) return;
  services_.endpoint.cancel(exchange_transaction_, now);
}

void Leg::on_offer_response(Request kind, const Message& response, TimePoint now) {
  if (state_ == LegState::ended || exchange_ != Exchange::ours) {
    if (kind == Request::reinvite && response.status() / 100 == 2 && dialog_) send_ack(now);
    return;
  }
  exchange_ = Exchange::none;
  const Purpose purpose = std::exchange(purpose_, Purpose::owner);
  if (response.status() >= 300) {
    offer_.reset();
    if (purpose == Purpose::refresh) return on_refresh_response(response, now);
    if (purpose == Purpose::hold) return on_hold_refused(response, now);
    if (state_ != LegState::leaving) owner_->on_offer_refused(*this, response.status(), now);
    return;
  }
  dialog_->refresh_target(response);
  session_timer_.on_success(response, now);
  schedule_session_timer(now);
  auto session = session_in(response);
  if (kind == Request::reinvite && !offer_) {  // we asked for theirs
    if (!session || !*session || state_ == LegState::leaving) {
      send_ack(now);
      if (state_ != LegState::leaving) owner_->on_offer_refused(*this, 488, now);
      return;
    }
    offer_ = std::move(**session);
    exchange_ = Exchange::theirs;
    offer_in_2xx_ = true;
    owner_->on_offer_accepted(*this, now);
    return;
  }
  if (kind == Request::reinvite) send_ack(now);
  if (state_ == LegState::leaving) return;
  if (!session || !*session || sip::sdp::check_answer(*offer_, **session) || !srtp_agreed(*offer_, **session)) {
    offer_.reset();
    if (purpose == Purpose::hold) return end_hold(488, now);
    owner_->on_offer_refused(*this, 488, now);
    return;
  }
  local_ = std::move(*offer_);
  offer_.reset();
  remote_ = std::move(**session);
  if (purpose == Purpose::hold && hold_wish_) held_ = hold_wish_->on;
  apply_media(now);
  if (purpose == Purpose::hold) return end_hold(response.status(), now);
  if (purpose == Purpose::owner) owner_->on_offer_accepted(*this, now);
}

// -------------------------------------------------------------------------------------------------------------- hold

Result<void, Refusal> Leg::hold(bool on, Replied done, TimePoint now) {
  if (!is_up() || hold_wish_ || held_ == on) return fail(Refusal::wrong_state);
  hold_wish_ = HoldWish{on, std::move(done), now};
  try_hold(now);
  return {};
}

void Leg::forget_hold(TimePoint now) {
  end_hold(487, now);
  if (std::exchange(held_, false) && mixer != nullptr) mixer->update(*this);
}

void Leg::wait_for_hold(Duration time, TimePoint now) {
  services_.timers.cancel(hold_timer_);
  hold_timer_ = services_.timers.schedule(now + time, services_.timer_target, timer_token(Timer::hold));
}

void Leg::try_hold(TimePoint now) {
  if (!hold_wish_) return;
  const bool busy =
      exchange_ != Exchange::none || acked_invite_ || offer_in_2xx_ || answer_in_ack_ || !media_answered();
  if (busy && now - hold_wish_->since >= hold_patience) return end_hold(491, now);
  if (busy) return wait_for_hold(hold_turn, now);
  auto wish = wish_of(*local_);
  if (!wish) return end_hold(488, now);
  wish->direction = hold_wish_->on && holds ? sip::sdp::Direction::recvonly : sip::sdp::Direction::sendrecv;
  LocalMedia media = local_media();
  media.holds = hold_wish_->on;
  const auto offer = offer_for(*wish, media, &*local_);
  purpose_ = Purpose::hold;
  send_offer(&offer, false, now);
  if (exchange_ == Exchange::ours) return;
  purpose_ = Purpose::owner;
  end_hold(488, now);
}

void Leg::on_hold_refused(const Message& response, TimePoint now) {
  if (!hold_wish_) return;
  const int status = response.status();
  const auto retry = sip::typed<sip::RetryAfter>(response, HeaderId::retry_after);
  Duration wait{};
  // §14.1: the owner of the Call-ID waits longer, so that one of the two goes first. §14.2: 500 with Retry-After.
  constexpr auto step = milliseconds(10);
  if (status == 491 && direction_ == LegDirection::outbound) wait = step * (210 + services_.random.below(191));
  if (status == 491 && direction_ == LegDirection::inbound) wait = step * (1 + services_.random.below(200));
  if (status == 500 && retry) wait = seconds(std::max(1u, std::min(retry->seconds, 10u)));
  if (wait == Duration{} || now + wait > hold_wish_->since + hold_patience) return end_hold(status, now);
  wait_for_hold(wait, now);
}

void Leg::end_hold(int status, TimePoint now) {
  if (!hold_wish_) return;
  services_.timers.cancel(hold_timer_);
  const HoldWish wish = *std::exchange(hold_wish_, std::nullopt);
  if (wish.done) wish.done({status, {}, {}, now - wish.since}, now);
}

// ----------------------------------------------------------------------------------------------------- session timer

void Leg::refresh_session(TimePoint now) {
  if (!is_up() || exchange_ != Exchange::none || acked_invite_ || offer_in_2xx_) {
    // Something else is on its way, and will refresh the session when it succeeds; look again before it would end.
    if (is_up())
      refresh_timer_ = services_.timers.schedule(now + seconds(2), services_.timer_target, timer_token(Timer::refresh));
    return;
  }
  if (!far_end_allows_update_) {
    if (local_) {
      const sip::sdp::Session same = *local_;
      purpose_ = Purpose::refresh;
      send_offer(&same, false, now);
      if (exchange_ != Exchange::ours) purpose_ = Purpose::owner;
    }
    return;
  }
  Message update = dialog_->request(Method::update);
  finish_request(update);
  update.set(HeaderId::supported, supported_extensions);
  session_timer_.prepare_request(update);
  send(std::move(update), Request::refresh, 0, now);
}

void Leg::on_refresh_response(const Message& response, TimePoint now) {
  if (!is_up()) return;
  const int status = response.status();
  if (status < 300) {
    dialog_->refresh_target(response);
    session_timer_.on_success(response, now);
    return schedule_session_timer(now);
  }
  if (status == 422 && session_timer_.on_interval_too_small(response)) return refresh_session(now);
  if (status == 405 || status == 501) {
    far_end_allows_update_ = false;
    return refresh_session(now);
  }
  if (status == 491 || status == 500 || status == 503)
    refresh_timer_ = services_.timers.schedule(now + seconds(2), services_.timer_target, timer_token(Timer::refresh));
}

}  // namespace junctor::call
