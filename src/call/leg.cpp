#include "call/leg.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "call/mixer.hpp"
#include "call/sdp_body.hpp"
#include "rtp/event_sender.hpp"
#include "sip/client_digest.hpp"
#include "sip/headers.hpp"
#include "sip/text.hpp"

namespace junctor::call {

using sip::HeaderId;
using sip::Message;
using sip::Method;
using transport::Origin;

Leg::Leg(LegId id, LegKind kind, LegDirection direction, Services services,
         std::shared_ptr<const CallSettings> settings, LegOwner& owner)
    : id_(id),
      kind_(kind),
      direction_(direction),
      services_(services),
      settings_(std::move(settings)),
      owner_(&owner),
      session_timer_(settings_->session_timer) {
  local_tag_ = settings_->node + services_.random.token(12);
  session_id_ = services_.random.next() >> 2;  // fits a signed 64-bit number, which some far ends parse o= into
}

Leg::~Leg() {
  if (mixer != nullptr) mixer->unseat(*this);
  for (TimerId* const timer :
       {&refresh_timer_, &expire_timer_, &ack_timer_, &voice_timer_, &hold_timer_, &refer_timer_, &asked_timer_})
    services_.timers.cancel(*timer);
}

// ---------------------------------------------------------------------------------------------------------- identity

bool Leg::replaces_match(std::string_view to_tag, std::string_view from_tag) const {
  return local_tag_ == to_tag && dialog_ && dialog_->id().remote_tag == from_tag;
}

std::string Leg::contact() const {
  JUNCTOR_CHECK(hop_);
  const Address address = services_.endpoint.advertise().address_for(*hop_);
  // RFC 3261 §8.1.1.8, §12.1.1; a sips: URI names no transport (§26.2.2).
  const auto target = initial_request_ ? sip::Uri::parse(initial_request_->request_uri()) : std::nullopt;
  const bool secure = dialog_ ? dialog_->is_secure() : target && target->is_sips();
  if (secure) return "<sips:junctor@" + to_string(address) + '>';
  std::string out = "<sip:junctor@" + to_string(address);
  if (hop_->protocol == transport::Protocol::tcp) out += ";transport=tcp";
  if (hop_->protocol == transport::Protocol::tls) out += ";transport=tls";
  return out + '>';
}

std::uint64_t Leg::timer_token(Timer timer) const {
  return id_.value * static_cast<std::uint64_t>(Timer::count) + static_cast<std::uint64_t>(timer);
}

// ------------------------------------------------------------------------------------------------------------- media

LocalMedia Leg::local_media() const {
  LocalMedia out;
  out.session_id = session_id_;
  out.allowed = codecs_;
  out.srtp = srtp_terms();
  out.holds = held_;
  if (!port_ || !hop_) return out;
  out.rtp = {services_.endpoint.advertise().ip_for(hop_->remote.ip), port_->rtp_port};
  const auto& shown = settings_->public_ip;
  if (std::find(shown.begin(), shown.end(), out.rtp.ip) != shown.end()) return out;
  for (const IpAddress& bound : settings_->media_bound)  // sockets bound to one address are reached by that one only
    if (bound.family == out.rtp.ip.family && !bound.is_any()) out.rtp.ip = bound;
  return out;
}

SrtpTerms Leg::srtp_terms() const {
  SrtpTerms terms;
  terms.policy = srtp_;
  terms.keys_allowed = signalling_encrypted_ || settings_->srtp_over_plain_sip;
  terms.random = &services_.random;
  if (!media_answered()) return terms;
  terms.settled = true;
  if (auto agreed = srtp_agreed(*local_, *remote_)) terms.present = std::move(*agreed);
  return terms;
}

std::string_view Leg::srtp_suite() const {
  const auto agreed = media_answered() ? srtp_agreed(*local_, *remote_)
                                       : Result<std::optional<SrtpSession>, sip::sdp::NegotiationError>();
  return agreed && *agreed ? srtp::name_of((*agreed)->agreement.ours.master.suite) : std::string_view();
}

std::optional<MediaWish> Leg::wish_in(const sip::sdp::Session& said) const {
  auto wish = wish_of(said);
  if (wish && kind_ == LegKind::device && far_end_allows_info_) add_telephone_event(*wish);
  if (wish && held_) wish->direction = sip::sdp::make_direction(true, receives(wish->direction));
  return wish;
}

bool Leg::take_port(Family family, std::optional<std::uint32_t> worker) {
  if (port_) return true;
  port_ = services_.media.take_port(family, worker);
  if (!port_) return false;
  services_.media.command(port_->worker, media::OpenPort{port_->id});
  return true;
}

void Leg::apply_media(TimePoint now) {
  if (!port_ || port_closing_ || !local_ || !remote_) return;
  auto settings = port_settings(*port_, *local_, *remote_, settings_->rtp_timeout);
  if (settings) {
    settings->audio_due = is_up();
    services_.media.command(port_->worker, *settings);
    ready_port_ = port_->id;
  }
  if (mixer != nullptr) mixer->update(*this);
  if (settings && holds == settings->send) {
    holds = !settings->send;
    owner_->on_hold(*this, holds, now);
  }
}

std::string_view Leg::verdict() const {
  if (ack_late_) return "no_ack";
  return stats_.verdict == media::Verdict::good ? std::string_view() : to_string(stats_.verdict);
}

void Leg::process_voice(const media::VoiceProcessing& what, TimePoint now) {
  services_.timers.cancel(voice_timer_);
  if (voice_processing_.wanted() && !what.wanted())
    voice_timer_ = services_.timers.schedule(now + voice_fade, services_.timer_target, timer_token(Timer::voice));
  voice_processing_ = what;
  if (!what.events) {
    voice_heard_.reset();
    voice_clips_ = false;
  }
  if (mixer != nullptr) mixer->update_processing(*this);
}

void Leg::mute(const Muting& what) {
  if (muting_ == what) return;
  muting_ = what;
  if (mixer != nullptr) mixer->update_muting(*this);
}

void Leg::note_voice(const media::VoiceHeard& heard) {
  using media::VoiceEvent;
  if (heard.what == VoiceEvent::clipping_started || heard.what == VoiceEvent::clipping_ended) {
    voice_clips_ = heard.what == VoiceEvent::clipping_started;
  } else {
    voice_heard_ = heard.what;
    voice_heard_at_ = heard.at;
  }
}

void Leg::close_port(TimePoint) {
  if (!port_ || port_closing_) return;
  port_closing_ = true;
  services_.media.command(port_->worker, media::Close{port_->id});
  if (mixer != nullptr) mixer->unseat(*this);
}

void Leg::move_port(std::uint32_t worker) {
  JUNCTOR_CHECK(port_is_open());
  if (port_->worker == worker) return;
  const bool ready = port_is_ready();
  if (mixer != nullptr) mixer->unseat(*this);
  port_ = services_.media.move_port(*port_, worker);
  if (ready) ready_port_ = port_->id;
}

void Leg::on_media(const media::Event& event, TimePoint now) {
  if (const auto* closed = std::get_if<media::Closed>(&event)) {
    stats_ = closed->stats;
    port_.reset();
    check_finished(now);
  } else if (const auto* stats = std::get_if<media::Stats>(&event)) {
    stats_ = stats->stats;
  } else if (const auto* judged = std::get_if<media::Judged>(&event); judged != nullptr && port_) {
    stats_.verdict = judged->verdict;
    owner_->on_judged(*this, now);
  } else if (const auto* voice = std::get_if<media::VoiceHeard>(&event); voice != nullptr && voice_processing_.events) {
    note_voice(*voice);
  }
}

// ---------------------------------------------------------------------------------------------------------- requests

transport::Target Leg::target_for(const Message& request) const {
  // A phone is reached the way it reached us, also behind a NAT (RFC 5626 in spirit); with a route set the routes
  // decide.
  if (kind_ == LegKind::device && hop_ && dialog_ && dialog_->route_set().empty()) {
    auto target = transport::Target::to(*hop_, request.request_uri());
    return may_go(request, target) ? target : transport::Target::to(*hop_);
  }
  return transport::Target::of(request);
}

/// Keys of SRTP do not follow a far end onto a way that others can read.
bool Leg::may_go(const Message& request, const transport::Target& target) const {
  if (settings_->srtp_over_plain_sip || request.body().find("a=crypto:") == std::string_view::npos) return true;
  const auto uri = sip::Uri::parse(target.uri);
  const bool secure_uri =
      uri && (uri->is_sips() || sip::text::iequals(uri->params.get("transport").value_or(""), "tls"));
  return (target.uri.empty() || secure_uri) && std::ranges::all_of(target.hops, [](const transport::Hop& hop) {
           return hop.protocol == transport::Protocol::tls;
         });
}

void Leg::finish_request(Message& request) const {
  request.set(HeaderId::contact, contact());
  request.set(HeaderId::user_agent, settings_->product);
}

TransactionId Leg::send(Message request, Request kind, std::uint64_t context, TimePoint now, Replied replied) {
  std::unique_ptr<Message> copy;
  if (outbound_ && outbound_->to.account && kind != Request::invite) copy = std::make_unique<Message>(request);
  transport::Target target = target_for(request);
  const TransactionId id = services_.endpoint.send_request(std::move(request), std::move(target), id_.value, now);
  pending_.push_back({id, kind, context, std::move(copy), now, std::move(replied)});
  return id;
}

void Leg::note_allowed(const Message& message) {
  far_end_allows_update_ = far_end_allows_update_ || sip::has_token(message, HeaderId::allow, "UPDATE");
  far_end_allows_info_ = far_end_allows_info_ || sip::has_token(message, HeaderId::allow, "INFO");
  far_end_allows_refer_ = far_end_allows_refer_ || sip::has_token(message, HeaderId::allow, "REFER");
}

bool Leg::has_telephone_event() const {
  return media_answered() && call::has_telephone_event(*local_, *remote_);
}

bool Leg::add_credentials(Message& request, const Message& challenge) {
  if (!outbound_ || !outbound_->to.account || credential_tries_ >= 2) return false;
  const sip::digest::Account& account = *outbound_->to.account;
  sip::ClientDigest digest;
  if (digest.take(challenge, account, settings_->hashes, services_.random.token(16)) !=
      sip::ClientDigest::Taken::answerable)
    return false;
  digest.authorize(request, account, settings_->hashes);
  return true;
}

/// A challenged request inside the dialog goes out once more, with the next CSeq.
bool Leg::repeat_with_credentials(Pending& pending, const Message& response, TimePoint now) {
  if (!pending.request || !dialog_ || pending.request->has(HeaderId::authorization) ||
      pending.request->has(HeaderId::proxy_authorization))
    return false;
  Message request = std::move(*pending.request);
  const auto cseq = dialog_->request(request.method_name()).cseq();
  request.set(HeaderId::cseq, to_string(cseq));
  request.remove_first_value(HeaderId::via);
  if (!add_credentials(request, response)) return false;
  const Request kind = pending.kind;
  if (kind == Request::reinvite) invite_cseq_ = cseq.number;
  if (kind == Request::refer) refer_cseq_ = cseq.number;
  const TransactionId id = send(std::move(request), kind, pending.context, now, std::move(pending.replied));
  const bool offers = kind == Request::reinvite || kind == Request::update;
  if (offers && exchange_ == Exchange::ours) exchange_transaction_ = id;
  return true;
}

// --------------------------------------------------------------------------------------------------------- responses

void Leg::finish_response(Message& response, const Message& request) const {
  if (request.to_tag().empty()) response.set(HeaderId::to, with_tag(*response.header(HeaderId::to), local_tag_));
  const bool target_refresh = request.method() == Method::invite || request.method() == Method::update;
  if (target_refresh && response.status() < 300 && hop_) response.set(HeaderId::contact, contact());
  if (request.method() == Method::invite && response.status() < 300) {
    response.copy_headers(request, HeaderId::record_route);
    response.set(HeaderId::allow, allowed_methods);
    response.set(HeaderId::supported, supported_extensions);
  }
  response.set(HeaderId::server, settings_->product);
}

void Leg::respond(TransactionId id, int status, TimePoint now, const Payload& payload) {
  const auto at = std::ranges::find(asked_, id, &Asked::id);
  if (at == asked_.end()) return;
  Message response = Message::response(at->request, status);
  finish_response(response, at->request);
  for (const auto& [name, value] : payload.headers) response.add(name, value);
  if (!payload.body.empty()) response.set_body(payload.content_type, payload.body);
  asked_.erase(at);
  services_.endpoint.respond(id, std::move(response), now);
}

void Leg::accept_refer(TransactionId id, TimePoint now) {
  const auto at = std::ranges::find(asked_, id, &Asked::id);
  if (at == asked_.end()) return;
  referred_id_ = std::to_string(at->request.cseq().number);
  referring_ = true;
  respond(id, 202, now);
  notify_refer(100, false, now);
}

// ---------------------------------------------------------------------------------------------------------- requests
// in

void Leg::on_request(TransactionId id, const Message& request, const transport::Source& source, TimePoint now) {
  const auto refuse = [&](int status, const Headers& headers = {}) {
    Message response = Message::response(request, status);
    finish_response(response, request);
    for (const auto& [name, value] : headers) response.add(name, value);
    services_.endpoint.respond(id, std::move(response), now);
  };
  sip::Dialog* const dialog = dialog_for(request);
  if (dialog == nullptr || state_ == LegState::ended ||
      (state_ == LegState::leaving && request.method() != Method::bye))
    return refuse(481);
  if (dialog->on_request(request) == sip::RequestOrder::out_of_order) return refuse(500);
  if (request.has(HeaderId::require)) {
    std::string unknown;
    for (const auto token : request.values(HeaderId::require))
      if (!is_supported_extension(token)) unknown += (unknown.empty() ? "" : ", ") + std::string(token);
    if (!unknown.empty()) return refuse(420, {{"Unsupported", unknown}});
  }
  if (kind_ == LegKind::device && source.protocol == hop_->protocol)
    hop_ = source.back();  // it may have a new NAT binding
  switch (request.method()) {
    case Method::bye:
      return on_bye(id, request, now);
    case Method::invite:
      return on_reinvite(id, request, now);
    case Method::update:
      return on_update(id, request, now);
    case Method::prack:
      return on_prack(id, request, now);
    case Method::refer:
      if (!dialog_ || !is_up()) return refuse(481);
      if (referring_ || notify_open_) return refuse(491);  // one at a time
      asked_.push_back({id, request});
      return owner_->on_refer(*this, id, request, now);
    case Method::info:
      far_end_allows_info_ = true;
      [[fallthrough]];
    case Method::message:
    case Method::notify:
    case Method::options:
      if (is_refer_progress(request)) return on_refer_progress(id, request, now);
      if (asked_.size() >= asked_max) return refuse(503, {{"Retry-After", "1"}});
      asked_.push_back({id, request});
      return owner_->on_message(*this, id, request, now);
    default:
      return refuse(405, {{"Allow", std::string(allowed_methods)}});
  }
}

sip::Dialog* Leg::dialog_for(const Message& request) {
  if (dialog_) return dialog_->matches(request) ? &*dialog_ : nullptr;
  for (EarlyDialog& early : early_)
    if (early.dialog.matches(request)) return &early.dialog;
  return nullptr;
}

void Leg::on_bye(TransactionId id, const Message& request, TimePoint now) {
  Message response = Message::response(request, 200);
  finish_response(response, request);
  services_.endpoint.respond(id, std::move(response), now);
  if (state_ == LegState::leaving) {
    if (std::exchange(bye_after_notify_, false)) end(now);  // ours is not needed any more
    return check_finished(now);
  }
  Cause why = normal_clearing();
  for (const auto value : request.values(HeaderId::reason))
    if (const auto reason = sip::Reason::parse(value); reason && reason->protocol == "Q.850" && reason->cause) {
      why.q850 = *reason->cause;
      why.text = sip::unescape_quoted(reason->text);
    }
  if (direction_ == LegDirection::inbound && !is_up()) {  // BYE in an early dialog (§15.1.2)
    services_.endpoint.respond(initial_, invite_response(487, {}, now), now);
  } else if (direction_ == LegDirection::outbound && !is_up()) {
    services_.endpoint.cancel(initial_, now);
  }
  gone(std::move(why), now);
}

// ------------------------------------------------------------------------------------------------------ responses in

void Leg::on_response(TransactionId id, const Message& response, Origin origin, TimePoint now) {
  if (id == initial_ && direction_ == LegDirection::outbound) return on_invite_response(response, origin, now);
  const auto at = std::find_if(pending_.begin(), pending_.end(), [&](const Pending& p) { return p.id == id; });
  if (at == pending_.end()) {
    // A 2xx of a re-INVITE that comes again: its ACK was lost.
    if (response.method() == Method::invite && response.status() / 100 == 2 && dialog_) repeat_ack(response, now);
    return;
  }
  if (response.status() < 200) return;
  Pending pending = std::move(*at);
  pending_.erase(at);
  if ((response.status() == 401 || response.status() == 407) && state_ != LegState::ended &&
      repeat_with_credentials(pending, response, now))
    return;
  switch (pending.kind) {
    case Request::reinvite:
    case Request::update:
      on_offer_response(pending.kind, response, now);
      break;
    case Request::refresh:
      on_refresh_response(response, now);
      break;
    case Request::bye:
      end(now);
      break;
    case Request::notify:
      on_notify_answered(response.status(), now);
      break;
    case Request::digit:
      on_digit_answered(response.status(), now);
      break;
    case Request::refer:
      on_refer_answered(response.status(), now);
      break;
    case Request::other:
      if (pending.replied) {
        const auto type = response.header(HeaderId::content_type).value_or("");
        pending.replied({response.status(), std::string(type), std::string(response.body()), now - pending.sent}, now);
      }
      if (pending.context != 0) owner_->on_message_answered(*this, pending.context, response, now);
      break;
    case Request::invite:
    case Request::aside:
      break;
  }
  // The dialog is gone on the other side (RFC 3261 §12.2.1.2); a plain 408 to a request that was passed on is not
  // enough.
  if (response.status() == 481 && state_ != LegState::leaving && state_ != LegState::ended && is_up() &&
      pending.kind != Request::aside && pending.kind != Request::notify) {
    gone(cause_of_status(481), now);
  }
  check_finished(now);
}

void Leg::on_timer(Timer timer, TimePoint now) {
  if (timer == Timer::refresh) {
    refresh_timer_ = {};
    refresh_session(now);
    return;
  }
  if (timer == Timer::acknowledge) {
    ack_timer_ = {};
    return judge_ack(true, now);
  }
  if (timer == Timer::hold) {
    hold_timer_ = {};
    return try_hold(now);
  }
  if (timer == Timer::refer) {
    refer_timer_ = {};
    return tell_refer({ReferNews::Step::timeout, 0}, now);
  }
  if (timer == Timer::asked) {
    asked_timer_ = {};
    return on_asked_due(now);
  }
  if (timer == Timer::voice) {
    voice_timer_ = {};
    if (mixer != nullptr) mixer->update_processing(*this);
    return;
  }
  expire_timer_ = {};
  if (!is_up()) return;
  const Cause why{408, 102, "session timer expired"};
  send_bye(why, now);
  give_up_requests(now);
  cause = why;
  owner_->on_gone(*this, cause, now);
}

/// Our 2xx to `invite` went out.
void Leg::await_ack(TransactionId invite, TimePoint now) {
  acked_invite_ = invite;
  services_.timers.cancel(ack_timer_);
  ack_timer_ = services_.timers.schedule(now + ack_patience, services_.timer_target, timer_token(Timer::acknowledge));
}

void Leg::judge_ack(bool late, TimePoint now) {
  if (std::exchange(ack_late_, late) != late) owner_->on_judged(*this, now);
}

void Leg::on_server_end(TransactionId id, transport::ServerEnd why, TimePoint now) {
  using transport::ServerEnd;
  if (why == ServerEnd::provisional_unacknowledged && id == initial_ && !is_up()) {
    services_.endpoint.respond(initial_, invite_response(504, "No PRACK", now), now);
    return gone(Cause{504, 102, "no PRACK"}, now);
  }
  if (why != ServerEnd::ack_missing || id != acked_invite_) return;
  acked_invite_ = {};
  if (state_ == LegState::ended) return;
  const bool told = state_ == LegState::leaving;
  const Cause cause_now{408, 102, "no ACK"};
  bye_after_ack_ = false;
  send_bye(told ? bye_cause_ : cause_now, now);
  if (told) return;
  give_up_requests(now);
  cause = cause_now;
  owner_->on_gone(*this, cause, now);
}

// --------------------------------------------------------------------------------------------------------------- end

void Leg::hang_up(const Cause& why, TimePoint now) {
  if (state_ == LegState::leaving || state_ == LegState::ended) return;
  cause = why;
  begin_leaving(why, now);
  give_up_requests(now);
}

void Leg::begin_leaving(const Cause& why, TimePoint now) {
  if (state_ == LegState::locating) {
    end(now);
    return check_finished(now);
  }
  if (!is_up() && direction_ == LegDirection::inbound) return reject(why, now);
  if (!is_up()) {
    state_ = LegState::leaving;
    ended_at = now;
    services_.endpoint.cancel(initial_, now, reason_header(why));
    close_port(now);
    return;
  }
  leave_exchange(now);
  if (acked_invite_) {  // a UAS may not send BYE before the ACK (§15)
    state_ = LegState::leaving;
    ended_at = now;
    bye_after_ack_ = true;
    bye_cause_ = why;
    close_port(now);
    return;
  }
  if (offer_in_2xx_) {  // the 2xx had an offer, and must be acknowledged before it is taken back
    offer_in_2xx_ = false;
    send_ack(now);
  }
  if (notify_open_) {  // what it asked for ended well or not: it is told before it is let go
    state_ = LegState::leaving;
    ended_at = now;
    bye_after_notify_ = true;
    bye_cause_ = why;
    close_port(now);
    return;
  }
  send_bye(why, now);
}

void Leg::send_bye(const Cause& why, TimePoint now) {
  state_ = LegState::leaving;
  if (!ended_at) ended_at = now;
  services_.timers.cancel(refresh_timer_);
  services_.timers.cancel(expire_timer_);
  close_port(now);
  Message bye = dialog_->request(Method::bye);
  bye.set(HeaderId::user_agent, settings_->product);
  if (const std::string reason = reason_header(why); !reason.empty()) bye.set(HeaderId::reason, reason);
  send(std::move(bye), Request::bye, 0, now);
}

/// What the far end waits for is refused; what we wait for is taken back.
void Leg::leave_exchange(TimePoint now) {
  if (exchange_ == Exchange::theirs && exchange_transaction_ && exchange_request_) refuse_offer(487, now);
  if (exchange_ == Exchange::ours) cancel_offer(now);
}

void Leg::gone(Cause why, TimePoint now) {
  if (state_ == LegState::ended) return;
  cause = std::move(why);
  leave_exchange(now);
  const bool tell = state_ != LegState::leaving;
  end(now);
  if (tell) owner_->on_gone(*this, cause, now);
  check_finished(now);
}

void Leg::end(TimePoint now) {
  state_ = LegState::ended;
  if (!ended_at) ended_at = now;
  services_.timers.cancel(refresh_timer_);
  services_.timers.cancel(expire_timer_);
  services_.timers.cancel(ack_timer_);
  services_.timers.cancel(voice_timer_);
  services_.timers.cancel(asked_timer_);
  for (const Asked& asked : asked_) {
    Message response = Message::response(asked.request, 481);
    finish_response(response, asked.request);
    services_.endpoint.respond(asked.id, std::move(response), now);
  }
  asked_.clear();
  next_notify_.reset();
  close_port(now);
  give_up_requests(now);
}

void Leg::check_finished(TimePoint now) {
  if (finished()) owner_->on_finished(*this, now);
}

void Leg::schedule_session_timer(TimePoint) {
  services_.timers.cancel(refresh_timer_);
  services_.timers.cancel(expire_timer_);
  if (const auto at = session_timer_.refresh_at())
    refresh_timer_ = services_.timers.schedule(*at, services_.timer_target, timer_token(Timer::refresh));
  if (const auto at = session_timer_.expires_at())
    expire_timer_ = services_.timers.schedule(*at, services_.timer_target, timer_token(Timer::expire));
}

}  // namespace junctor::call
