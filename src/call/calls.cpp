#include "call/calls.hpp"

#include <algorithm>
#include <type_traits>

#include "base/check.hpp"
#include "call/sdp_body.hpp"
#include "call/stray.hpp"
#include "sip/headers.hpp"

namespace junctor::call {
namespace {

constexpr std::size_t table_size = 16'384;
constexpr std::size_t invites_size = 100'000;  ///< INVITE server transactions linger for half a minute

}  // namespace

Calls::Turn::~Turn() {
  if (calls_.depth_ == 1) {
    do {
      while (!calls_.events_.empty()) {
        const Event event = std::move(calls_.events_.front());
        calls_.events_.pop_front();
        calls_.sink_.on_call_event(event, now_);
        calls_.touched_.push_back(event.call);
      }
      calls_.sweep(now_);
    } while (!calls_.events_.empty());
  }
  --calls_.depth_;
}

Calls::Calls(Parts parts, std::uint32_t node, std::uint32_t epoch, EventSink& sink)
    : parts_(parts),
      plays_(parts.media),
      node_(node),
      epoch_(epoch),
      sink_(sink),
      settings_(std::make_shared<CallSettings>()) {
  // A table that grows is built anew in one turn of the loop; these are large enough for a thousand calls a second.
  legs_.reserve(table_size);
  tags_.reserve(table_size);
  ports_.reserve(table_size);
  invites_.reserve(invites_size);
}

Calls::~Calls() = default;

Services Calls::services() {
  return {parts_.endpoint, parts_.media, plays_, parts_.timers, *this, parts_.random};
}

// ------------------------------------------------------------------------------------------------------------- index

void Calls::tell(Event event) {
  touched_.push_back(event.call);
  events_.push_back(std::move(event));
}

LegId Calls::new_leg_id() {
  return {next_leg_++};
}

void Calls::index(Leg& leg) {
  legs_[leg.id().value].leg = &leg;
  tags_[leg.local_tag()] = leg.id().value;
}

void Calls::index_port(const Leg& leg) {
  if (leg.port() != nullptr) ports_[leg.port()->id.value] = leg.id().value;
}

void Calls::reindex_port(PortId before, Leg& leg) {
  ports_.erase(before.value);
  index_port(leg);
  // Events that were on their way still have that name.
  former_ports_[before.value] = leg.id().value;
  leg.former_ports.push_back(before);
}

void Calls::unindex(const Leg& leg) {
  finished_.push_back(leg.id().value);
}

Calls::Place Calls::place(std::uint64_t leg_id) {
  const auto at = legs_.find(leg_id);
  return at == legs_.end() ? Place{} : at->second;
}

Calls::Place Calls::place_of(PortId port) {
  const auto at = ports_.find(port.value);
  if (at != ports_.end()) return place(at->second);
  const auto former = former_ports_.find(port.value);
  return former == former_ports_.end() ? Place{} : place(former->second);
}

Call* Calls::find(CallId id) {
  const auto at = calls_.find(id);
  return at == calls_.end() ? nullptr : at->second.get();
}

const Call* Calls::find(CallId id) const {
  const auto at = calls_.find(id);
  return at == calls_.end() ? nullptr : at->second.get();
}

void Calls::for_each(const std::function<void(const Call&)>& look) const {
  for (const auto& [id, call] : calls_) look(*call);
}

const Leg* Calls::find_dialog(std::string_view call_id, std::string_view local_tag, std::string_view remote_tag) const {
  const auto at = tags_.find(local_tag);
  if (at == tags_.end()) return nullptr;
  const Leg* const leg = legs_.at(at->second).leg;
  return leg->sip_call_id() == call_id && leg->replaces_match(local_tag, remote_tag) ? leg : nullptr;
}

bool Calls::is_our_own(const sip::Message& request) const {
  const auto at = tags_.find(request.from_tag());
  if (at == tags_.end()) return false;
  const Leg* const leg = legs_.at(at->second).leg;
  return leg->direction() == LegDirection::outbound && leg->sip_call_id() == request.call_id();
}

CallId Calls::call_of(LegId leg) const {
  const auto at = legs_.find(leg.value);
  return at == legs_.end() || at->second.call == nullptr ? CallId{} : at->second.call->id();
}

CallLedger Calls::ledger() const {
  return {calls_.size(), legs_.size(), ports_.size(), tags_.size()};
}

std::optional<sip::sdp::NegotiationError> Calls::cannot_carry(const std::optional<sip::sdp::Session>& offer,
                                                              SrtpPolicy srtp, const transport::Source& source) const {
  using sip::sdp::NegotiationError;
  const bool keys_allowed = source.protocol == transport::Protocol::tls || settings_->srtp_over_plain_sip;
  if (offer && !wish_of(*offer)) return NegotiationError::no_audio;
  const bool possible = offer ? srtp_answerable(*offer, srtp, keys_allowed) : srtp_possible(srtp, keys_allowed);
  return possible ? std::nullopt : std::optional(NegotiationError::no_encryption);
}

// ---------------------------------------------------------------------------------------------------------- commands

CallId Calls::start(const Inbound& inbound, const sip::Message& request, const transport::Source& source,
                    TimePoint now) {
  const Turn turn(*this, now);
  const CallId id{node_, epoch_, next_call_++};
  CallOwner& owner = *this;
  auto made = std::make_unique<Call>(id, services(), settings_, owner, now);
  Call& call = *made;
  calls_.emplace(id, std::move(made));
  call.labels = inbound.labels;
  Leg& leg = call.start_inbound(inbound.invite, request, source, inbound.kind, inbound.caller, inbound.callee,
                                inbound.codecs, inbound.srtp, now);
  legs_[leg.id().value].call = &call;
  leg.label = inbound.label;
  leg.process_voice(inbound.voice, now);
  invites_[inbound.invite.value] = leg.id().value;
  tell({id, Incoming{leg.id()}});
  return id;
}

CallId Calls::start_outgoing(Party caller, Party callee, CallLabels labels, TimePoint now) {
  const Turn turn(*this, now);
  const CallId id{node_, epoch_, next_call_++};
  CallOwner& owner = *this;
  Call& call = *calls_.emplace(id, std::make_unique<Call>(id, services(), settings_, owner, now)).first->second;
  call.labels = std::move(labels);
  call.start_outgoing(std::move(caller), std::move(callee));
  tell({id, Outgoing{}});
  return id;
}

// Every command: find the call, do it, tell what it caused.
template <class Do>
auto with_call(Call* call, Do&& act) -> decltype(act(*call)) {
  if (call == nullptr) return fail(Refusal::no_such_call);
  return act(*call);
}

Result<LegId, Refusal> Calls::add_leg(CallId id, Call::AddLeg wanted, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) {
    auto leg = call.add_leg(std::move(wanted), now);
    if (leg) legs_.at(leg->value).call = &call;
    return leg;
  });
}

Result<void, Refusal> Calls::ring(CallId id, LegId leg, int status, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.ring(leg, status, now); });
}

Result<void, Refusal> Calls::early_media(CallId id, LegId leg, LegId from, int status, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.early_media(leg, from, status, now); });
}

Result<void, Refusal> Calls::answer(CallId id, LegId leg, LegId with, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.answer(leg, with, now); });
}

Result<void, Refusal> Calls::answer_alone(CallId id, LegId leg, std::string who, std::optional<std::uint32_t> worker,
                                          TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.answer_alone(leg, std::move(who), worker, now); });
}

Result<void, Refusal> Calls::progress_alone(CallId id, LegId leg, std::optional<std::uint32_t> worker, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.progress_alone(leg, worker, now); });
}

Result<void, Refusal> Calls::settle(CallId id, LegId leg, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.settle(leg, now); });
}

Result<void, Refusal> Calls::answer_with_source(CallId id, LegId leg, Call::Source source, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.answer_with_source(leg, source, now); });
}

Result<void, Refusal> Calls::reject(CallId id, LegId leg, const Cause& why, TimePoint now, HangupBy by,
                                    const Headers& headers) {
  const Turn turn(*this, now);
  touched_.push_back(id);
  return with_call(find(id), [&](Call& call) { return call.reject(leg, why, headers, by, now); });
}

Result<void, Refusal> Calls::hang_up_leg(CallId id, LegId leg, const Cause& why, TimePoint now) {
  const Turn turn(*this, now);
  touched_.push_back(id);
  return with_call(find(id), [&](Call& call) { return call.hang_up_leg(leg, why, now); });
}

Result<void, Refusal> Calls::hang_up(CallId id, const Cause& why, TimePoint now, HangupBy by) {
  const Turn turn(*this, now);
  touched_.push_back(id);
  return with_call(find(id), [&](Call& call) -> Result<void, Refusal> {
    call.hang_up(why, by, now);
    return {};
  });
}

Result<void, Refusal> Calls::bridge(CallId id, LegId a, LegId b, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.bridge(a, b, now); });
}

Result<void, Refusal> Calls::seat(CallId id, LegId leg, Mixer& mixer, TimePoint now, const Voice& voice) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.seat(leg, mixer, voice, now); });
}

Result<void, Refusal> Calls::seat_early(CallId id, LegId leg, Mixer& mixer, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.seat_early(leg, mixer); });
}

Result<void, Refusal> Calls::seat_alone(CallId id, LegId leg, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.seat_alone(leg, now); });
}

Result<void, Refusal> Calls::move_leg(CallId from_id, LegId leg_id, CallId to_id, TimePoint now) {
  const Turn turn(*this, now);
  Call* const from = find(from_id);
  Call* const to = find(to_id);
  if (from == nullptr || to == nullptr) return fail(Refusal::no_such_call);
  if (from->leg(leg_id) == nullptr) return fail(Refusal::no_such_leg);
  if (to->legs().size() >= Call::legs_max) return fail(Refusal::too_many_legs);
  to->adopt(from->release(leg_id, now));
  legs_[leg_id.value].call = to;
  touched_.push_back(from_id);
  return {};
}

Result<void, Refusal> Calls::refer_progress(CallId id, LegId leg, int status, bool last, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.refer_progress(leg, status, last, now); });
}

Result<void, Refusal> Calls::hold(CallId id, LegId leg, bool on, Replied done, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.hold(leg, on, std::move(done), now); });
}

Result<void, Refusal> Calls::refer(CallId id, LegId leg, const Leg::Refer& what, ReferTold told, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.refer(leg, what, std::move(told), now); });
}

Result<void, Refusal> Calls::request(CallId id, LegId leg, sip::Method method, const Payload& payload, Replied replied,
                                     TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.request(leg, method, payload, std::move(replied), now); });
}

Result<void, Refusal> Calls::respond(CallId id, LegId leg, TransactionId request, int status, const Payload& payload,
                                     TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.respond(leg, request, status, payload, now); });
}

Result<void, Refusal> Calls::pass_on(CallId id, LegId leg, TransactionId request, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.pass_on(leg, request, now); });
}

Result<void, Refusal> Calls::process_voice(CallId id, LegId leg, const media::VoiceProcessing& what, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.process_voice(leg, what, now); });
}

Result<void, Refusal> Calls::mute(CallId id, LegId leg, const Muting& what, TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.mute(leg, what); });
}

Result<void, Refusal> Calls::send_digits(CallId id, LegId leg, std::string_view digits, Duration duration, Duration gap,
                                         TimePoint now) {
  const Turn turn(*this, now);
  return with_call(find(id), [&](Call& call) { return call.send_digits(leg, digits, duration, gap, now); });
}

void Calls::journalled(CallId id, TimePoint now) {
  const Turn turn(*this, now);
  if (Call* const call = find(id)) call->journalled(now);
}

// -------------------------------------------------------------------------------------------------------- from below

bool Calls::on_request(TransactionId id, const sip::Message& request, const transport::Source& source, TimePoint now) {
  const auto at = tags_.find(request.to_tag());
  if (at == tags_.end()) return false;
  const Turn turn(*this, now);
  Leg* const leg = legs_.at(at->second).leg;
  if (leg->sip_call_id() != request.call_id()) return false;
  if (request.method() == sip::Method::invite) invites_[id.value] = leg->id().value;
  leg->on_request(id, request, source, now);
  return true;
}

void Calls::on_ack(const sip::Message& ack, TimePoint now) {
  const auto at = tags_.find(ack.to_tag());
  if (at == tags_.end()) return;
  const Turn turn(*this, now);
  Leg* const leg = legs_.at(at->second).leg;
  if (leg->sip_call_id() == ack.call_id()) leg->on_ack(ack, now);
}

void Calls::on_cancel(TransactionId invite, TimePoint now) {
  const auto at = invites_.find(invite.value);
  if (at == invites_.end()) return;
  const Turn turn(*this, now);
  if (Leg* const leg = place(at->second).leg) leg->on_cancel(invite, now);
}

void Calls::on_response(std::uint64_t owner, TransactionId id, const sip::Message& response, transport::Origin origin,
                        TimePoint now) {
  const Turn turn(*this, now);
  if (Leg* const leg = place(owner).leg) return leg->on_response(id, response, origin, now);
  const bool answer = response.method() == sip::Method::invite && response.status() / 100 == 2;
  if (answer) end_stray(parts_.endpoint, response, 0, now);
}

void Calls::on_server_end(TransactionId id, transport::ServerEnd why, TimePoint now) {
  const auto at = invites_.find(id.value);
  if (at == invites_.end()) return;
  const Turn turn(*this, now);
  const std::uint64_t leg_id = at->second;
  if (why != transport::ServerEnd::provisional_unacknowledged) invites_.erase(at);
  if (Leg* const leg = place(leg_id).leg) leg->on_server_end(id, why, now);
}

void Calls::on_located(std::uint64_t owner, std::span<const transport::Hop> hops, TimePoint now) {
  const Turn turn(*this, now);
  const Place at = place(owner);
  if (at.leg == nullptr) return;
  at.leg->on_located(hops, now);
  index_port(*at.leg);
}

void Calls::on_media_event(const media::Event& event, TimePoint now) {
  if (const auto* ended = std::get_if<media::PlayEnded>(&event)) {
    const Turn turn(*this, now);
    return plays_.on_ended(ended->id, ended->reason, now);
  }
  if (const auto* done = std::get_if<media::Done>(&event)) {
    const Turn turn(*this, now);
    return plays_.on_done(*done, now);
  }
  const PortId port = std::visit(
      [](const auto& e) {
        if constexpr (requires { requires std::is_same_v<decltype(e.id), PortId>; }) {
          return e.id;
        } else {
          return PortId{};
        }
      },
      event);
  const Place where = place_of(port);
  const bool closed = std::holds_alternative<media::Closed>(event);
  if (closed) ports_.erase(port.value);
  if (where.leg == nullptr) return;
  const Turn turn(*this, now);
  if (closed)
    for (const PortId former : std::exchange(where.leg->former_ports, {})) former_ports_.erase(former.value);
  where.leg->on_media(event, now);
  if (where.call != nullptr) {
    where.call->on_media(where.leg->id(), event, now);
    touched_.push_back(where.call->id());
  }
}

void Calls::on_timer(std::uint64_t token, TimePoint now) {
  const Turn turn(*this, now);
  constexpr auto kinds = static_cast<std::uint64_t>(Leg::Timer::count);
  if (Leg* const leg = place(token / kinds).leg) leg->on_timer(static_cast<Leg::Timer>(token % kinds), now);
}

// --------------------------------------------------------------------------------------------- legs without a call

void Calls::on_answered(Leg& leg, TimePoint now) {
  leg.hang_up(normal_clearing(), now);
}

void Calls::on_offer(Leg& leg, TimePoint now) {
  leg.refuse_offer(481, now);
}

void Calls::on_message(Leg& leg, TransactionId id, const sip::Message&, TimePoint now) {
  leg.respond(id, 481, now);
}

void Calls::on_message_due(Leg& leg, TransactionId id, const sip::Message&, TimePoint now) {
  leg.respond(id, 481, now);
}

void Calls::on_refer(Leg& leg, TransactionId id, const sip::Message&, TimePoint now) {
  leg.respond(id, 481, now);
}

void Calls::on_finished(Leg& leg, TimePoint) {
  finished_.push_back(leg.id().value);
}

// --------------------------------------------------------------------------------------------------------------- end

void Calls::sweep(TimePoint now) {
  auto touched = std::move(touched_);
  touched_.clear();
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());

  auto finished = std::move(finished_);
  finished_.clear();
  for (const std::uint64_t id : finished) {
    const auto at = legs_.find(id);
    if (at == legs_.end()) continue;
    const Place where = at->second;
    if (!where.leg->finished()) continue;
    tags_.erase(where.leg->local_tag());
    legs_.erase(at);
    if (where.call != nullptr) {
      where.call->bury(LegId{id});
      touched.push_back(where.call->id());
    } else {
      leaving_.erase(id);
    }
  }

  for (const CallId id : touched) {
    Call* const call = find(id);
    if (call == nullptr || !call->is_over()) continue;
    call->hang_up(normal_clearing(), HangupBy::hub, now);  // no leg is left: if nobody has ended it, this does
    // Told while the call can still be looked at; then it is gone.
    sink_.on_call_event({id, Ended{call->hangup_by(), call->cause()}}, now);
    for (auto& leg : call->take_legs()) {
      Place& where = legs_.at(leg->id().value);
      where.call = nullptr;
      leg->set_owner(*this);
      leaving_.emplace(leg->id().value, std::move(leg));
    }
    calls_.erase(id);
  }
}

}  // namespace junctor::call
