#include "apps/admission.hpp"

#include <algorithm>

#include "call/negotiation.hpp"
#include "call/sdp_body.hpp"
#include "sip/headers.hpp"

namespace junctor::apps {

using sip::HeaderId;
using sip::Message;

namespace {

/// Of an INVITE whose Request-URI is a Contact, and so says nothing: P-Called-Party-ID (RFC 7315 §4.2), else To.
std::string called_number(const Message& invite) {
  const auto text = invite.header("P-Called-Party-ID");
  const auto called = text ? sip::NameAddr::parse(*text) : std::nullopt;
  const auto to = invite.to();
  return called ? sip::unescape(called->uri.user) : to ? sip::unescape(to->uri.user) : std::string();
}

}  // namespace

const Trunk* Admission::trunk_at(const IpAddress& from) const {
  if (!office_) return nullptr;
  for (const Trunk& trunk : office_->trunks)
    for (const Network& network : trunk.sources)
      if (network.contains(from)) return &trunk;
  return nullptr;
}

const Trunk* Admission::trunk_of(const sip::Uri& target, const IpAddress& from) const {
  const std::string_view registered = parts_.trunk_registrations.trunk_of_contact(target.user);
  const Trunk* const trunk = registered.empty() ? nullptr : office_->find_trunk(registered);
  return trunk != nullptr ? trunk : trunk_at(from);
}

void Admission::refuse(TransactionId id, const Message& invite, int status, TimePoint now,
                       const call::Headers& headers) {
  refused_.add();
  Message response = Message::response(invite, status);
  response.set(HeaderId::to, call::with_tag(*response.header(HeaderId::to), parts_.random.token(12)));
  for (const auto& [name, value] : headers) response.add(name, value);
  parts_.endpoint.respond(id, std::move(response), now);
}

bool Admission::has_unsupported_requirement(const Message& invite, std::string& unsupported) const {
  for (const auto token : invite.values(HeaderId::require))
    if (!call::is_supported_extension(token)) unsupported += (unsupported.empty() ? "" : ", ") + std::string(token);
  return !unsupported.empty();
}

std::optional<Admission::Caller> Admission::identify(TransactionId id, const Message& invite,
                                                     const transport::Source& source, routing::Facts& facts,
                                                     TimePoint now) {
  Caller caller;
  caller.srtp = office_->srtp;
  const auto from = invite.from();
  if (from) {
    caller.party.number = sip::unescape(from->uri.user);
    caller.party.name = from->display_name();
    caller.party.uri = to_string(from->uri);
  }
  const auto target = sip::Uri::parse(invite.request_uri());
  if (const Trunk* const trunk = trunk_of(*target, source.remote.ip)) {
    if (parts_.dialler.trunk_is_full(*trunk)) {
      refuse(id, invite, 503, now, {{"Retry-After", "5"}});
      return std::nullopt;
    }
    caller.kind = call::LegKind::trunk;
    caller.label = "trunk:" + trunk->name;
    caller.codecs = trunk->codecs;
    caller.srtp = trunk->srtp;
    caller.voice = trunk->voice;
    facts.origin = routing::Origin::trunk;
    facts.trunk = trunk->name;
    facts.from = caller.party.number;
    return caller;
  }
  using registrar::AuthResult;
  const registrar::Role role = registrar::Role::proxy;
  const auto verdict = parts_.authenticator.verify(invite, role, now);
  if (verdict.result == AuthResult::ok) {
    // What a called phone shows is who has proved to call, never a From that was merely claimed.
    caller.kind = call::LegKind::device;
    caller.party.number = verdict.user->username;
    caller.party.name = verdict.user->display_name;
    caller.label = "user:" + verdict.user->username;
    caller.srtp = office_->srtp_of_user(verdict.user->username);
    caller.voice = office_->voice_of_user(verdict.user->username);
    facts.origin = routing::Origin::user;
    facts.user = verdict.user->username;
    facts.from = verdict.user->username;
    return caller;
  }
  const auto challenge = [&] {
    Message response = parts_.authenticator.challenge(invite, role, verdict.result, now);
    response.set(HeaderId::to, call::with_tag(*response.header(HeaderId::to), parts_.random.token(12)));
    parts_.endpoint.respond(id, std::move(response), now);
  };
  if (verdict.result == AuthResult::denied) parts_.guard.on_failure(source.remote.ip, now);
  if (verdict.result != AuthResult::challenge) {
    challenge();
    return std::nullopt;
  }
  facts.origin = routing::Origin::guest;
  facts.from = caller.party.number;
  const auto decision = routing::decide(*office_->tables, parts_.directory, facts);
  if (!std::holds_alternative<routing::Feature>(decision.action)) {  // guests may reach feature numbers at most
    challenge();
    return std::nullopt;
  }
  return caller;
}

void Admission::on_invite(TransactionId id, const Message& invite, const transport::Source& source, TimePoint now) {
  const call::Headers retry_later = {{"Retry-After", std::to_string(draining_.value_or(seconds(5)).count())}};
  if (draining_) return refuse(id, invite, 503, now, retry_later);
  if (parts_.store.backlog_full() || parts_.media.congested()) {
    overload_.add();
    return refuse(id, invite, 503, now, retry_later);
  }
  if (office_->max_calls != 0 && parts_.calls.ledger().calls >= office_->max_calls) {
    overload_.add();
    return refuse(id, invite, 503, now, retry_later);
  }
  const auto target = sip::Uri::parse(invite.request_uri());
  if (!target) return refuse(id, invite, 400, now);
  if (!target->is_sip() && !target->is_tel()) return refuse(id, invite, 416, now);
  if (!invite.contact()) return refuse(id, invite, 400, now);
  std::string unsupported;
  if (has_unsupported_requirement(invite, unsupported))
    return refuse(id, invite, 420, now, {{"Unsupported", unsupported}});
  if (const auto min_se = parts_.calls.session_too_short(invite))
    return refuse(id, invite, 422, now, {{"Min-SE", std::to_string(*min_se)}});
  const auto description = call::session_in(invite);
  if (!description) return refuse(id, invite, 400, now);
  if (parts_.calls.is_our_own(invite)) return refuse(id, invite, 482, now);

  routing::Facts facts;
  facts.loopback = source.remote.ip.is_loopback();
  facts.to = parts_.trunk_registrations.trunk_of_contact(target->user).empty() ? sip::unescape(target->user)
                                                                               : called_number(invite);
  facts.to_host = std::string(target->host);
  facts.local_host = to_string(parts_.endpoint.advertise().address_for(source.back()).ip);
  auto caller = identify(id, invite, source, facts, now);
  if (!caller) return;

  auto decision = routing::decide(*office_->tables, parts_.directory, facts);
  if (std::holds_alternative<routing::Challenge>(decision.action)) return refuse(id, invite, 403, now);
  call::Calls::Inbound inbound;
  inbound.invite = id;
  inbound.kind = caller->kind;
  inbound.caller = std::move(caller->party);
  inbound.callee = {decision.to, {}, std::string(invite.request_uri())};
  inbound.codecs = std::move(caller->codecs);
  inbound.srtp = caller->srtp;
  inbound.voice = caller->voice;
  inbound.label = std::move(caller->label);
  inbound.labels.direction = to_string(decision.direction);
  inbound.labels.route = decision.route;
  inbound.labels.trunk = facts.trunk;

  const call::Leg* replaced = nullptr;
  if (const auto text = invite.header(HeaderId::replaces)) {
    const auto replaces = sip::Replaces::parse(*text);
    if (!replaces) return refuse(id, invite, 400, now);
    replaced = parts_.calls.find_dialog(replaces->call_id, replaces->to_tag, replaces->from_tag);
    if (replaced == nullptr) return refuse(id, invite, 481, now);
    // Only who has proved to be a user takes over a call (RFC 3891 §5).
    if (facts.origin != routing::Origin::user) return refuse(id, invite, 403, now);
    if (replaces->early_only && replaced->is_up()) return refuse(id, invite, 486, now);
  }
  if (const auto why = parts_.calls.cannot_carry(*description, caller->srtp, source)) {
    decision.action = routing::Reject{488, 88, std::string(to_string(*why))};
    replaced = nullptr;
  }
  const call::Calls::Turn turn(parts_.calls, now);
  const CallId call = parts_.calls.start(inbound, invite, source, now);
  if (replaced != nullptr) return parts_.transfers.replace(call, *replaced, now);
  parts_.dialler.begin(call, std::move(facts), std::move(decision), office_, now);
}

}  // namespace junctor::apps
