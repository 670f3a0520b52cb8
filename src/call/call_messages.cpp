// What a Call's legs say inside their dialogs beside offers, and what their audio has to tell: messages and digits pass
// to the other leg.
#include <algorithm>
#include <utility>

#include "call/call.hpp"
#include "call/sdp_body.hpp"
#include "rtp/event_sender.hpp"
#include "sip/dtmf_info.hpp"
#include "sip/headers.hpp"

namespace junctor::call {
namespace {

/// Nothing for a hook flash.
std::optional<sip::DtmfInfo> digit_in(const sip::Message& request) {
  if (request.method() != sip::Method::info) return std::nullopt;
  const auto type = sip::dtmf_info_type(request.header(sip::HeaderId::content_type).value_or(""));
  const auto info = type ? sip::parse_dtmf_info(*type, request.body()) : std::nullopt;
  if (!info || !rtp::dtmf_event(info->digit)) return std::nullopt;
  return info;
}

/// Of a digit that was told without its duration.
constexpr Duration digit_duration = milliseconds(160);
constexpr Duration digit_gap = milliseconds(60);

Duration duration_to_tell(std::optional<Duration> told) {
  return std::clamp<Duration>(told.value_or(digit_duration), rtp::KeyPress::duration_min, rtp::KeyPress::duration_max);
}

DigitKind kind_of(bool in_band) {
  return in_band ? DigitKind::in_band : DigitKind::event;
}

Payload our_abilities() {
  return {{}, {}, {{"Allow", std::string(allowed_methods)}, {"Accept", "application/sdp"}}};
}

}  // namespace

/// True when the INFO is a digit and has been answered; else it is passed on as it is.
bool Call::take_digit(Leg& leg, TransactionId id, const sip::Message& info, TimePoint now) {
  const auto digit = digit_in(info);
  if (!digit) return false;
  const bool is_new = leg.told_digits.is_new(DigitKind::info, digit->digit, now);
  const auto told = digit->duration_ms ? std::optional<Duration>(milliseconds(*digit->duration_ms)) : std::nullopt;
  if (is_new) {
    owner_.tell({id_, KeyDown{leg.id()}});
    owner_.tell({id_, Digit{leg.id(), digit->digit, DigitKind::info, told}});
  }
  Leg* const peer = this->leg(leg.peer);
  const bool by_event = peer != nullptr && peer->is_up() && peer->has_telephone_event();
  if (is_new && !by_event) return false;
  if (is_new) {
    if (!tell_digits(*peer, {&digit->digit, 1}, duration_to_tell(told), digit_gap, now)) {
      leg.respond(id, 500, now);
      return true;
    }
  }
  leg.respond(id, 200, now);
  return true;
}

void Call::on_message(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) {
  if (take_digit(leg, id, request, now)) return;
  MessageFate fate;
  if (!digit_in(request)) {  // else a key press, which goes on in the way that it came
    MessageReceived event{.leg = leg.id(), .request = id, .method = std::string(request.method_name())};
    event.content_type = request.header(sip::HeaderId::content_type).value_or("");
    event.event_package = request.header(sip::HeaderId::event).value_or("");
    event.body = request.body();
    fate = owner_.fate_of(id_, event, now);
    event.taken = fate.take.has_value();
    if (event.taken) leg.keep_asked(id, now + std::min(*fate.take, Leg::take_max));
    owner_.tell({id_, std::move(event)});
    if (fate.take) return;
  }
  Leg* const peer = this->leg(leg.peer);
  if (peer != nullptr && peer->is_up()) return pass(leg, *peer, id, request, now);
  switch (request.method()) {
    case sip::Method::options:
      return leg.respond(id, 200, now, our_abilities());
    case sip::Method::message:
      if (!fate.listens) return leg.respond(id, 405, now, {{}, {}, {{"Allow", std::string(allowed_methods)}}});
      [[fallthrough]];
    default:
      return leg.respond(id, 200, now);
  }
}

void Call::on_message_due(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) {
  Leg* const peer = this->leg(leg.peer);
  if (peer != nullptr && peer->is_up()) return pass(leg, *peer, id, request, now);
  if (request.method() == sip::Method::options) return leg.respond(id, 200, now, our_abilities());
  leg.respond(id, 480, now);
}

Result<void, Refusal> Call::request(LegId id, sip::Method method, const Payload& payload, Replied replied,
                                    TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  return leg->ask(method, payload, std::move(replied), now);
}

Result<void, Refusal> Call::respond(LegId id, TransactionId request, int status, const Payload& payload,
                                    TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  if (leg->kept_request(request) == nullptr) return fail(Refusal::no_such_request);
  leg->respond(request, status, now, payload);
  return {};
}

Result<void, Refusal> Call::pass_on(LegId id, TransactionId request, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return fail(Refusal::no_such_leg);
  const sip::Message* const kept = leg->kept_request(request);
  if (kept == nullptr) return fail(Refusal::no_such_request);
  Leg* const peer = this->leg(leg->peer);
  if (peer == nullptr || !peer->is_up()) return fail(Refusal::wrong_state);
  pass(*leg, *peer, request, *kept, now);
  leg->release_asked(request);
  return {};
}

/// The peer is asked the same; its answer goes back.
void Call::pass(Leg& leg, Leg& peer, TransactionId id, const sip::Message& request, TimePoint now) {
  if (passing_.size() >= passing_max) return leg.respond(id, 503, now, {{}, {}, {{"Retry-After", "1"}}});
  Payload payload;
  payload.content_type = request.header(sip::HeaderId::content_type).value_or("");
  payload.body = request.body();
  for (const auto header : {sip::HeaderId::event, sip::HeaderId::subscription_state, sip::HeaderId::info_package,
                            sip::HeaderId::content_disposition, sip::HeaderId::content_encoding, sip::HeaderId::accept})
    if (const auto value = request.header(header)) payload.headers.emplace_back(to_string(header), *value);
  passing_.push_back({next_context_, leg.id(), id});
  peer.send_request(request.method_name(), payload, next_context_++, now);
}

void Call::on_message_answered(Leg&, std::uint64_t context, const sip::Message& response, TimePoint now) {
  const auto at =
      std::find_if(passing_.begin(), passing_.end(), [&](const Passing& p) { return p.context == context; });
  if (at == passing_.end()) return;
  const Passing passing = *at;
  passing_.erase(at);
  Leg* const from = this->leg(passing.from);
  if (from == nullptr) return;
  Payload payload;
  payload.content_type = response.header(sip::HeaderId::content_type).value_or("");
  payload.body = response.body();
  for (const auto header : {sip::HeaderId::allow, sip::HeaderId::accept, sip::HeaderId::recv_info})
    if (const auto value = response.header(header)) payload.headers.emplace_back(to_string(header), *value);
  const int status = response.status();
  // The far end's dialog or credentials are between it and us; toward the other side that is our failure.
  const bool ours = status == 401 || status == 407 || status == 408 || status == 481;
  from->respond(passing.id, ours ? 500 : status, now, payload);
}

void Call::on_refer(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) {
  const auto header = request.header(sip::HeaderId::refer_to);
  const auto refer_to = header ? sip::NameAddr::parse(*header) : std::nullopt;
  if (!refer_to) return leg.respond(id, 400, now);
  Referred event;
  event.leg = leg.id();
  sip::Uri target = refer_to->uri;
  if (const auto replaces = target.header("Replaces")) event.replaces = sip::unescape(*replaces);
  target.headers = {};
  event.target = to_string(target);
  if (const auto by = request.header(sip::HeaderId::referred_by)) event.referred_by = *by;
  leg.accept_refer(id, now);
  owner_.tell({id_, std::move(event)});
}

void Call::on_media(LegId id, const media::Event& event, TimePoint now) {
  Leg* const leg = this->leg(id);
  if (leg == nullptr) return;
  if (const auto* key = std::get_if<media::KeyDown>(&event)) {
    leg->key_is_copy = !leg->told_digits.is_new(kind_of(key->in_band), key->digit, now);
    if (!leg->key_is_copy) owner_.tell({id_, KeyDown{id}});
  } else if (const auto* digit = std::get_if<media::Dtmf>(&event)) {
    if (leg->key_is_copy) return;
    const DigitKind kind = kind_of(digit->in_band);
    owner_.tell({id_, Digit{id, digit->digit, kind, digit->duration}});
    // Events between two that have them, and tones, are on their way already.
    Leg* const peer = this->leg(leg->peer);
    if (kind == DigitKind::event && peer != nullptr && peer->is_up() && !peer->has_telephone_event())
      tell_digits(*peer, {&digit->digit, 1}, duration_to_tell(digit->duration), digit_gap, now);
  } else if (const auto* voice = std::get_if<media::VoiceHeard>(&event)) {
    if (leg->voice_processing().events) owner_.tell({id_, VoiceHeard{id, voice->what, voice->at}});
  } else if (std::get_if<media::CannotRelay>(&event) != nullptr) {
    if (leg->mixer != nullptr) leg->mixer->on_unmapped_codec();
  } else if (std::get_if<media::Timeout>(&event) != nullptr && leg->is_up()) {
    leg->audio_timed_out = true;
    owner_.tell({id_, AudioTimeout{id}});
    hang_up({408, 102, "no audio arrives"}, HangupBy::hub, now);
  }
}

}  // namespace junctor::call
