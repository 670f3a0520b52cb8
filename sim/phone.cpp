#include "sim/phone.hpp"

#include <algorithm>
#include <utility>

#include "sip/headers.hpp"

namespace junctor::sim {

using sip::HeaderId;
using sip::Message;
using sip::Method;

namespace {

constexpr int attempts_max = 3;  // with credentials
constexpr std::uint16_t rtp_port_min = 20000, rtp_port_max = 60000;

}  // namespace

Phone::Phone(World& world, Net& net, PhoneSetup setup)
    : world_(world),
      net_(net),
      setup_(std::move(setup)),
      random_(world.random().fork()),
      wire_(world, net, setup_.wire, setup_.local),
      transactions_(world, wire_, random_, *this) {}

Phone::~Phone() = default;

std::string Phone::contact() const {
  std::string out = "<sip:" + setup_.user + '@' + to_string(setup_.local);
  if (setup_.wire == Wire::Kind::tcp) out += ";transport=tcp";
  return out + '>';
}

std::string Phone::address_of_record() const {
  const std::string uri = "<sip:" + setup_.user + '@' + setup_.domain + '>';
  return setup_.display_name.empty() ? uri : '"' + setup_.display_name + "\" " + uri;
}

std::string Phone::uri_of(std::string_view to) const {
  if (to.starts_with("sip:") || to.starts_with("sips:") || to.starts_with("tel:")) return std::string(to);
  return "sip:" + std::string(to) + '@' + setup_.domain;
}

std::optional<std::string> Phone::authorize(const Message& response, std::string_view method, std::string_view uri,
                                            std::string_view body) {
  if (setup_.password.empty()) return std::nullopt;
  const auto id = response.status() == 401 ? HeaderId::www_authenticate : HeaderId::proxy_authenticate;
  std::vector<sip::digest::Challenge> challenges;
  for (const sip::HeaderField field : response.headers(id)) {
    auto parsed = sip::digest::parse_challenges(field.value);
    if (!parsed) {
      complain("unreadable challenge: " + std::string(parsed.error().reason));
      continue;
    }
    for (auto& challenge : *parsed) challenges.push_back(std::move(challenge));
  }
  const sip::digest::Account account{setup_.user, setup_.password, {}, {}};
  const auto* chosen = sip::digest::choose(challenges, account, setup_.hashes);
  if (!chosen) return std::nullopt;
  nonce_count_ = chosen->nonce == last_nonce_ ? nonce_count_ + 1 : 1;
  last_nonce_ = chosen->nonce;
  const std::string cnonce = random_.token(12);
  const auto credentials =
      sip::digest::respond(challenges, account, {method, uri, body, nonce_count_, cnonce}, setup_.hashes);
  return credentials ? std::optional(sip::digest::to_string(*credentials)) : std::nullopt;
}

// ------------------------------------------------------------------------------------------------------ registration

void Phone::register_with_hub(std::uint32_t expires, std::string_view contact_params) {
  register_contact_ = contact() + std::string(contact_params);
  register_expires_ = expires;
  register_status_ = register_attempts_ = 0;
  send_register(std::nullopt);
}

void Phone::unregister_all() {
  register_contact_ = "*";
  register_expires_ = 0;
  register_status_ = register_attempts_ = 0;
  send_register(std::nullopt);
}

void Phone::send_register(std::optional<std::string> authorization) {
  if (register_call_id_.empty()) register_call_id_ = random_.token(16);
  const std::string uri = "sip:" + setup_.domain;
  Message m = Message::request(Method::register_, uri);
  m.add(HeaderId::max_forwards, "70");
  m.add(HeaderId::from, address_of_record() + ";tag=" + random_.token(8));
  m.add(HeaderId::to, address_of_record());
  m.add(HeaderId::call_id, register_call_id_);
  m.add(HeaderId::cseq, std::to_string(++register_cseq_) + " REGISTER");
  m.add(HeaderId::contact, register_contact_);
  m.add(HeaderId::expires, std::to_string(register_expires_));
  m.add(HeaderId::supported, "path");
  if (authorization) m.add(HeaderId::authorization, *authorization);
  transactions_.send(std::move(m), setup_.hub, [this, uri](const Message* answer) {
    if (answer && answer->status() < 200) return;
    if (answer && answer->status() == 401 && register_attempts_++ < attempts_max) {
      if (auto credentials = authorize(*answer, "REGISTER", uri, "")) return send_register(std::move(credentials));
    }
    register_status_ = answer ? answer->status() : 408;
    register_answer_ = answer ? std::optional(*answer) : std::nullopt;
    registered_ = register_status_ == 200 && register_expires_ > 0;
  });
}

// ------------------------------------------------------------------------------------------------------------- lines

Line& Phone::dial(std::string_view to, DialOptions options) {
  lines_.push_back(std::make_unique<Line>(*this, next_rtp_port_));
  next_rtp_port_ = next_rtp_port_ >= rtp_port_max ? rtp_port_min : static_cast<std::uint16_t>(next_rtp_port_ + 2);
  Line& line = *lines_.back();
  line.dial(uri_of(to), std::move(options));
  return line;
}

std::size_t Phone::live_lines() const {
  return static_cast<std::size_t>(std::ranges::count_if(lines_, [](const auto& line) { return !line->ended(); }));
}

void Phone::forget_ended_lines() {
  std::erase_if(lines_, [](const auto& line) { return line->ended(); });
}

Line* Phone::find_line(const Message& m) {
  for (const auto& line : lines_) {
    if (line->call_id_ == m.call_id() && line->local_tag_ == m.to_tag() && line->remote_tag_ == m.from_tag()) {
      return line.get();
    }
  }
  return nullptr;
}

Line* Phone::find_replaced(const Message& invite) {
  const auto replaces = sip::typed<sip::Replaces>(invite, HeaderId::replaces);
  for (const auto& line : lines_) {
    if (replaces && line->up() && line->call_id_ == replaces->call_id && line->local_tag_ == replaces->to_tag &&
        line->remote_tag_ == replaces->from_tag) {
      return line.get();
    }
  }
  return nullptr;
}

void Phone::crash() {
  for (const auto& line : lines_) line->vanish();
  transactions_.forget();
  wire_.drop_streams();
  registered_ = false;
}

// ---------------------------------------------------------------------------------------------- requests that come in

void Phone::on_request(const Message& request, const Address&) {
  if (habits_.never_answers) return;
  if (!request.to_tag().empty()) {
    if (Line* line = find_line(request)) return line->on_request(request);
    return answer_plain(request, 481);
  }
  if (request.method() == Method::invite) {
    Line* const replaced = request.has(HeaderId::replaces) ? find_replaced(request) : nullptr;
    if (request.has(HeaderId::replaces) && replaced == nullptr) return answer_plain(request, 481);
    lines_.push_back(std::make_unique<Line>(*this, next_rtp_port_));
    next_rtp_port_ = next_rtp_port_ >= rtp_port_max ? rtp_port_min : static_cast<std::uint16_t>(next_rtp_port_ + 2);
    Line& line = *lines_.back();
    line.on_invite(request);
    if (replaced == nullptr) return;
    line.answer();  // RFC 3891 §3
    return replaced->hang_up();
  }
  inbox_.push_back(request);
  answer_plain(request, request.method() == Method::bye ? 481 : 200);
}

void Phone::answer_plain(const Message& request, int status) {
  Message m = Message::response(request, status);
  if (request.to_tag().empty()) {
    m.set(HeaderId::to, std::string(*request.header(HeaderId::to)) + ";tag=" + random_.token(8));
  }
  transactions_.respond(request, m);
}

void Phone::on_ack(const Message& ack) {
  transactions_.acked(ack);
  if (Line* line = find_line(ack)) line->on_ack(ack);
}

void Phone::on_cancel(const Message& cancel) {
  for (const auto& line : lines_) {
    if (line->call_id_ == cancel.call_id() && line->ringing()) return line->on_cancel(cancel);
  }
}

void Phone::on_ack_missing(const Message& invite) {
  for (const auto& line : lines_) {
    if (line->call_id_ == invite.call_id()) return line->on_ack_missing();
  }
}

void Phone::complain(std::string what) {
  constexpr std::size_t complaints_max = 1000;
  if (complaints_.size() < complaints_max) complaints_.push_back(setup_.user + ": " + std::move(what));
}

// ---------------------------------------------------------------------------------------------------- outside dialogs

void Phone::send(Method method, std::string_view to, std::string_view content_type, std::string_view body,
                 std::function<void(const Message*)> then) {
  const std::string uri = uri_of(to);
  Message m = Message::request(method, uri);
  m.add(HeaderId::max_forwards, "70");
  m.add(HeaderId::from, address_of_record() + ";tag=" + random_.token(8));
  m.add(HeaderId::to, '<' + uri + '>');
  m.add(HeaderId::call_id, random_.token(16));
  m.add(HeaderId::cseq, "1 " + std::string(sip::to_string(method)));
  m.add(HeaderId::contact, contact());
  if (!body.empty()) m.set_body(content_type, body);
  const Message first = m;
  transactions_.send(std::move(m), setup_.hub, [this, first, then](const Message* answer) {
    if (answer && answer->status() < 200) return;
    const bool challenged = answer && (answer->status() == 401 || answer->status() == 407);
    const auto credentials =
        challenged ? authorize(*answer, first.method_name(), first.request_uri(), first.body()) : std::nullopt;
    if (!credentials) return then(answer);
    Message again = first;
    again.set(HeaderId::cseq, "2 " + std::string(first.method_name()));
    again.remove_first_value(HeaderId::via);
    again.add(answer->status() == 401 ? HeaderId::authorization : HeaderId::proxy_authorization, *credentials);
    transactions_.send(std::move(again), setup_.hub, [then](const Message* second) {
      if (!second || second->status() >= 200) then(second);
    });
  });
}

}  // namespace junctor::sim
