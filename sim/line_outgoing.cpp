// A scripted phone calls: INVITE, what comes back, ACK, PRACK, re-INVITE and UPDATE.
#include <algorithm>
#include <utility>

#include "sim/line.hpp"
#include "sim/phone.hpp"
#include "sip/headers.hpp"

namespace junctor::sim {

using sip::HeaderId;
using sip::Message;
using sip::Method;

namespace {

constexpr int attempts_max = 3;

std::uint32_t rseq_of(const Message& response) {
  const auto rseq = sip::typed<sip::RSeq>(response, HeaderId::rseq);
  return rseq && sip::has_token(response, HeaderId::require, "100rel") ? rseq->number : 0;
}

}  // namespace

void Line::dial(std::string_view uri, DialOptions options) {
  outgoing_ = true;
  options_ = std::move(options);
  call_id_ = phone_.random_.token(16) + '@' + phone_.setup_.user;
  local_tag_ = phone_.random_.token(10);
  local_uri_ = phone_.address_of_record();
  remote_uri_ = '<' + std::string(uri) + '>';
  remote_target_ = uri;
  send_invite();
}

void Line::send_invite() {
  Message m = request(Method::invite);
  if (options_.max_forwards) m.set(HeaderId::max_forwards, std::to_string(*options_.max_forwards));
  m.add(HeaderId::allow, allowed_methods());
  std::string supported = "replaces";
  if (session_wanted_ != 0) supported += ", timer";
  if (phone_.habits_.supports_100rel) supported += ", 100rel";
  m.add(HeaderId::supported, supported);
  if (options_.require_100rel) m.add(HeaderId::require, "100rel");
  if (session_wanted_ != 0) {
    m.add(HeaderId::session_expires, std::to_string(session_wanted_));
    m.add(HeaderId::min_se, std::to_string(phone_.habits_.min_se));
  }
  if (!options_.replaces.empty()) m.add(HeaderId::replaces, options_.replaces);
  for (const auto& [name, value] : options_.headers) m.add(name, value);
  if (authorization_) m.add(authorization_->first, authorization_->second);
  m.add(HeaderId::user_agent, "junctor-sim");
  if (!options_.late_offer) m.set_body("application/sdp", make_offer(wanted_));
  invite_ = m;
  // Who holds the dialog that is to be replaced may be another phone.
  const Address to = options_.replaces.empty() ? phone_.setup_.hub : next_hop();
  invite_branch_ = phone_.transactions_.send(std::move(m), to, [this, alive = alive_](const Message* response) {
    if (*alive) on_invite_response(response);
  });
  if (cancelled_) phone_.transactions_.cancel(invite_branch_);
}

void Line::on_invite_response(const Message* response) {
  if (!response) {
    unanswered_ = true;
    return end(408, false);
  }
  if (response->status() < 200) return on_provisional(*response);
  if (response->status() < 300) return on_answered(*response);
  on_refused(*response);
}

void Line::on_provisional(const Message& response) {
  if (state_ != LineState::calling && state_ != LineState::ringback) return;
  const std::uint32_t rseq = rseq_of(response);
  if (rseq != 0) {
    if (rseq <= last_rseq_) return send_prack(response);    // retransmitted: our PRACK or its answer was lost
    if (last_rseq_ != 0 && rseq != last_rseq_ + 1) return;  // RFC 3262 §4: out of order
    last_rseq_ = rseq;
  }
  state_ = LineState::ringback;
  provisionals_.push_back(response.status());
  if (response.to_tag().empty()) complain("18x without a To tag");
  remote_tag_ = response.to_tag();
  learn_route(response);
  if (!response.body().empty()) {
    early_media_ = true;
    if (offer_ == Pending::ours || local_sdp_) take_answer(response.body());
  }
  if (rseq != 0) send_prack(response);
}

void Line::send_prack(const Message& provisional) {
  const std::uint32_t rseq = rseq_of(provisional);
  if (provisional.to_tag() != remote_tag_) return;
  Message prack = request(Method::prack);
  prack.add(HeaderId::rack, std::to_string(rseq) + ' ' + std::to_string(provisional.cseq().number) + " INVITE");
  const bool offered = options_.late_offer && !provisional.body().empty() && !local_sdp_;
  if (offered) {
    const auto answer = make_answer(provisional.body());
    if (answer) prack.set_body("application/sdp", *answer);
  }
  ask(std::move(prack), [](const Message*) {});
}

void Line::on_answered(const Message& response) {
  if (ack_ && ack_->cseq().number == response.cseq().number) {
    if (!phone_.habits_.never_acks_answers) phone_.transactions_.send_once(*ack_, next_hop());
    return;
  }
  const bool late = state_ == LineState::ended;  // we had given up
  status_ = response.status();
  remote_tag_ = response.to_tag();
  learn_route(response);
  if (!response.contact()) complain("2xx without a Contact");
  peer_allows_update_ = sip::has_token(response, HeaderId::allow, "UPDATE");
  std::string body;
  if (options_.late_offer && !local_sdp_) {
    body = make_answer(response.body()).value_or("");
    if (response.body().empty()) complain("2xx without an offer to an INVITE without one");
  } else if (response.body().empty()) {
    if (offer_ == Pending::ours && !late) complain("2xx without an answer");
  } else {
    take_answer(response.body());
  }
  if (!late) state_ = LineState::up;
  send_ack(response, body);
  start_session_timer(response, true);
  if (cancelled_ || late) {
    state_ = LineState::up;
    send_bye();  // the answer crossed our CANCEL (§9.1)
  }
}

void Line::send_ack(const Message& response, std::string_view body) {
  Message ack = Message::request(Method::ack, remote_target_);
  ack.add(HeaderId::max_forwards, "70");
  for (const std::string& route : routes_) ack.add(HeaderId::route, route);
  ack.copy_headers(response, HeaderId::from);
  ack.copy_headers(response, HeaderId::to);
  ack.add(HeaderId::call_id, call_id_);
  ack.add(HeaderId::cseq, std::to_string(response.cseq().number) + " ACK");
  ack.add(HeaderId::contact, phone_.contact());
  if (!body.empty()) ack.set_body("application/sdp", body);
  ack_ = ack;
  if (!phone_.habits_.never_acks_answers) phone_.transactions_.send_once(std::move(ack), next_hop());
}

void Line::on_refused(const Message& response) {
  const int status = response.status();
  if (state_ == LineState::ended) return;
  remote_tag_.clear();
  if ((status == 401 || status == 407) && !cancelled_ && attempts_++ < attempts_max) {
    const auto credentials =
        phone_.authorize(response, "INVITE", invite_.request_uri(), options_.late_offer ? "" : invite_.body());
    if (credentials) {
      authorization_ = {status == 401 ? HeaderId::authorization : HeaderId::proxy_authorization, *credentials};
      return send_invite();
    }
  }
  const auto min_se = sip::typed<sip::MinSE>(response, HeaderId::min_se);
  if (status == 422 && min_se && !cancelled_ && attempts_++ < attempts_max) {
    session_wanted_ = std::max(session_wanted_, min_se->seconds);
    return send_invite();
  }
  last_words_ = response;
  end(status, true);
}

// ------------------------------------------------------------------------------------------------ re-INVITE, UPDATE

void Line::reinvite(sip::sdp::Direction direction) {
  wanted_ = direction;
  send_reinvite(true);
}

void Line::reinvite_late() {
  send_reinvite(false);
}

void Line::change_codecs(std::vector<std::string> codecs) {
  codecs_ = std::move(codecs);
  send_reinvite(true);
}

void Line::send_reinvite(bool with_offer) {
  if (state_ != LineState::up || reinvite_pending_ || reinvite_ || offer_ != Pending::none) return;
  reinvite_pending_ = true;
  reinvite_has_offer_ = with_offer;
  Message m = request(Method::invite);
  m.add(HeaderId::allow, allowed_methods());
  m.add(HeaderId::supported, session_seconds_ != 0 ? "timer, replaces" : "replaces");
  if (session_seconds_ != 0) m.add(HeaderId::session_expires, std::to_string(session_seconds_) + ";refresher=uac");
  if (with_offer) m.set_body("application/sdp", make_offer(wanted_));
  const std::size_t index = asked_.size();
  asked_.push_back({Method::invite, 0});
  const Address to = next_hop();
  phone_.transactions_.send(std::move(m), to, [this, alive = alive_, index](const Message* response) {
    if (!*alive || (response && response->status() < 200)) return;
    asked_[index].status = response ? response->status() : 408;
    on_reinvite_response(response);
  });
}

void Line::on_reinvite_response(const Message* response) {
  const int status = response ? response->status() : 408;
  if (response && status < 300 && ack_ && ack_->cseq().number == response->cseq().number) {
    if (!phone_.habits_.never_acks_answers) phone_.transactions_.send_once(*ack_, next_hop());
    return;
  }
  reinvite_pending_ = false;
  if (status < 300) {
    learn_route(*response);
    std::string body;
    if (reinvite_has_offer_) {
      take_answer(response->body());
    } else {
      body = make_answer(response->body()).value_or("");
    }
    ++reinvites_done_;
    send_ack(*response, body);
    return start_session_timer(*response, true);
  }
  if (reinvite_has_offer_) offer_ = Pending::none;
  if (state_ != LineState::up) return;
  if (status == 491) {
    ++glares_;
    // §14.1: the owner of the Call-ID waits longer, so that one of the two goes first.
    const Duration wait =
        outgoing_ ? phone_.random_.between(milliseconds(2100), seconds(4)) : phone_.random_.between({}, seconds(2));
    const bool with_offer = reinvite_has_offer_;
    glare_timer_ = later(wait, [this, with_offer] { send_reinvite(with_offer); });
  } else if (status == 408 || status == 481) {
    if (!response) unanswered_ = true;
    send_bye();
  }
}

void Line::update(sip::sdp::Direction direction) {
  wanted_ = direction;
  send_update(true);
}

void Line::send_update(bool with_offer) {
  const bool early = state_ == LineState::ringback || state_ == LineState::ringing;
  if ((state_ != LineState::up && !early) || remote_tag_.empty() || offer_ != Pending::none) return;
  if (with_offer && (reinvite_pending_ || reinvite_)) return;  // RFC 3311 §5.1
  Message m = request(Method::update);
  m.add(HeaderId::supported, "timer");
  if (session_seconds_ != 0) m.add(HeaderId::session_expires, std::to_string(session_seconds_) + ";refresher=uac");
  if (with_offer) m.set_body("application/sdp", make_offer(wanted_));
  ask(std::move(m), [this, with_offer](const Message* answer) {
    if (answer && answer->status() < 300) {
      learn_route(*answer);
      if (with_offer) take_answer(answer->body());
      if (state_ == LineState::up) start_session_timer(*answer, true);
      return;
    }
    if (with_offer) offer_ = Pending::none;
    if (state_ == LineState::up && (!answer || answer->status() == 481)) {
      if (!answer) unanswered_ = true;
      send_bye();
    }
  });
}

}  // namespace junctor::sim
