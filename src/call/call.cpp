#include "call/call.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "call/milliwatt.hpp"

namespace junctor::call {

std::string_view to_string(Disposition disposition) {
  switch (disposition) {
    case Disposition::answered:
      return "answered";
    case Disposition::no_answer:
      return "no_answer";
    case Disposition::busy:
      return "busy";
    case Disposition::rejected:
      return "rejected";
    case Disposition::failed:
      return "failed";
    case Disposition::canceled:
      return "canceled";
  }
  return "";
}

namespace {

std::string voice_word(const Leg& leg) {
  const auto heard = leg.voice_heard();
  std::string out;
  if (heard == media::VoiceEvent::speech_started) out = "speech";
  if (heard == media::VoiceEvent::speech_ended) out = "pause";
  if (heard == media::VoiceEvent::silence) out = "silence";
  if (heard == media::VoiceEvent::dead_air) out = "dead air";
  return leg.voice_clips() ? out + " (clipping)" : out;
}

}  // namespace

Call::Call(CallId id, Services services, std::shared_ptr<const CallSettings> settings, CallOwner& owner, TimePoint now)
    : id_(id), services_(services), settings_(std::move(settings)), owner_(owner), start_(now) {}

Leg* Call::leg(LegId id) {
  for (const auto& leg : legs_)
    if (leg->id() == id) return leg.get();
  return nullptr;
}

std::optional<std::uint32_t> Call::worker() const {
  for (const auto& leg : legs_)
    if (leg->port() != nullptr) return leg->port()->worker;
  return std::nullopt;
}

HangupBy Call::side_of(const Leg& leg) const {
  return leg.id() == first_leg_ ? HangupBy::caller : HangupBy::callee;
}

Disposition Call::disposition() const {
  // Without an answer of its own but ended well: its leg was answered in the place of another one.
  if (answer_ || cause_.status / 100 == 2) return Disposition::answered;
  switch (cause_.status) {
    case 486:
    case 600:
      return Disposition::busy;
    case 408:
    case 480:
      return Disposition::no_answer;
    case 487:
      return Disposition::canceled;
    case 403:
    case 603:
    case 607:
      return Disposition::rejected;
    default:
      return Disposition::failed;
  }
}

// ---------------------------------------------------------------------------------------------------------- journal

void Call::journalled(TimePoint now) {
  journalled_ = true;
  auto work = std::move(until_journalled_);
  until_journalled_.clear();
  for (auto& each : work) each(now);
}

void Call::once_journalled(std::function<void(TimePoint)> work, TimePoint now) {
  if (journalled_) return work(now);
  until_journalled_.push_back(std::move(work));
}

// --------------------------------------------------------------------------------------------------------- commands

Leg& Call::start_inbound(TransactionId invite, const sip::Message& request, const transport::Source& source,
                         LegKind kind, Party caller, Party callee, std::vector<std::string> codecs, SrtpPolicy srtp,
                         TimePoint now) {
  caller_ = caller;
  callee_ = std::move(callee);
  auto leg = std::make_unique<Leg>(owner_.new_leg_id(), kind, LegDirection::inbound, services_, settings_, *this);
  Leg& made = *leg;
  made.start_inbound(invite, request, source, std::move(caller), std::move(codecs), srtp, now);
  first_leg_ = made.id();
  legs_.push_back(std::move(leg));
  owner_.index(made);
  return made;
}

void Call::start_outgoing(Party caller, Party callee) {
  outgoing_ = true;
  caller_ = std::move(caller);
  callee_ = std::move(callee);
}

Result<LegId, Refusal> Call::add_leg(AddLeg wanted, TimePoint now) {
  if (ending()) return fail(Refusal::wrong_state);
  if (legs_.size() >= legs_max) return fail(Refusal::too_many_legs);
  Leg::OutboundInvite invite;
  invite.to = std::move(wanted.to);
  invite.from = std::move(wanted.from);
  invite.from_host = std::move(wanted.from_host);
  invite.headers = std::move(wanted.headers);
  invite.worker = worker();
  if (const Leg* const like = leg(wanted.like)) {
    if (like->invite() != nullptr && like->direction() == LegDirection::inbound) {
      invite.passed = sip::Message::request(sip::Method::invite, invite.to.uri);
      settings_->header_rules.apply(*like->invite(), *invite.passed);
    }
    if (like->invite() != nullptr && like->direction() == LegDirection::inbound)
      invite.max_forwards = like->invite()->max_forwards().value_or(sip::max_forwards_initial) - 1;
    if (like->is_up()) {
      if (like->remote() != nullptr) invite.wish = like->wish_in(*like->remote());
      if (invite.wish) invite.wish->direction = sip::sdp::Direction::sendrecv;
    } else if (like->remote_offer() != nullptr) {
      invite.wish = like->wish_in(*like->remote_offer());
      if (!invite.wish) return fail(Refusal::no_common_codec);
    } else if (like->remote() != nullptr) {
      invite.wish = like->wish_in(*like->remote());
    }
    if (invite.wish) invite.wish = widened(std::move(*invite.wish));
  } else {
    invite.wish = own_wish();
  }
  auto made =
      std::make_unique<Leg>(owner_.new_leg_id(), wanted.kind, LegDirection::outbound, services_, settings_, *this);
  Leg& leg = *made;
  leg.label = std::move(wanted.label);
  leg.process_voice(invite.to.voice, now);
  legs_.push_back(std::move(made));
  owner_.index(leg);
  const LegId id = leg.id();
  leg.start_outbound(std::move(invite), now);
  owner_.index_port(leg);
  return id;
}

Result<void, Refusal> Call::ring(LegId id, int status, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  if (!ring_ && status >= 180) ring_ = now;
  once_journalled(
      [this, id, status](TimePoint then) {
        if (Leg* const still = this->leg(id)) still->ring(status, nullptr, then);
      },
      now);
  return {};
}

Result<void, Refusal> Call::early_media(LegId id, LegId from_id, int status, TimePoint now) {
  Leg* const leg = this->leg(id);
  Leg* const from = this->leg(from_id);
  if (leg == nullptr || from == nullptr) return fail(Refusal::no_such_leg);
  // An early answer that is given once stays: the codecs of another fork could differ.
  if (leg->local() != nullptr || leg->remote_offer() == nullptr || from->remote() == nullptr)
    return ring(id, status, now);
  if (!leg->take_port(leg->address().ip.family, worker())) return fail(Refusal::no_port);
  owner_.index_port(*leg);
  const auto wish = from->wish_in(*from->remote());
  if (!wish) return ring(id, status, now);
  auto answer = answer_for(*leg->remote_offer(), *wish, leg->local_media(), nullptr);
  if (!answer) return ring(id, status, now);
  if (!ring_ && status >= 180) ring_ = now;
  once_journalled(
      [this, id, from_id, status, answer = std::move(*answer)](TimePoint then) {
        Leg* const still = this->leg(id);
        Leg* const other = this->leg(from_id);
        if (still == nullptr || still->local() != nullptr) return;
        still->ring(status, &answer, then);
        if (other != nullptr && other->port() != nullptr) join(*still, *other);
      },
      now);
  return {};
}

void Call::bring_port(Leg& leg, std::uint32_t worker) {
  const PortId before = leg.port()->id;
  leg.move_port(worker);
  if (leg.port()->id != before) owner_.reindex_port(before, leg);
}

void Call::join(Leg& a, Leg& b) {
  if (!a.port_is_open() || !b.port_is_open()) return;
  if (!talk_) talk_ = std::make_unique<Mixer>(services_.plays, a.port()->worker);
  for (Leg* const each : {&a, &b}) bring_port(*each, talk_->worker());
  for (const auto& leg : legs_)
    if (leg.get() != &a && leg.get() != &b) talk_->unseat(*leg);
  talk_->seat(a);
  talk_->seat(b);
  if (std::exchange(talk_is_room_, false)) talk_->drop_need(Need::room);
}

void Call::connect(Leg& a, Leg& b) {
  a.peer = b.id();
  b.peer = a.id();
  join(a, b);
  owner_.tell({id_, Connected{a.id(), b.id()}});
}

/// The description for a leg that waits for its answer (or for our offer), from what the other leg agreed to (or
/// offers).
void Call::give_answer(Leg& leg, Leg& from, TimePoint now) {
  const sip::sdp::Session* const said = from.remote_offer() != nullptr ? from.remote_offer() : from.remote();
  const auto wish = said != nullptr ? from.wish_in(*said) : std::nullopt;
  const auto refuse = [&] {
    const Cause why{488, 88, "no common codec"};
    note_end(HangupBy::hub, why);
    hang_up(why, HangupBy::hub, now);
  };
  if (!wish) return refuse();
  if (leg.local() != nullptr &&
      leg.remote_offer() != nullptr) {  // answered in an 18x already: that stands (RFC 3261 §13.2.1)
    const sip::sdp::Session before = *leg.local();
    leg.accept(&before, now);
    connect(leg, from);
    if (leg.remote() != nullptr && from.local() != nullptr && from.remote() != nullptr &&
        !fits(before, *leg.remote(), *from.local(), *from.remote()))
      renegotiate(from, leg, now);
    return;
  }
  if (leg.local() != nullptr) {  // answered reliably
    leg.accept(nullptr, now);
    return connect(leg, from);
  }
  if (leg.remote_offer() != nullptr) {
    const auto answer = answer_for(*leg.remote_offer(), *wish, leg.local_media(), nullptr);
    if (!answer) return refuse();
    leg.accept(&*answer, now);
  } else {
    const auto offer = offer_for(widened(*wish), leg.local_media(), nullptr);
    leg.accept(&offer, now);
  }
  connect(leg, from);
}

Result<void, Refusal> Call::answer(LegId id, LegId with, TimePoint now) {
  Leg* const leg = this->leg(id);
  Leg* const other = this->leg(with);
  if (leg == nullptr || other == nullptr) return fail(Refusal::no_such_leg);
  if (leg->is_up() || !other->is_up()) return fail(Refusal::wrong_state);
  if (!leg->take_port(leg->address().ip.family, worker())) return fail(Refusal::no_port);
  owner_.index_port(*leg);
  answered_by_ = other->label.empty() ? other->uri() : other->label;
  leg->peer = with;
  other->peer = id;
  once_journalled(
      [this, id, with](TimePoint then) {
        Leg* const still = this->leg(id);
        Leg* const from = this->leg(with);
        if (still == nullptr || from == nullptr || !from->is_up()) return;
        give_answer(*still, *from, then);
        if (!still->is_up()) return;
        if (!answer_) answer_ = then;
        owner_.tell({id_, Answered{id, with}});
      },
      now);
  return {};
}

Result<void, Refusal> Call::answer_alone(LegId id, std::string who, std::optional<std::uint32_t> worker,
                                         TimePoint now) {
  return answer_by_hub(id, own_wish(), std::move(who), worker, now);
}

Result<void, Refusal> Call::answer_with_source(LegId id, Source source, TimePoint now) {
  MediaWish wish = own_wish();
  const Leg* const leg = this->leg(id);
  const auto* const offer = leg != nullptr ? leg->remote_offer() : nullptr;
  const auto theirs = offer != nullptr ? wish_of(*offer) : std::nullopt;
  if (source == Source::echo && theirs && !has_own_codec(theirs->codecs)) wish.codecs = theirs->codecs;
  source_ = {id, source};
  return answer_by_hub(id, wish, source == Source::echo ? "echo" : "tone", std::nullopt, now);
}

Result<sip::sdp::Session, Refusal> Call::own_description(Leg& leg, const MediaWish& wish,
                                                         std::optional<std::uint32_t> worker) {
  if (leg.local() != nullptr) return *leg.local();  // said in an 18x: that stands (RFC 3261 §13.2.1)
  if (!leg.take_port(leg.address().ip.family, worker ? worker : this->worker())) return fail(Refusal::no_port);
  owner_.index_port(leg);
  if (leg.remote_offer() == nullptr) return offer_for(wish, leg.local_media(), nullptr);
  auto answer = answer_for(*leg.remote_offer(), wish, leg.local_media(), nullptr);
  if (!answer) return fail(Refusal::no_common_codec);
  return std::move(*answer);
}

Result<void, Refusal> Call::progress_alone(LegId id, std::optional<std::uint32_t> worker, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  if (leg->is_up() || leg->local() != nullptr || leg->remote_offer() == nullptr) return fail(Refusal::wrong_state);
  auto description = own_description(*leg, own_wish(), worker);
  if (!description) return fail(description.error());
  if (!ring_) ring_ = now;
  once_journalled(
      [this, id, description = std::move(*description)](TimePoint then) {
        Leg* const still = this->leg(id);
        if (still != nullptr && still->port_is_open() && still->local() == nullptr)
          still->ring(183, &description, then);
      },
      now);
  return {};
}

Result<void, Refusal> Call::settle(LegId id, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  if (!leg->is_up() || answer_) return fail(Refusal::wrong_state);
  answered_by_ = leg->label.empty() ? leg->uri() : leg->label;
  answer_ = now;
  leg->kept = true;
  owner_.tell({id_, Answered{id, {}}});
  return {};
}

Result<void, Refusal> Call::answer_by_hub(LegId id, const MediaWish& wish, std::string who,
                                          std::optional<std::uint32_t> worker, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  if (leg->is_up()) return fail(Refusal::wrong_state);
  auto description = own_description(*leg, wish, worker);
  if (!description) return fail(description.error());
  answered_by_ = std::move(who);
  once_journalled(
      [this, id, description = std::move(*description)](TimePoint then) {
        Leg* const still = this->leg(id);
        if (still == nullptr || still->port() == nullptr) return;
        still->accept(&description, then);
        if (!still->is_up()) return;
        if (!answer_) answer_ = then;
        owner_.tell({id_, Answered{id, {}}});
        if (source_ && still->media_answered()) start_source(*still);
      },
      now);
  return {};
}

Mixer& Call::own_mixer(Leg& leg) {
  JUNCTOR_CHECK(leg.port_is_open());
  if (leg.mixer != nullptr) return *leg.mixer;
  if (!talk_) talk_ = std::make_unique<Mixer>(services_.plays, leg.port()->worker);
  bring_port(leg, talk_->worker());
  talk_->seat(leg);
  return *talk_;
}

void Call::start_source(Leg& leg) {
  if (!leg.port_is_open()) return;
  const bool own = has_own_codec(wish_of(*leg.remote()).value_or(MediaWish{}).codecs);
  if (source_->second == Source::echo && !own) {
    services_.media.command(leg.port()->worker, media::Echo{leg.port()->id});
  } else if (source_->second == Source::echo) {
    own_mixer(leg).set_voice(leg, {.hears_itself = true});
  } else {
    own_mixer(leg).play(milliwatt());
  }
}

Result<void, Refusal> Call::reject(LegId id, const Cause& why, const Headers& headers, HangupBy by, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  if (leg->is_up()) return fail(Refusal::wrong_state);
  until_journalled_.clear();
  note_end(by, why);
  leg->reject(why, now, headers);
  hang_up(why, by, now);
  return {};
}

Result<void, Refusal> Call::hang_up_leg(LegId id, const Cause& why, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  leg->hang_up(why, now);
  return {};
}

void Call::note_end(HangupBy by, const Cause& why) {
  if (hangup_by_ != HangupBy::nobody) return;
  hangup_by_ = by;
  cause_ = why;
}

void Call::hang_up(const Cause& why, HangupBy by, TimePoint now) {
  note_end(by, why);
  if (!end_) end_ = now;
  until_journalled_.clear();
  for (std::size_t i = 0; i < legs_.size(); ++i) legs_[i]->hang_up(why, now);
}

std::unique_ptr<Leg> Call::release(LegId id, TimePoint now) {
  const auto at = std::find_if(legs_.begin(), legs_.end(), [&](const auto& leg) { return leg->id() == id; });
  JUNCTOR_CHECK(at != legs_.end());
  if (Leg* const peer = leg((*at)->peer)) peer->peer = {};
  auto leg = std::move(*at);
  legs_.erase(at);
  leg->peer = {};
  leg->refuse_offer(491, now);
  past_legs_.push_back(facts_of(*leg));
  return leg;
}

void Call::adopt(std::unique_ptr<Leg> leg) {
  leg->set_owner(*this);
  legs_.push_back(std::move(leg));
}

Result<void, Refusal> Call::send_digits(LegId id, std::string_view digits, Duration duration, Duration gap,
                                        TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  return tell_digits(*leg, digits, duration, gap, now);
}

Result<void, Refusal> Call::tell_digits(Leg& leg, std::string_view digits, Duration duration, Duration gap,
                                        TimePoint now) {
  auto told = leg.send_digits(digits, duration, gap, now);
  if (told || told.error() != Refusal::no_digits || !leg.port_is_ready() || digits.empty()) return told;
  return own_mixer(leg).sound_keys(leg, {std::string(digits), duration, gap});
}

Result<void, Refusal> Call::process_voice(LegId id, const media::VoiceProcessing& what, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  if (leg->state() == LegState::leaving || leg->state() == LegState::ended) return fail(Refusal::wrong_state);
  leg->process_voice(what, now);
  return {};
}

Result<void, Refusal> Call::mute(LegId id, const Muting& what) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  leg->mute(what);
  return {};
}

Result<void, Refusal> Call::hold(LegId id, bool on, Replied done, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  return leg->hold(on, std::move(done), now);
}

Result<void, Refusal> Call::refer(LegId id, const Leg::Refer& what, ReferTold told, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  return leg->refer(what, std::move(told), now);
}

Result<void, Refusal> Call::refer_progress(LegId id, int status, bool last, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  leg->notify_refer(status, last, now);
  return {};
}

// ---------------------------------------------------------------------------------------------------- what legs tell

void Call::on_calling(Leg& leg, TimePoint) {
  owner_.tell({id_, LegCalling{leg.id()}});
}

void Call::on_ringing(Leg& leg, int status, bool with_media, TimePoint) {
  owner_.index_port(leg);
  owner_.tell({id_, LegRinging{leg.id(), status, with_media}});
}

void Call::on_answered(Leg& leg, TimePoint) {
  owner_.index_port(leg);
  owner_.tell({id_, LegAnswered{leg.id()}});
}

void Call::on_acknowledged(Leg& leg, bool with_answer, TimePoint now) {
  // A tone needs to know what the far end understands: with a late offer that comes in the ACK.
  if (with_answer && source_ && source_->first == leg.id() && leg.port() != nullptr) start_source(leg);
  Leg* const peer = this->leg(leg.peer);
  if (peer == nullptr) return;
  if (with_answer && peer->remote_offer() != nullptr && !peer->wants_our_response() && leg.remote() != nullptr) {
    const auto wish = leg.wish_in(*leg.remote());
    auto answer =
        wish ? answer_for(*peer->remote_offer(), *wish, peer->local_media(), peer->local())
             : Result<sip::sdp::Session, sip::sdp::NegotiationError>(fail(sip::sdp::NegotiationError::no_audio));
    if (!answer) return hang_up({488, 88, "no common codec"}, HangupBy::hub, now);
    peer->ack(*answer, now);
  }
  if (renegotiation_.step == Renegotiation::Step::first && !leg.exchange_open() && !peer->exchange_open())
    step_renegotiation(*this->leg(renegotiation_.b), now);
}

void Call::on_hold(Leg& leg, bool holds, TimePoint) {
  owner_.tell({id_, Hold{leg.id(), holds}});
}

void Call::on_failed(Leg& leg, const Cause& cause, std::optional<std::uint32_t> retry_after, TimePoint) {
  owner_.tell({id_, LegFailed{leg.id(), cause, retry_after}});
}

void Call::on_gone(Leg& leg, const Cause& cause, TimePoint now) {
  const bool talked = leg.answered_at.has_value();
  if (leg.id() == first_leg_ || (talked && leg.peer)) note_end(side_of(leg), cause);
  if (Leg* const peer = this->leg(leg.peer)) {
    peer->peer = {};
    if (peer->wants_our_response()) peer->refuse_offer(488, now);
    ack_alone(*peer, now);
  }
  owner_.tell({id_, LegGone{leg.id(), cause, true}});
}

void Call::on_seated(Leg& leg) {
  owner_.tell({id_, Seated{leg.id()}});
}

void Call::on_judged(Leg& leg, TimePoint) {
  owner_.tell({id_, AudioJudged{leg.id(), std::string(leg.verdict())}});
}

void Call::on_finished(Leg& leg, TimePoint) {
  owner_.unindex(leg);
}

// --------------------------------------------------------------------------------------------------------------- end

LegFacts Call::facts_of(const Leg& leg) const {
  LegFacts out;
  out.id = leg.id();
  out.kind = leg.kind();
  out.direction = leg.direction();
  out.state = leg.state();
  out.sip_call_id = leg.sip_call_id();
  out.uri = leg.uri();
  out.label = leg.label;
  out.address = leg.stats().locked ? leg.stats().locked : leg.address();
  out.start = leg.started;
  out.answer = leg.answered_at;
  out.end = leg.ended_at;
  out.cause = leg.cause;
  out.stats = leg.stats();
  if (leg.mixer != nullptr) out.codec_plan = leg.mixer->plan();
  out.srtp = leg.srtp_suite();
  out.codec = rtp::codec_name(leg.stats().codec);
  if (out.codec.empty() && leg.remote() != nullptr) {
    if (const auto wish = wish_of(*leg.remote()); wish && !wish->codecs.empty()) out.codec = wish->codecs.front().name;
  }
  out.voice_processing = leg.voice_processing();
  out.voice = voice_word(leg);
  if (leg.voice_heard()) out.voice_since = leg.voice_heard_at();
  out.verdict = leg.verdict();
  if (!out.verdict.empty() || leg.is_up()) return out;
  const media::Verdict past = out.stats.past_verdict;
  if (leg.audio_timed_out) {
    out.verdict = to_string(media::Verdict::no_packets);
  } else if (past != media::Verdict::good) {
    out.verdict = to_string(past);
  }
  return out;
}

std::vector<LegFacts> Call::all_legs() const {
  std::vector<LegFacts> out = past_legs_;
  for (const auto& leg : legs_) out.push_back(facts_of(*leg));
  std::sort(out.begin(), out.end(), [this](const LegFacts& a, const LegFacts& b) {
    return std::pair(a.id != first_leg_, a.id) < std::pair(b.id != first_leg_, b.id);
  });
  return out;
}

bool Call::is_over() const {
  if (outgoing_ && !end_) return false;
  return std::all_of(legs_.begin(), legs_.end(), [](const auto& leg) {
    return (leg->state() == LegState::leaving || leg->state() == LegState::ended) && leg->port() == nullptr;
  });
}

void Call::bury(LegId id) {
  const auto at = std::find_if(legs_.begin(), legs_.end(), [&](const auto& leg) { return leg->id() == id; });
  if (at == legs_.end()) return;
  past_legs_.push_back(facts_of(**at));
  legs_.erase(at);
}

}  // namespace junctor::call
