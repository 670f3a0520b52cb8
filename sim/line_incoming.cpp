// A scripted phone is called, and what it does with requests inside a dialog.
#include <algorithm>
#include <charconv>
#include <utility>

#include "sim/line.hpp"
#include "sim/phone.hpp"
#include "sip/headers.hpp"

namespace junctor::sim {

using sip::HeaderId;
using sip::Message;
using sip::Method;

namespace {

constexpr Duration t1 = milliseconds(500);

}  // namespace

Message Line::response(const Message& request, int status, std::string_view tag) {
  Message m = Message::response(request, status);
  if (status > 100 && request.to_tag().empty()) {
    m.set(HeaderId::to, std::string(*request.header(HeaderId::to)) +
                            ";tag=" + std::string(tag.empty() ? std::string_view(local_tag_) : tag));
  }
  if (request.method() == Method::invite) m.copy_headers(request, HeaderId::record_route);
  if (status > 100 && status < 300) {
    m.add(HeaderId::contact, phone_.contact());
    m.add(HeaderId::allow, allowed_methods());
    m.add(HeaderId::supported, "timer, replaces, 100rel");
  }
  return m;
}

// ------------------------------------------------------------------------------------------------------------ INVITE

void Line::on_invite(const Message& invite) {
  invite_ = invite;
  state_ = LineState::ringing;
  call_id_ = invite.call_id();
  local_tag_ = phone_.random_.token(10);
  remote_tag_ = invite.from_tag();
  remote_cseq_ = invite.cseq().number;
  local_uri_ = *invite.header(HeaderId::to);
  const auto from = invite.from();
  remote_uri_ = '<' + sip::to_string(from->uri) + '>';
  learn_route(invite);
  if (!invite.contact()) complain("INVITE without a Contact");
  peer_allows_update_ = sip::has_token(invite, HeaderId::allow, "UPDATE");

  const Habits& habits = phone_.habits_;
  phone_.transactions_.respond(invite_, response(invite_, 100));
  if (phone_.incoming_) return phone_.incoming_(*this);
  if (habits.rejects_with) return reject(*habits.rejects_with);
  if (habits.early_media) {
    ring({183, true, habits.rings_reliably, {}});
  } else if (habits.rings) {
    ring({180, false, habits.rings_reliably, {}});
  }
  if (habits.answers_after) {
    later(*habits.answers_after, [this] {
      if (state_ == LineState::ringing) answer();
    });
  }
}

void Line::ring(RingOptions options) {
  if (state_ != LineState::ringing) return;
  Message m = response(invite_, options.status, options.tag);
  const bool supported = sip::has_token(invite_, HeaderId::supported, "100rel");
  const bool required = sip::has_token(invite_, HeaderId::require, "100rel");
  const bool reliably = (options.reliable && supported) || required;
  if (options.with_sdp && !local_sdp_) {
    if (!invite_.body().empty()) {
      const auto answer = make_answer(invite_.body());
      if (!answer) return reject(488);
      m.set_body("application/sdp", *answer);
    } else if (reliably) {
      m.set_body("application/sdp", make_offer(wanted_));
    }
  } else if (options.with_sdp) {
    m.set_body("application/sdp", sip::sdp::serialize(*local_sdp_));
  }
  if (reliably) return send_reliably(std::move(m));
  phone_.transactions_.respond(invite_, m);
}

void Line::send_reliably(Message provisional) {
  if (unacknowledged_) return;  // RFC 3262 §3: one at a time
  if (own_rseq_ == 0) own_rseq_ = static_cast<std::uint32_t>(phone_.random_.below(10000));
  provisional.add(HeaderId::require, "100rel");
  provisional.add(HeaderId::rseq, std::to_string(++own_rseq_));
  unacknowledged_ = std::move(provisional);
  phone_.transactions_.respond(invite_, *unacknowledged_);
  prack_timer_ = later(t1, [this] { retransmit_provisional(2 * t1); });
}

void Line::retransmit_provisional(Duration interval) {
  if (!unacknowledged_ || state_ != LineState::ringing) return;
  if (interval > 64 * t1) {
    complain("no PRACK for a reliable provisional response");
    return reject(504);
  }
  phone_.transactions_.respond(invite_, *unacknowledged_);
  prack_timer_ = later(interval, [this, interval] { retransmit_provisional(2 * interval); });
}

void Line::on_prack(const Message& message) {
  const auto rack = sip::typed<sip::RAck>(message, HeaderId::rack);
  const bool matches = unacknowledged_ && rack && rack->rseq == own_rseq_ && rack->cseq == invite_.cseq().number;
  if (!matches) return phone_.transactions_.respond(message, response(message, 481));
  const bool with_sdp = !unacknowledged_->body().empty();
  unacknowledged_.reset();
  world_.cancel(prack_timer_);
  Message ok = response(message, 200);
  if (with_sdp && offer_ == Pending::ours) {
    take_answer(message.body());
  } else if (!message.body().empty()) {
    const auto answer = make_answer(message.body());
    if (answer) ok.set_body("application/sdp", *answer);
  }
  phone_.transactions_.respond(message, ok);
  if (answer_waits_for_prack_) answer();
}

void Line::answer(std::string_view tag) {
  if (state_ != LineState::ringing) return;
  if (unacknowledged_ && !unacknowledged_->body().empty()) {
    answer_waits_for_prack_ = true;  // RFC 3262 §3
    return;
  }
  unacknowledged_.reset();
  world_.cancel(prack_timer_);
  send_answer(tag);
}

void Line::send_answer(std::string_view tag) {
  if (!tag.empty()) local_tag_ = tag;
  Message ok = response(invite_, 200);
  if (local_sdp_) {
    ok.set_body("application/sdp", sip::sdp::serialize(*local_sdp_));
  } else if (invite_.body().empty()) {
    ok.set_body("application/sdp", make_offer(wanted_));
    answer_due_in_ack_ = invite_.cseq().number;
  } else {
    const auto answer = make_answer(invite_.body());
    if (!answer) return reject(488);
    ok.set_body("application/sdp", *answer);
  }
  add_session_timer(ok, invite_);
  state_ = LineState::answered;
  status_ = 200;
  phone_.transactions_.respond(invite_, ok);
  start_session_timer(ok, false);
  if (phone_.habits_.answers_twice) {
    Message second = ok;
    second.set(HeaderId::to, std::string(*invite_.header(HeaderId::to)) + ";tag=other" + phone_.random_.token(6));
    phone_.transactions_.respond(invite_, second);
    phone_.transactions_.respond(invite_, ok);  // what is retransmitted from now on
  }
  if (phone_.habits_.ends_early) {
    state_ = LineState::up;
    send_bye();
  }
}

void Line::reject(int status) {
  if (state_ != LineState::ringing) return;
  Message m = response(invite_, status);
  if (status == 486) m.add(HeaderId::reason, "Q.850;cause=17;text=\"User busy\"");
  phone_.transactions_.respond(invite_, m);
  end(status, false);
}

void Line::on_cancel(const Message& message) {
  if (state_ != LineState::ringing) return;
  if (phone_.habits_.answers_instead_of_cancel) {
    unacknowledged_.reset();
    return send_answer({});
  }
  last_words_ = message;
  phone_.transactions_.respond(invite_, response(invite_, 487));
  end(487, true);
}

void Line::on_ack(const Message& message) {
  if (state_ == LineState::answered) state_ = LineState::up;
  if (reinvite_ && reinvite_->cseq().number == message.cseq().number) {
    reinvite_.reset();
    ++reinvites_done_;
  }
  if (answer_due_in_ack_ == message.cseq().number) {
    answer_due_in_ack_ = 0;
    if (message.body().empty()) {
      offer_ = Pending::none;
      later(seconds(1), [this] {  // who hangs up at once owes no answer
        if (state_ != LineState::ended) complain("ACK without an answer to our offer");
      });
    } else {
      take_answer(message.body());
    }
  }
  if (bye_on_ack_ && state_ == LineState::up) send_bye();
}

void Line::on_ack_missing() {
  if (state_ == LineState::ended) return;
  complain("no ACK for our 2xx");
  state_ = LineState::up;
  send_bye();
}

// ------------------------------------------------------------------------------------------------ inside the dialog

void Line::on_request(const Message& message) {
  if (remote_cseq_ && message.cseq().number <= *remote_cseq_) {  // perhaps only overtaken: the audit knows
    return phone_.transactions_.respond(message, response(message, 500));
  }
  remote_cseq_ = message.cseq().number;
  got_.push_back({message.method(), std::string(message.body()), message});
  if (message.method() == Method::bye) return on_bye(message);
  if (state_ == LineState::ended) return phone_.transactions_.respond(message, response(message, 481));
  switch (message.method()) {
    case Method::invite:
      return on_reinvite(message);
    case Method::update:
      return on_update(message);
    case Method::prack:
      return on_prack(message);
    case Method::notify:
      if (!message.header(HeaderId::event).value_or("").starts_with("refer")) return answer_message(message);
      return on_notify(message);
    case Method::refer:
      return on_refer(message);
    default:
      return answer_message(message);
  }
}

void Line::answer_message(const Message& message) {
  const auto answer = [this, message] {
    Message m = response(message, phone_.habits_.answers_message.value_or(200));
    if (message.method() == Method::message) m.set_body("text/plain", "heard");
    phone_.transactions_.respond(message, m);
  };
  if (phone_.habits_.answers_message_after == Duration{}) return answer();
  later(phone_.habits_.answers_message_after, answer);
}

// ------------------------------------------------------------------------------------------------------------- REFER

void Line::on_refer(const Message& message) {
  const auto refer_to = sip::NameAddr::parse(message.header(HeaderId::refer_to).value_or(""));
  if (!refer_to) complain("REFER without a Refer-To");
  if (phone_.habits_.refuses_refer || !refer_to)
    return phone_.transactions_.respond(message, response(message, phone_.habits_.refuses_refer.value_or(400)));
  refer_id_ = std::to_string(message.cseq().number);
  phone_.transactions_.respond(message, response(message, 202));
  if (const auto& script = phone_.habits_.tells_of_refer; !script.empty())
    return tell_of_refer(script.front(), {script.begin() + 1, script.end()});
  notify_refer(100, false);
  sip::Uri target = refer_to->uri;
  DialOptions options;
  if (const auto replaces = target.header("Replaces")) options.replaces = sip::unescape(*replaces);
  target.headers = {};
  Line& called = phone_.dial(to_string(target), std::move(options));
  follow_refer(called, called.alive_, 100);
}

void Line::tell_of_refer(int status, std::vector<int> then) {
  notify_refer(status, status >= 200);
  if (then.empty()) return;
  later(milliseconds(200), [this, then] { tell_of_refer(then.front(), {then.begin() + 1, then.end()}); });
}

/// A look at the call that was asked for, now and then, until it is answered or over.
void Line::follow_refer(Line& called, std::shared_ptr<bool> called_alive, int told) {
  later(milliseconds(20), [this, &called, called_alive, told] {
    if (state_ == LineState::ended || !*called_alive) return;
    if (called.up()) return notify_refer(200, true);
    if (called.ended()) return notify_refer(called.status(), true);
    const bool rings = called.ringback() && told < 180;
    if (rings) notify_refer(180, false);
    follow_refer(called, called_alive, rings ? 180 : told);
  });
}

void Line::notify_refer(int status, bool last) {
  if (state_ == LineState::ended) return;
  Message m = request(Method::notify);
  m.add(HeaderId::event, "refer;id=" + refer_id_);
  m.add(HeaderId::subscription_state, last ? "terminated;reason=noresource" : "active;expires=60");
  m.set_body("message/sipfrag;version=2.0", "SIP/2.0 " + std::to_string(status) + " Told\r\n");
  ask(std::move(m), [](const Message*) {});
}

void Line::on_bye(const Message& message) {
  if (phone_.habits_.never_answers_bye) return;
  phone_.transactions_.respond(message, response(message, state_ == LineState::ended ? 481 : 200));
  if (state_ == LineState::ended) return;
  if (state_ == LineState::ringing) phone_.transactions_.respond(invite_, response(invite_, 487));
  last_words_ = message;
  end(status_, true);
}

void Line::on_reinvite(const Message& message) {
  phone_.transactions_.respond(message, response(message, 100));
  if (reinvite_pending_) return phone_.transactions_.respond(message, response(message, 491));
  if (reinvite_ || offer_ != Pending::none || state_ == LineState::ringing) {
    Message busy = response(message, state_ == LineState::ringing || reinvite_ ? 500 : 491);
    busy.add(HeaderId::retry_after, "1");
    return phone_.transactions_.respond(message, busy);
  }
  learn_route(message);
  Message ok = response(message, 200);
  if (message.body().empty()) {
    ok.set_body("application/sdp", make_offer(wanted_));
    answer_due_in_ack_ = message.cseq().number;
  } else {
    const auto answer = make_answer(message.body());
    if (!answer) return phone_.transactions_.respond(message, response(message, 488));
    ok.set_body("application/sdp", *answer);
  }
  add_session_timer(ok, message);
  reinvite_ = message;
  phone_.transactions_.respond(message, ok);
  start_session_timer(ok, false);
}

void Line::on_update(const Message& message) {
  if (!message.body().empty() && offer_ != Pending::none) {
    return phone_.transactions_.respond(message, response(message, 491));
  }
  learn_route(message);
  Message ok = response(message, 200);
  if (!message.body().empty()) {
    const auto answer = make_answer(message.body());
    if (!answer) return phone_.transactions_.respond(message, response(message, 488));
    ok.set_body("application/sdp", *answer);
  }
  add_session_timer(ok, message);
  phone_.transactions_.respond(message, ok);
  if (state_ == LineState::up) start_session_timer(ok, false);
}

void Line::on_notify(const Message& message) {
  if (notify_unanswered_) complain("a NOTIFY before the last one was answered");
  if (const Duration thinks = phone_.habits_.answers_notify_after; thinks > Duration{}) {
    notify_unanswered_ = true;
    later(thinks, [this, message] {
      notify_unanswered_ = false;
      phone_.transactions_.respond(message, response(message, 200));
    });
  } else {
    phone_.transactions_.respond(message, response(message, 200));
  }
  constexpr std::string_view status_line = "SIP/2.0 ";
  if (!message.body().starts_with(status_line)) return;
  int status = 0;
  const std::string_view digits = message.body().substr(status_line.size(), 3);
  std::from_chars(digits.data(), digits.data() + digits.size(), status);
  transfer_progress_.push_back(status);
  if (status >= 200 && status < 300 && phone_.habits_.hangs_up_after_transfer) hang_up();
}

}  // namespace junctor::sim
