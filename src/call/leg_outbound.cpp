// The client side of a leg's initial INVITE: RFC 3261 §13.2, RFC 3262 §4, with forks below us.
#include <algorithm>

#include "base/check.hpp"
#include "call/leg.hpp"
#include "call/sdp_body.hpp"
#include "call/stray.hpp"
#include "sip/headers.hpp"

namespace junctor::call {

using sip::HeaderId;
using sip::Message;
using sip::Method;
using transport::Origin;

void Leg::start_outbound(OutboundInvite invite, TimePoint now) {
  JUNCTOR_CHECK(direction_ == LegDirection::outbound);
  started = now;
  state_ = LegState::locating;
  outbound_ = std::move(invite);
  codecs_ = outbound_->to.codecs;
  srtp_ = outbound_->to.srtp;
  far_end_.uri = outbound_->to.uri;
  if (const auto uri = sip::Uri::parse(outbound_->to.uri)) far_end_.number = sip::unescape(uri->user);
  call_id_ = settings_->node + '-' + services_.random.token(20);
  transport::Target target = outbound_->to.target;
  if (target.hops.empty() && target.uri.empty()) target.uri = outbound_->to.uri;
  if (const auto hops = services_.endpoint.locate(target, id_.value, now)) on_located(*hops, now);
}

void Leg::on_located(std::span<const transport::Hop> hops, TimePoint now) {
  if (state_ != LegState::locating) return;
  const auto refuse = [&](Cause why) {
    cause = std::move(why);
    end(now);
    owner_->on_failed(*this, cause, std::nullopt, now);
    check_finished(now);
  };
  if (hops.empty()) return refuse({503, 27, "no address for the destination"});
  hop_ = hops.front();
  signalling_encrypted_ =
      std::ranges::all_of(hops, [](const transport::Hop& hop) { return hop.protocol == transport::Protocol::tls; });
  if (!srtp_possible(srtp_, srtp_terms().keys_allowed))
    return refuse({488, 88, "SRTP is required, and the way there is not encrypted"});
  outbound_->to.target.hops.assign(hops.begin(), hops.end());
  outbound_->to.target.uri.clear();
  if (!take_port(hop_->remote.ip.family, outbound_->worker)) return refuse({503, 34, "no media port is free"});
  if (outbound_->wish) {
    offer_ = offer_for(*outbound_->wish, local_media(), nullptr);
    if (offer_->media.empty() || offer_->media.front().codecs.empty()) return refuse({488, 88, "no common codec"});
    exchange_ = Exchange::ours;
  }
  const OutboundInvite& out = *outbound_;
  Message invite = Message::request(Method::invite, out.to.uri);
  const std::string host =
      out.from_host.empty() ? to_string(services_.endpoint.advertise().address_for(*hop_)) : out.from_host;
  std::string from;
  if (!out.from.name.empty()) from = '"' + sip::escape_quoted(out.from.name) + "\" ";
  from += "<sip:" + (out.from.number.empty() ? "" : sip::escape_user(out.from.number) + '@') + host + '>';
  invite.add(HeaderId::from, with_tag(from, local_tag_));
  invite.add(HeaderId::to, '<' + out.to.uri + '>');
  invite.add(HeaderId::call_id, call_id_);
  invite.add(HeaderId::cseq, "1 INVITE");
  invite.add(HeaderId::max_forwards, std::to_string(out.max_forwards));
  for (const std::string& route : out.to.routes) invite.add(HeaderId::route, route);
  invite.add(HeaderId::allow, allowed_methods);
  // A far end that shall make the offer is not asked for reliable provisionals: its offer then comes with the 2xx,
  // where the caller's answer can follow in the ACK.
  invite.add(HeaderId::supported, out.wish ? supported_extensions : std::string_view("timer, replaces"));
  if (out.passed)
    for (const sip::HeaderField field : out.passed->headers()) invite.add(field.name, field.value);
  for (const auto& [name, value] : out.headers) invite.set(name, value);
  if (offer_) put_session(invite, *offer_);
  initial_request_ = std::move(invite);
  state_ = LegState::calling;
  send_invite(now);
}

void Leg::send_invite(TimePoint now) {
  Message invite = *initial_request_;
  finish_request(invite);
  session_timer_.prepare_request(invite);
  initial_request_ = invite;
  initial_ = services_.endpoint.send_request(std::move(invite), outbound_->to.target, id_.value, now);
  pending_.push_back({initial_, Request::invite, 0, nullptr});
  owner_->on_calling(*this, now);
}

void Leg::on_invite_response(const Message& response, Origin origin, TimePoint now) {
  if (const auto hop = services_.endpoint.hop_of(initial_); hop && !dialog_) hop_ = *hop;
  if (response.status() < 200) return on_provisional(response, now);
  std::erase_if(pending_, [&](const Pending& p) { return p.id == initial_; });
  if (response.status() < 300) return on_invite_success(response, now);
  on_invite_failure(response, origin, now);
}

Leg::EarlyDialog* Leg::early_dialog(const Message& response) {
  for (EarlyDialog& early : early_)
    if (early.dialog.id().remote_tag == response.to_tag()) return &early;
  if (early_.size() >= forks_max) return nullptr;
  auto dialog = sip::Dialog::uac(*initial_request_, response);
  if (!dialog) return nullptr;
  early_.push_back({std::move(*dialog), 0});
  return &early_.back();
}

/// PRACKs a reliable provisional. False when it is a repetition or out of order, and must not be looked at (RFC 3262
/// §4).
bool Leg::acknowledge_provisional(const Message& provisional, TimePoint now) {
  if (!sip::has_token(provisional, HeaderId::require, "100rel")) return true;
  const auto rseq = sip::typed<sip::RSeq>(provisional, HeaderId::rseq);
  EarlyDialog* const early = early_dialog(provisional);
  if (!rseq || early == nullptr || (early->rseq != 0 && rseq->number != early->rseq + 1)) return false;
  early->rseq = rseq->number;
  Message prack = early->dialog.request(Method::prack);
  prack.add(HeaderId::rack,
            to_string(sip::RAck{rseq->number, initial_request_->cseq().number, Method::invite, "INVITE"}));
  prack.set(HeaderId::user_agent, settings_->product);
  transport::Target target = transport::Target::of(prack);
  if (kind_ == LegKind::device && early->dialog.route_set().empty()) target = transport::Target::to(*hop_, target.uri);
  const TransactionId id = services_.endpoint.send_request(std::move(prack), std::move(target), id_.value, now);
  pending_.push_back({id, Request::aside, 0, nullptr});
  return true;
}

void Leg::on_provisional(const Message& response, TimePoint now) {
  if (state_ == LegState::leaving || state_ == LegState::ended || response.status() <= 100) return;
  if (!acknowledge_provisional(response, now)) return;
  if (!response.to_tag().empty()) early_dialog(response);
  note_allowed(response);
  bool with_media = false;
  if (offer_ && exchange_ == Exchange::ours) {
    if (auto session = session_in(response); session && *session && !sip::sdp::check_answer(*offer_, **session)) {
      local_ = *offer_;
      remote_ = std::move(**session);
      with_media = true;
      apply_media(now);
    }
  }
  state_ = LegState::ringing;
  owner_->on_ringing(*this, response.status(), with_media, now);
}

void Leg::on_invite_success(const Message& response, TimePoint now) {
  if (dialog_ && state_ != LegState::leaving) {
    if (dialog_->id().remote_tag != response.to_tag()) return release_fork(response, now);
    return repeat_ack(response, now);
  }
  if (dialog_) {
    if (dialog_->id().remote_tag == response.to_tag()) return repeat_ack(response, now);
    return release_fork(response, now);
  }
  if (state_ == LegState::ended) return release_fork(response, now);
  auto dialog = sip::Dialog::uac(*initial_request_, response);
  if (EarlyDialog* const early = early_dialog(response)) {
    early->dialog.confirm(response);
    dialog = early->dialog;
  }
  if (!dialog) {
    cause = {502, 95, "unusable 2xx"};
    end(now);
    owner_->on_failed(*this, cause, std::nullopt, now);
    return check_finished(now);
  }
  dialog_ = std::move(*dialog);
  early_.clear();
  invite_cseq_ = initial_request_->cseq().number;
  initial_request_.reset();           // a kilobyte that an established call does not need
  if (state_ == LegState::leaving) {  // it crossed our CANCEL (§9.1)
    send_ack(now);
    return send_bye(cause, now);
  }
  note_allowed(response);
  session_timer_.on_success(response, now);
  schedule_session_timer(now);
  answered_at = now;
  auto session = session_in(response);
  const auto unusable = [&](Cause why) {
    state_ = LegState::answered;
    send_ack(now);
    send_bye(why, now);
    cause = std::move(why);
    owner_->on_failed(*this, cause, std::nullopt, now);
  };
  if (!session) return unusable({488, 88, "unreadable session description"});
  if (exchange_ == Exchange::ours) {
    if (*session) {
      if (sip::sdp::check_answer(*offer_, **session)) return unusable({488, 88, "answer does not fit the offer"});
      local_ = std::move(*offer_);
      remote_ = std::move(**session);
    } else if (!remote_) {
      return unusable({488, 88, "no answer in the 2xx"});
    }
    offer_.reset();
    exchange_ = Exchange::none;
    if (!port_settings(*port_, *local_, *remote_, Duration{})) return unusable({488, 88, "no common codec"});
    state_ = LegState::established;
    send_ack(now);
    apply_media(now);
  } else {
    if (!*session) return unusable({488, 88, "no offer in the 2xx"});
    offer_ = std::move(**session);
    exchange_ = Exchange::theirs;
    offer_in_2xx_ = true;
    state_ = LegState::answered;
  }
  owner_->on_answered(*this, now);
}

/// A 2xx of another fork: acknowledged and taken back.
void Leg::release_fork(const Message& response, TimePoint now) {
  const TransactionId bye = end_stray(services_.endpoint, response, id_.value, now);
  if (bye) pending_.push_back({bye, Request::aside, 0, nullptr});
}

void Leg::on_invite_failure(const Message& response, Origin origin, TimePoint now) {
  if (state_ == LegState::ended) return check_finished(now);
  if (state_ == LegState::leaving) {
    if (!dialog_) end(now);
    return check_finished(now);
  }
  if (dialog_) return;
  const int status = response.status();
  if (status == 401 || status == 407 || status == 422) {
    Message again = *initial_request_;
    const bool possible = status == 422 ? interval_tries_++ < 2 && session_timer_.on_interval_too_small(response)
                                        : add_credentials(again, response);
    if (possible) {
      if (status != 422) ++credential_tries_;
      again.set(HeaderId::cseq, std::to_string(again.cseq().number + 1) + " INVITE");
      initial_request_ = std::move(again);
      return send_invite(now);
    }
  }
  cause = cause_of_status(status, origin == Origin::transport ? "unreachable" : response.reason());
  for (const auto value : response.values(HeaderId::reason))
    if (const auto reason = sip::Reason::parse(value); reason && reason->protocol == "Q.850" && reason->cause)
      cause.q850 = *reason->cause;
  std::optional<std::uint32_t> retry_after;
  if (const auto header = sip::typed<sip::RetryAfter>(response, HeaderId::retry_after)) retry_after = header->seconds;
  exchange_ = Exchange::none;
  end(now);
  owner_->on_failed(*this, cause, retry_after, now);
  check_finished(now);
}

void Leg::ack(const sip::sdp::Session& answer, TimePoint now) {
  if (!offer_in_2xx_ || !offer_) return;
  offer_in_2xx_ = false;
  local_ = answer;
  remote_ = std::move(*offer_);
  offer_.reset();
  exchange_ = Exchange::none;
  if (state_ == LegState::answered) state_ = LegState::established;
  send_ack(now, sip::sdp::serialize(answer));
  apply_media(now);
}

void Leg::send_ack(TimePoint now, std::string body) {
  acked_cseq_ = invite_cseq_;
  ack_body_ = std::move(body);
  put_ack(acked_cseq_, ack_body_, now);
}

/// A 2xx that came before comes again: its ACK was lost. One that still waits for our answer gets its ACK with that.
void Leg::repeat_ack(const Message& response, TimePoint now) {
  const std::uint32_t cseq = response.cseq().number;
  if (cseq == invite_cseq_ && cseq != acked_cseq_) return;
  put_ack(cseq, cseq == acked_cseq_ ? std::string_view(ack_body_) : std::string_view(), now);
}

void Leg::put_ack(std::uint32_t cseq, std::string_view body, TimePoint now) {
  Message ack = dialog_->ack(cseq);
  if (!body.empty()) ack.set_body("application/sdp", body);
  if (!may_go(ack, target_for(ack))) ack = dialog_->ack(cseq);  // without its answer the far end will not go on
  ack.set(HeaderId::user_agent, settings_->product);
  const transport::Target target = target_for(ack);
  services_.endpoint.send_ack(std::move(ack), target, now);
}

}  // namespace junctor::call
