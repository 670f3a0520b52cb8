#include "transaction/session_timer.hpp"

#include <algorithm>

namespace junctor::transaction {
namespace {

using sip::HeaderId;
using sip::Message;
using sip::SessionExpires;
using Refresher = sip::SessionExpires::Refresher;

std::uint32_t min_se_of(const Message& message) {
  const auto value = sip::typed<sip::MinSE>(message, HeaderId::min_se);
  return value ? value->seconds : 0;
}

bool supports_timer(const Message& message) {
  return sip::has_token(message, HeaderId::supported, "timer");
}

}  // namespace

SessionTimer::SessionTimer(SessionTimerPolicy policy) : policy_(policy) {
  policy_.min_se_s = std::max(policy_.min_se_s, min_se_floor);
  if (policy_.expires_s != 0) policy_.expires_s = std::max(policy_.expires_s, policy_.min_se_s);
}

void SessionTimer::prepare_request(Message& request) const {
  if (!supports_timer(request)) request.add(HeaderId::supported, "timer");
  if (active()) {
    // A refresh names who refreshes now, seen from this request (§7.4).
    const Refresher refresher = we_refresh_ ? Refresher::uac : Refresher::uas;
    const std::uint32_t seconds = std::max(interval_s_, policy_.min_se_s);
    request.set(HeaderId::session_expires, sip::to_string(SessionExpires{seconds, refresher}));
  } else if (policy_.expires_s != 0) {
    request.set(HeaderId::session_expires, sip::to_string(SessionExpires{policy_.expires_s, Refresher::none}));
  }
  if (policy_.min_se_s > min_se_floor) request.set(HeaderId::min_se, sip::to_string(sip::MinSE{policy_.min_se_s}));
}

bool SessionTimer::on_interval_too_small(const Message& response) {
  const std::uint32_t wanted = min_se_of(response);
  // What asks for no more than it was just offered would refuse for ever.
  if (wanted <= std::max(policy_.expires_s, interval_s_)) return false;
  policy_.min_se_s = std::max(policy_.min_se_s, wanted);
  policy_.expires_s = std::max(policy_.expires_s, wanted);
  return true;
}

void SessionTimer::on_success(const Message& response, TimePoint now) {
  const auto expires = sip::typed<SessionExpires>(response, HeaderId::session_expires);
  if (!expires) return agree(0, false, now);
  agree(expires->seconds, expires->refresher != Refresher::uas, now);
}

std::optional<std::uint32_t> SessionTimer::too_small(const Message& request) const {
  const auto expires = sip::typed<SessionExpires>(request, HeaderId::session_expires);
  // Who does not support the extension would not understand the 422; a proxy put the header there.
  if (!expires || expires->seconds >= policy_.min_se_s || !supports_timer(request)) return std::nullopt;
  return policy_.min_se_s;
}

void SessionTimer::answer(const Message& request, Message& response, TimePoint now) {
  const auto asked = sip::typed<SessionExpires>(request, HeaderId::session_expires);
  if (!asked && policy_.expires_s == 0) return agree(0, false, now);
  // The interval may be lowered, but not below anybody's Min-SE (§9).
  const std::uint32_t least = std::max(min_se_of(request), policy_.min_se_s);
  std::uint32_t seconds = asked ? asked->seconds : std::max(policy_.expires_s, least);
  if (policy_.expires_s != 0) seconds = std::min(seconds, std::max(policy_.expires_s, least));
  seconds = std::max(seconds, least);

  Refresher refresher = asked ? asked->refresher : Refresher::none;
  if (!supports_timer(request)) {
    refresher = Refresher::uas;
  } else if (refresher == Refresher::none) {
    refresher = active() && we_refresh_ ? Refresher::uas : Refresher::uac;
  }
  response.set(HeaderId::session_expires, sip::to_string(SessionExpires{seconds, refresher}));
  if (refresher == Refresher::uac && !sip::has_token(response, HeaderId::require, "timer"))
    response.add(HeaderId::require, "timer");
  agree(seconds, refresher == Refresher::uas, now);
}

void SessionTimer::agree(std::uint32_t interval_s, bool we_refresh, TimePoint now) {
  interval_s_ = interval_s;
  we_refresh_ = we_refresh;
  since_ = now;
}

std::optional<TimePoint> SessionTimer::refresh_at() const {
  if (!active() || !we_refresh_) return std::nullopt;
  return since_ + seconds(interval_s_) / 2;
}

std::optional<TimePoint> SessionTimer::expires_at() const {
  if (!active()) return std::nullopt;
  return since_ + seconds(interval_s_) - std::min<Duration>(seconds(32), Duration(seconds(interval_s_)) / 3);
}

}  // namespace junctor::transaction
