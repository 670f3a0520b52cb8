#include "sim/line.hpp"

#include <algorithm>
#include <utility>

#include "sim/phone.hpp"
#include "sip/headers.hpp"

namespace junctor::sim {

using sip::HeaderId;
using sip::Message;
using sip::Method;

Line::Line(Phone& phone, std::uint16_t rtp_port)
    : phone_(phone),
      world_(phone.world_),
      speaker_(phone.world_, phone.net_, Address{phone.setup_.local.ip, rtp_port}),
      session_wanted_(phone.habits_.session_expires),
      codecs_(phone.habits_.codecs) {}

Line::~Line() {
  *alive_ = false;
}

World::EventId Line::later(Duration delay, std::function<void()> action) {
  return world_.after(delay, [alive = alive_, action = std::move(action)] {
    if (*alive) action();
  });
}

std::string_view Line::allowed_methods() const {
  return phone_.habits_.allows_info ? "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, MESSAGE, INFO"
                                    : "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, MESSAGE";
}

void Line::complain(std::string what) {
  phone_.complain(std::move(what) + ", Call-ID " + call_id_);
}

// ------------------------------------------------------------------------------------------------------- the person

void Line::cancel(std::string_view reason) {
  if (state_ != LineState::calling && state_ != LineState::ringback) return;
  cancelled_ = true;
  phone_.transactions_.cancel(invite_branch_, reason);
}

void Line::hang_up() {
  switch (state_) {
    case LineState::calling:
    case LineState::ringback:
      return cancel();
    case LineState::ringing:
      return reject(480);
    case LineState::answered:
      bye_on_ack_ = true;  // §15: not before the ACK
      return;
    case LineState::up:
      return send_bye();
    case LineState::ended:
      return;
  }
}

void Line::send_bye() {
  Message bye = request(Method::bye);
  bye.add(HeaderId::reason, "Q.850;cause=16");
  end(status_, false);
  ask(std::move(bye), [this](const Message* answer) {
    if (!answer) unanswered_ = true;
  });
}

void Line::vanish() {
  world_.cancel(glare_timer_);
  world_.cancel(session_timer_);
  world_.cancel(prack_timer_);
  end(status_, false);
}

void Line::end(int status, bool by_peer) {
  if (state_ == LineState::ended) return;
  state_ = LineState::ended;
  if (status_ == 0) status_ = status;
  hung_up_by_peer_ = by_peer;
  speaker_.stop();
  world_.cancel(glare_timer_);
  world_.cancel(session_timer_);
  world_.cancel(prack_timer_);
}

std::string Line::reason() const {
  const auto text = last_words_ ? last_words_->header(HeaderId::reason) : std::nullopt;
  return std::string(text.value_or(std::string_view()));
}

int Line::count(Method method) const {
  return static_cast<int>(std::ranges::count_if(got_, [&](const Got& g) { return g.method == method; }));
}

const Line::Got* Line::last_got(Method method) const {
  const auto at = std::find_if(got_.rbegin(), got_.rend(), [&](const Got& g) { return g.method == method; });
  return at == got_.rend() ? nullptr : &*at;
}

int Line::last_asked(Method method) const {
  const auto at = std::find_if(asked_.rbegin(), asked_.rend(), [&](const Asked& a) { return a.method == method; });
  return at == asked_.rend() ? 0 : at->status;
}

// -------------------------------------------------------------------------------------------------------- the dialog

Message Line::request(Method method) {
  Message m = Message::request(method, remote_target_);
  m.add(HeaderId::max_forwards, "70");
  for (const std::string& route : routes_) m.add(HeaderId::route, route);
  m.add(HeaderId::from, local_uri_ + ";tag=" + local_tag_);
  m.add(HeaderId::to, remote_tag_.empty() ? remote_uri_ : remote_uri_ + ";tag=" + remote_tag_);
  m.add(HeaderId::call_id, call_id_);
  m.add(HeaderId::cseq, std::to_string(++local_cseq_) + ' ' + std::string(sip::to_string(method)));
  m.add(HeaderId::contact, phone_.contact());
  return m;
}

Address Line::next_hop() const {
  const auto route = routes_.empty() ? std::nullopt : sip::NameAddr::parse(routes_.front());
  const auto target = sip::Uri::parse(remote_target_);
  const sip::Uri uri = route ? route->uri : target.value_or(sip::Uri{});
  const auto ip = IpAddress::parse(uri.host);
  return ip ? Address{*ip, uri.port_or_default()} : phone_.setup_.hub;
}

void Line::learn_route(const Message& message) {
  if (const auto contact = message.contact()) remote_target_ = sip::to_string(contact->uri);
  if (message.is_response()) {
    if (!message.has(HeaderId::record_route)) return;
    routes_.clear();
    for (const std::string_view route : message.values(HeaderId::record_route)) routes_.emplace_back(route);
    std::ranges::reverse(routes_);  // §12.1.2: the UAC takes them in reverse order
  } else {
    for (const std::string_view route : message.values(HeaderId::record_route)) routes_.emplace_back(route);
  }
}

void Line::ask(Message message, std::function<void(const Message*)> then) {
  const std::size_t index = asked_.size();
  asked_.push_back({message.method(), 0});
  const Address to = next_hop();
  phone_.transactions_.send(std::move(message), to, [this, alive = alive_, index, then](const Message* answer) {
    if (!*alive) return;
    if (answer && answer->status() < 200) return;
    asked_[index].status = answer ? answer->status() : 408;
    then(answer);
  });
}

void Line::send(Method method, std::string_view content_type, std::string_view body,
                std::vector<std::pair<std::string, std::string>> headers) {
  if (remote_tag_.empty() || state_ == LineState::ended) return;
  Message m = request(method);
  for (const auto& [name, value] : headers) m.add(name, value);
  if (!body.empty()) m.set_body(content_type, body);
  ask(std::move(m), [](const Message*) {});
}

void Line::refer(std::string_view target_uri) {
  if (state_ != LineState::up) return;
  Message m = request(Method::refer);
  m.add(HeaderId::refer_to, '<' + phone_.uri_of(target_uri) + '>');
  m.add(HeaderId::referred_by, local_uri_);
  ask(std::move(m), [](const Message*) {});
}

void Line::refer(const Line& consultation) {
  if (state_ != LineState::up) return;
  const auto far = sip::NameAddr::parse(consultation.remote_uri_);
  Message m = request(Method::refer);
  m.add(HeaderId::refer_to,
        '<' + sip::to_string(far->uri) + "?Replaces=" + sip::escape_header(consultation.replaces()) + '>');
  m.add(HeaderId::referred_by, local_uri_);
  ask(std::move(m), [](const Message*) {});
}

// ------------------------------------------------------------------------------------------------------ session timer

void Line::add_session_timer(Message& response, const Message& request) {
  const auto asked = sip::typed<sip::SessionExpires>(request, HeaderId::session_expires);
  const bool peer_has_timer = sip::has_token(request, HeaderId::supported, "timer");
  sip::SessionExpires granted;
  if (asked) {
    granted = *asked;
    if (granted.refresher == sip::SessionExpires::Refresher::none) {
      granted.refresher = peer_has_timer ? sip::SessionExpires::Refresher::uac : sip::SessionExpires::Refresher::uas;
    }
  } else if (session_wanted_ != 0) {
    granted = {session_wanted_, sip::SessionExpires::Refresher::uas};
  } else {
    return;
  }
  response.add(HeaderId::session_expires, sip::to_string(granted));
  if (granted.refresher == sip::SessionExpires::Refresher::uac) response.add(HeaderId::require, "timer");
}

void Line::start_session_timer(const Message& message, bool we_are_uac) {
  world_.cancel(session_timer_);
  const auto granted = sip::typed<sip::SessionExpires>(message, HeaderId::session_expires);
  if (!granted || granted->seconds == 0) return;
  session_seconds_ = granted->seconds;
  const bool ours = (granted->refresher == sip::SessionExpires::Refresher::uac) == we_are_uac;
  const seconds interval(granted->seconds);
  if (ours) {
    if (phone_.habits_.refuses_to_refresh) return;
    session_timer_ = later(interval / 2, [this] { refresh(); });
  } else {
    session_timer_ = later(interval - std::min<Duration>(seconds(32), interval / 3), [this] {
      if (state_ != LineState::up) return;
      complain("session expired: the peer did not refresh it");
      send_bye();
    });
  }
}

void Line::refresh() {
  if (state_ == LineState::up) send_update(false);
}

}  // namespace junctor::sim
