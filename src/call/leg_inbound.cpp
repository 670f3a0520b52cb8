// The server side of a leg's initial INVITE: RFC 3261 §13.3, RFC 3262 §3.
#include "base/check.hpp"
#include "call/leg.hpp"
#include "call/sdp_body.hpp"
#include "sip/headers.hpp"

namespace junctor::call {

using sip::HeaderId;
using sip::Message;

void Leg::start_inbound(TransactionId invite, const Message& request, const transport::Source& source, Party caller,
                        std::vector<std::string> codecs, SrtpPolicy srtp, TimePoint now) {
  JUNCTOR_CHECK(direction_ == LegDirection::inbound);
  started = now;
  initial_ = invite;
  initial_request_ = request;
  call_id_ = request.call_id();
  far_end_ = std::move(caller);
  codecs_ = std::move(codecs);
  srtp_ = srtp;
  signalling_encrypted_ = source.protocol == transport::Protocol::tls;
  hop_ = source.back();
  note_allowed(request);
  far_end_100rel_ =
      sip::has_token(request, HeaderId::supported, "100rel") || sip::has_token(request, HeaderId::require, "100rel");
  if (auto session = session_in(request); session && *session) {
    offer_ = std::move(**session);
    exchange_ = Exchange::theirs;
  }
}

Message Leg::invite_response(int status, std::string_view reason, TimePoint now) {
  Message response = Message::response(*initial_request_, status, reason);
  finish_response(response, *initial_request_);
  if (status > 100 && status < 300) {
    if (!dialog_) {
      if (auto dialog = sip::Dialog::uas(*initial_request_, response)) dialog_ = std::move(*dialog);
    }
    if (status >= 200 && dialog_) {
      (void)dialog_->confirm(response);
      session_timer_.answer(*initial_request_, response, now);
    }
  }
  return response;
}

void Leg::ring(int status, const sip::sdp::Session* answer, TimePoint now) {
  if (direction_ != LegDirection::inbound || (state_ != LegState::calling && state_ != LegState::ringing)) return;
  state_ = LegState::ringing;
  Message response = invite_response(status, {}, now);
  if (answer != nullptr && offer_ && !answered_reliably_) {
    local_ = *answer;
    remote_ = *offer_;
    put_session(response, *answer);
    apply_media(now);
    if (far_end_100rel_) {
      answered_reliably_ = true;
      exchange_ = Exchange::none;
    }
  }
  if (far_end_100rel_ && dialog_) {
    services_.endpoint.respond_reliably(initial_, std::move(response), now);
  } else {
    services_.endpoint.respond(initial_, std::move(response), now);
  }
}

void Leg::accept(const sip::sdp::Session* description, TimePoint now) {
  if (direction_ != LegDirection::inbound || (state_ != LegState::calling && state_ != LegState::ringing)) return;
  Message response = invite_response(200, {}, now);
  if (!dialog_) {  // without a usable Contact there is nobody to send a BYE to
    reject(Cause{400, 95, "no usable Contact"}, now);
    return;
  }
  if (description != nullptr && !answered_reliably_) {
    put_session(response, *description);
    local_ = *description;
    if (offer_) {
      remote_ = *offer_;
      offer_.reset();
    } else {
      answer_in_ack_ = true;
    }
  }
  offer_.reset();
  exchange_ = Exchange::none;
  state_ = LegState::answered;
  answered_at = now;
  await_ack(initial_, now);
  services_.endpoint.respond(initial_, std::move(response), now);
  apply_media(now);
  schedule_session_timer(now);
}

void Leg::reject(const Cause& why, TimePoint now, const Headers& headers) {
  if (direction_ != LegDirection::inbound || (state_ != LegState::calling && state_ != LegState::ringing)) return;
  const int status = why.status >= 300 ? why.status : 480;
  Message response = Message::response(*initial_request_, status);
  finish_response(response, *initial_request_);
  if (const std::string reason = reason_of_refusal(why); !reason.empty()) response.set(HeaderId::reason, reason);
  for (const auto& [name, value] : headers) response.add(name, value);
  services_.endpoint.respond(initial_, std::move(response), now);
  cause = why;
  exchange_ = Exchange::none;
  end(now);
  check_finished(now);
}

void Leg::on_cancel(TransactionId invite, TimePoint now) {
  if (invite == exchange_transaction_ && exchange_ == Exchange::theirs) {
    refuse_offer(487, now);
    owner_->on_offer_withdrawn(*this, now);
    return;
  }
  if (invite != initial_ || (state_ != LegState::calling && state_ != LegState::ringing)) return;
  services_.endpoint.respond(initial_, invite_response(487, {}, now), now);
  exchange_ = Exchange::none;
  gone(Cause{487, 16, "cancelled"}, now);
}

void Leg::on_ack(const Message& ack, TimePoint now) {
  if (!acked_invite_) return;
  services_.endpoint.acked(acked_invite_, now);
  acked_invite_ = {};
  services_.timers.cancel(ack_timer_);
  judge_ack(false, now);
  if (bye_after_ack_) {
    bye_after_ack_ = false;
    return send_bye(bye_cause_, now);
  }
  if (state_ == LegState::answered) state_ = LegState::established;
  initial_request_.reset();  // a kilobyte that an established call does not need
  const bool with_answer = answer_in_ack_;
  if (answer_in_ack_) {
    answer_in_ack_ = false;
    auto session = session_in(ack);
    if (!session || !*session || !srtp_agreed(*local_, **session)) {
      const Cause why{488, 88, "no answer in ACK, or one that does not fit"};
      hang_up(why, now);
      owner_->on_gone(*this, why, now);
      return;
    }
    remote_ = std::move(**session);
    apply_media(now);
  }
  owner_->on_acknowledged(*this, with_answer, now);
}

}  // namespace junctor::call
