// The later offers of a Call's legs: those that pass from one to the other, and those that make two fit that were
// brought together.
#include <utility>

#include "call/call.hpp"

namespace junctor::call {

// ----------------------------------------------------------------------------------------- two legs that must fit

Result<void, Refusal> Call::bridge(LegId a_id, LegId b_id, TimePoint now) {
  Leg* const a = leg(a_id);
  Leg* const b = leg(b_id);
  if (a == nullptr || b == nullptr) return fail(Refusal::no_such_leg);
  if (!a->is_up() || !b->is_up() || a->port() == nullptr || b->port() == nullptr) return fail(Refusal::wrong_state);
  for (Leg* const each : {a, b}) {
    Leg* const old = leg(each->peer);
    if (old == a || old == b) continue;
    if (old != nullptr) old->peer = {};
    each->refuse_offer(491, now);  // whoever was asked about it is not the one that answers from now on
  }
  for (Leg* const each : {a, b}) {
    ack_alone(*each, now);
    each->forget_hold(now);
  }
  connect(*a, *b);
  const bool fits =
      a->media_answered() && b->media_answered() && call::fits(*a->local(), *a->remote(), *b->local(), *b->remote());
  if (!fits) renegotiate(*a, *b, now);
  return {};
}

Result<void, Refusal> Call::part(LegId id, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  if (!leg->is_up() || !leg->port_is_open()) return fail(Refusal::wrong_state);
  if (Leg* const peer = this->leg(leg->peer)) peer->peer = {};
  leg->peer = {};
  leg->refuse_offer(491, now);
  ack_alone(*leg, now);
  if (leg->mixer != nullptr) leg->mixer->unseat(*leg);
  return {};
}

Result<void, Refusal> Call::seat_early(LegId id, Mixer& mixer) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  if (!leg->port_is_open()) return fail(Refusal::wrong_state);
  bring_port(*leg, mixer.worker());
  mixer.seat(*leg);
  return {};
}

Result<void, Refusal> Call::seat_alone(LegId id, TimePoint now) {
  if (const auto parted = part(id, now); !parted) return parted;
  Mixer& mixer = own_mixer(*this->leg(id));
  if (!std::exchange(talk_is_room_, true)) mixer.add_need(Need::room);
  return {};
}

Result<void, Refusal> Call::seat(LegId id, Mixer& mixer, const Voice& voice, TimePoint now) {
  if (const auto parted = part(id, now); !parted) return parted;
  Leg& leg = *this->leg(id);
  bring_port(leg, mixer.worker());
  mixer.seat(leg, voice);
  const auto agreed = leg.local() != nullptr ? wish_of(*leg.local()) : std::nullopt;
  const bool fits = !leg.holds && agreed && has_own_codec(agreed->codecs);
  if (fits || !agreed || !leg.media_answered()) return {};
  MediaWish wish = own_wish();
  const auto offer = offer_for(wish, leg.local_media(), leg.local());
  leg.exchange_for = {};
  leg.send_offer(&offer, false, now);
  return {};
}

/// First `b` is offered what `a` can do; then, if `b`'s choice is narrower or `a` was on hold, `a` is offered that.
void Call::renegotiate(Leg& a, Leg& b, TimePoint now) {
  renegotiation_ = {a.id(), b.id(), Renegotiation::Step::first};
  step_renegotiation(b, now);
}

void Call::step_renegotiation(Leg& leg, TimePoint now) {
  Leg* const other = this->leg(leg.id() == renegotiation_.a ? renegotiation_.b : renegotiation_.a);
  if (other == nullptr || other->remote() == nullptr || leg.local() == nullptr) return;
  auto wish = other->wish_in(*other->remote());
  if (!wish) return;
  wish->direction = sip::sdp::Direction::sendrecv;
  const auto offer = offer_for(widened(*wish), leg.local_media(), leg.local());
  leg.exchange_for = {};
  leg.send_offer(&offer, false, now);
}

// ------------------------------------------------------------------------------------------- offers of the far ends

void Call::answer_offer_alone(Leg& leg, TimePoint now) {
  MediaWish wish = own_wish();
  if (leg.local() != nullptr)
    if (auto before = wish_of(*leg.local())) wish = std::move(*before);
  wish.direction = sip::sdp::Direction::sendrecv;
  if (leg.remote_offer() == nullptr) {
    const auto offer = offer_for(wish, leg.local_media(), leg.local());
    return leg.offer_in_answer(offer, now);
  }
  const auto answer = answer_for(*leg.remote_offer(), wish, leg.local_media(), leg.local());
  if (answer) {
    leg.answer_offer(*answer, now);
  } else {
    leg.refuse_offer(488, now);
  }
}

/// Who was to answer the offer in this leg's 2xx is gone: we do, so that it has its ACK.
void Call::ack_alone(Leg& leg, TimePoint now) {
  if (!leg.owes_answer_in_ack() || leg.remote_offer() == nullptr) return;
  const auto wish = wish_of(*leg.remote_offer());
  const auto answer =
      wish ? answer_for(*leg.remote_offer(), *wish, leg.local_media(), leg.local())
           : Result<sip::sdp::Session, sip::sdp::NegotiationError>(fail(sip::sdp::NegotiationError::no_audio));
  if (!answer) return leg.hang_up({488, 88, "no common codec"}, now);
  leg.exchange_for = {};
  leg.ack(*answer, now);
}

void Call::on_offer(Leg& leg, TimePoint now) {
  Leg* const peer = this->leg(leg.peer);
  if (peer == nullptr || !peer->is_up() || !leg.is_up()) return answer_offer_alone(leg, now);
  if (peer->exchange_open() || renegotiation_.step != Renegotiation::Step::none) return leg.refuse_offer(491, now);
  peer->exchange_for = leg.id();
  if (leg.remote_offer() == nullptr) return peer->send_offer(nullptr, false, now);
  auto wish = leg.wish_in(*leg.remote_offer());
  const SrtpTerms srtp = leg.local_media().srtp;
  if (!wish || !srtp_answerable(*leg.remote_offer(), srtp.policy, srtp.keys_allowed)) {  // T.38 too: not carried
    peer->exchange_for = {};
    return leg.refuse_offer(488, now);
  }
  // Who is held with `inactive` may still hear music.
  if (settings_->hold_music && wish->direction == sip::sdp::Direction::inactive)
    wish->direction = sip::sdp::Direction::sendonly;
  const auto offer = offer_for(widened(*wish), peer->local_media(), peer->local());
  peer->send_offer(&offer, leg.offer_came_by_update(), now);
  if (!peer->exchange_open()) {
    peer->exchange_for = {};
    leg.refuse_offer(491, now);
  }
}

void Call::on_offer_withdrawn(Leg& leg, TimePoint now) {
  if (Leg* const peer = this->leg(leg.peer); peer != nullptr && peer->exchange_for == leg.id()) peer->cancel_offer(now);
}

void Call::on_offer_accepted(Leg& leg, TimePoint now) {
  const LegId origin_id = std::exchange(leg.exchange_for, LegId{});
  if (!origin_id) {
    const auto step = renegotiation_.step;
    Leg* const a = this->leg(renegotiation_.a);
    Leg* const b = this->leg(renegotiation_.b);
    renegotiation_.step = Renegotiation::Step::none;
    if (a == nullptr || b == nullptr || step == Renegotiation::Step::none) return;
    join(*a, *b);
    const bool fits =
        a->media_answered() && b->media_answered() && call::fits(*a->local(), *a->remote(), *b->local(), *b->remote());
    if (fits || step == Renegotiation::Step::second) return;
    renegotiation_.step = Renegotiation::Step::second;
    return step_renegotiation(*a, now);
  }
  Leg* const origin = this->leg(origin_id);
  const bool due = origin != nullptr && origin->wants_our_response();
  if (leg.remote_offer() != nullptr) {  // a re-INVITE without an offer went through: theirs goes back
    const auto wish = leg.wish_in(*leg.remote_offer());
    if (due && wish && origin->remote_offer() == nullptr) {
      const auto offer = offer_for(widened(*wish), origin->local_media(), origin->local());
      return origin->offer_in_answer(offer, now);
    }
    return ack_alone(leg, now);
  }
  if (!due) return;
  const auto wish = leg.wish_in(*leg.remote());
  auto answer = wish && origin->remote_offer() != nullptr
                    ? answer_for(*origin->remote_offer(), *wish, origin->local_media(), origin->local())
                    : Result<sip::sdp::Session, sip::sdp::NegotiationError>(fail(sip::sdp::NegotiationError::no_audio));
  if (answer) {
    origin->answer_offer(*answer, now);
  } else {
    origin->refuse_offer(488, now);
  }
}

void Call::on_offer_refused(Leg& leg, int status, TimePoint now) {
  const LegId origin_id = std::exchange(leg.exchange_for, LegId{});
  if (Leg* const origin = this->leg(origin_id)) {
    if (origin->wants_our_response()) origin->refuse_offer(status == 481 || status == 408 ? 500 : status, now);
    return;
  }
  renegotiation_.step = Renegotiation::Step::none;
  if (status == 488 || status == 606) hang_up({488, 88, "no common codec"}, HangupBy::hub, now);
}

}  // namespace junctor::call
