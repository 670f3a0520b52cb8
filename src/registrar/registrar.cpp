#include "registrar/registrar.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "sip/headers.hpp"

namespace junctor::registrar {
namespace {

using sip::HeaderId;
using sip::Message;

constexpr std::size_t tag_length = 12;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::uint32_t seconds_left(const Binding& binding, TimePoint now) {
  return binding.expires <= now ? 0
                                : static_cast<std::uint32_t>(std::chrono::ceil<seconds>(binding.expires - now).count());
}

/// Thousandths as qvalue (RFC 3261 §25.1): "0.5".
std::string q_text(std::uint16_t q_milli) {
  if (q_milli >= 1000) return "1";
  std::string digits = std::to_string(1000 + q_milli).substr(1);
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  return "0." + digits;
}

std::string contact_value(const Binding& binding, TimePoint now) {
  std::string value = "<" + std::string(binding.contact()) + ">;expires=" + std::to_string(seconds_left(binding, now));
  if (binding.q_milli != 1000) value += ";q=" + q_text(binding.q_milli);
  if (!binding.instance().empty()) value += ";+sip.instance=\"" + sip::escape_quoted(binding.instance()) + '"';
  if (binding.reg_id != 0) value += ";reg-id=" + std::to_string(binding.reg_id);
  return value;
}

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

Contact to_contact(const Binding& binding, TimePoint now) {
  Contact contact;
  contact.uri = binding.contact();
  contact.path = lines(binding.path());
  contact.reach = binding.reach;
  contact.flow_alive = binding.flow_alive();
  contact.q_milli = binding.q_milli;
  contact.expires_secs = seconds_left(binding, now);
  contact.instance = binding.instance();
  contact.reg_id = binding.reg_id;
  contact.user_agent = binding.user_agent();
  return contact;
}

/// What of Require we cannot do (RFC 3261 §8.2.2.3), joined; empty: nothing.
std::string unsupported_requirements(const Message& request) {
  std::string out;
  for (const std::string_view option : request.values(HeaderId::require)) {
    if (lower(option) == "path") continue;
    if (!out.empty()) out += ", ";
    out += option;
  }
  return out;
}

}  // namespace

Registrar::Registrar(RegistrarSettings settings, Authenticator& authenticator, store::Store& store, TimerWheel& timers,
                     const WallClock& wall, RegisterReplies& replies, Random& random, Counters& counters)
    : settings_(std::move(settings)),
      authenticator_(authenticator),
      store_(store),
      timers_(timers),
      wall_(wall),
      replies_(replies),
      random_(random),
      ok_(counters.get("register_ok")),
      expired_(counters.get("register_expired")),
      rejected_(counters.get("register_rejected")),
      store_failed_(counters.get("register_store_failed")),
      overload_(counters.get("register_overload")) {}

Registrar::~Registrar() {
  for (auto& [user, entry] : users_) timers_.cancel(entry.expiry);
}

Result<std::size_t, std::string> Registrar::load(TimePoint now) {
  const WallTime wall = wall_.at(now);
  auto rows = store_.load_bindings(wall);
  if (!rows) return fail(rows.error());
  for (std::size_t i = 0; i < rows->size();) {
    Node& node = node_of((*rows)[i].user);
    Update update;
    for (; i < rows->size() && (*rows)[i].user == node.first; ++i) {
      const store::BindingRow& row = (*rows)[i];
      const auto left = WallTime(milliseconds(row.expires_ms)) - wall;
      if (auto binding = from_row(row, now + left)) update.put.push_back(std::move(*binding));
    }
    change(node, std::move(update), now);
    erase_if_empty(node);
  }
  return count_;
}

// -- a REGISTER

bool Registrar::serves(const std::optional<sip::Uri>& uri) const {
  if (!uri || !uri->is_sip()) return false;
  return settings_.domains.empty() || std::ranges::find(settings_.domains, lower(uri->host)) != settings_.domains.end();
}

Registrar::Outcome Registrar::on_request(TransactionId transaction, const Message& request, const Reach& source,
                                         TimePoint now) {
  if (const std::string options = unsupported_requirements(request); !options.empty()) {
    Outcome outcome = refuse(request, 420);
    outcome.response->add(HeaderId::unsupported, options);
    return outcome;
  }
  const auto from = request.from();
  const auto to = request.to();
  if (!serves(sip::Uri::parse(request.request_uri())) || !to || !serves(to->uri)) return refuse(request, 404);

  const AuthVerdict verdict = authenticator_.verify(request, Role::user_agent, now);
  if (verdict.result != AuthResult::ok) {
    Outcome outcome{authenticator_.challenge(request, Role::user_agent, verdict.result, now),
                    verdict.result == AuthResult::denied};
    add_tag(*outcome.response);
    return outcome;
  }
  // One's own bindings only, and no third party's (RFC 3261 §10.3 step 4).
  const std::string user = sip::unescape(to->uri.user);
  if (user != verdict.user->username || !from || sip::unescape(from->uri.user) != user) {
    Outcome outcome = refuse(request, 403);
    outcome.failure = true;
    return outcome;
  }

  Node& node = node_of(user);
  if (node.second.pending != 0) {
    if (waiting_ + pending_.size() >= settings_.waiting_max) return {unavailable(request), false};
    pending_.at(node.second.pending).waiting.push_back({transaction, request, source});
    ++waiting_;
    return {};
  }
  Outcome outcome{process(node, transaction, request, source, now), false};
  erase_if_empty(node);
  return outcome;
}

std::optional<Message> Registrar::process(Node& node, TransactionId transaction, const Message& request,
                                          const Reach& source, TimePoint now) {
  Entry& entry = node.second;
  auto update = plan_update(entry.bindings, request, node.first, source, settings_, now, wall_.at(now));
  if (!update) {
    auto outcome = refuse(request, update.error().status, update.error().reason);
    if (update.error().status == 423) {
      outcome.response->add(HeaderId::min_expires, std::to_string(settings_.expires_min_secs));
    }
    return std::move(outcome.response);
  }
  if (update->empty()) return success(request, entry, now);
  if (store_.backlog_full() || waiting_ + pending_.size() >= settings_.waiting_max) return unavailable(request);

  const std::uint64_t token = ++last_token_;
  store::UpdateBindings write = std::move(update->stored);
  update->stored.remove_all = write.remove_all;
  update->stored.remove = write.remove;
  entry.pending = token;
  pending_.emplace(token, Pending{&node, transaction, request, std::move(*update), {}, false});
  store_.write(std::move(write), this, token, now);
  return std::nullopt;
}

void Registrar::on_stored(std::uint64_t token, bool ok, TimePoint now) {
  auto taken = pending_.extract(token);
  JUNCTOR_CHECK(!taken.empty());
  Pending& pending = taken.mapped();
  Node& node = *pending.node;
  node.second.pending = 0;
  replies_.on_register_response(pending.transaction, finish(pending, ok, now), now);

  std::deque<Waiting> waiting = std::move(pending.waiting);
  while (!waiting.empty() && node.second.pending == 0) {
    const Waiting next = std::move(waiting.front());
    waiting.pop_front();
    --waiting_;
    auto response = pending.forgotten ? refuse(next.request, 403).response
                                      : process(node, next.transaction, next.request, next.source, now);
    if (response) replies_.on_register_response(next.transaction, std::move(*response), now);
  }
  if (node.second.pending != 0) {
    pending_.at(node.second.pending).waiting = std::move(waiting);
    return;
  }
  arm(node, now);
  erase_if_empty(node);
}

Message Registrar::finish(Pending& pending, bool ok, TimePoint now) {
  if (pending.forgotten) return std::move(*refuse(pending.request, 403).response);
  if (!ok) {
    store_failed_.add();
    return unavailable(pending.request);
  }
  change(*pending.node, std::move(pending.update), now);
  return success(pending.request, pending.node->second, now);
}

// -- responses

void Registrar::add_tag(Message& response) {
  if (!response.to_tag().empty()) return;
  const std::string to(response.header(HeaderId::to).value_or(std::string_view()));
  response.set(HeaderId::to, to + ";tag=" + random_.token(tag_length));
}

Message Registrar::make_response(const Message& request, int status, std::string_view reason) {
  Message response = Message::response(request, status, reason);
  add_tag(response);
  return response;
}

Registrar::Outcome Registrar::refuse(const Message& request, int status, std::string_view reason) {
  rejected_.add();
  return {make_response(request, status, reason), false};
}

Message Registrar::unavailable(const Message& request) {
  overload_.add();
  Message response = make_response(request, 503);
  response.add(HeaderId::retry_after, std::to_string(settings_.retry_after_secs));
  return response;
}

Message Registrar::success(const Message& request, const Entry& entry, TimePoint now) {
  ok_.add();
  Message response = make_response(request, 200);
  for (const Binding& binding : entry.bindings) {
    if (binding.expires > now) response.add(HeaderId::contact, contact_value(binding, now));
  }
  // RFC 3327 §5.3: the phone learns the path that was kept, if it knows what that is.
  if (request.has(HeaderId::path) && sip::has_token(request, HeaderId::supported, "path")) {
    response.copy_headers(request, HeaderId::path);
  }
  return response;
}

// -- the table

Registrar::Node& Registrar::node_of(std::string_view user) {
  if (const auto at = users_.find(user); at != users_.end()) return *at;
  Node& node = *users_.emplace(std::string(user), Entry{}).first;
  if (free_slots_.empty()) {
    node.second.slot = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back(&node);
  } else {
    node.second.slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[node.second.slot] = &node;
  }
  return node;
}

void Registrar::erase_if_empty(Node& node) {
  Entry& entry = node.second;
  if (!entry.bindings.empty() || entry.pending != 0) return;
  timers_.cancel(entry.expiry);
  slots_[entry.slot] = nullptr;
  free_slots_.push_back(entry.slot);
  users_.erase(users_.find(node.first));
}

void Registrar::change(Node& node, Update update, TimePoint now) {
  Entry& entry = node.second;
  for (const Binding& b : entry.bindings) {
    if (b.reach.connection) flows_.erase({b.reach.connection, entry.slot});
  }
  const std::size_t before = entry.bindings.size();
  apply_update(entry.bindings, std::move(update));
  entry.bindings.shrink_to_fit();
  count_ = count_ - before + entry.bindings.size();
  registered_ = registered_ - (before == 0 ? 0 : 1) + (entry.bindings.empty() ? 0 : 1);
  for (const Binding& b : entry.bindings) {
    if (b.reach.connection) flows_.emplace(b.reach.connection, entry.slot);
  }
  arm(node, now);
}

void Registrar::arm(Node& node, TimePoint now) {
  Entry& entry = node.second;
  timers_.cancel(entry.expiry);
  if (entry.bindings.empty()) return;
  const TimePoint first = std::ranges::min_element(entry.bindings, {}, &Binding::expires)->expires;
  entry.expiry = timers_.schedule(std::max(first, now), *this, entry.slot);
}

void Registrar::on_timer(std::uint64_t token, TimePoint now) {
  Node& node = *slots_.at(token);
  Entry& entry = node.second;
  entry.expiry = {};
  // What is being refreshed may yet be saved: on_stored() looks again.
  if (entry.pending != 0) return;
  Update update;
  for (const Binding& b : entry.bindings) {
    if (b.expires <= now) update.stored.remove.emplace_back(b.contact());
  }
  expired_.add(update.stored.remove.size());
  store_.write(store::UpdateBindings{node.first, false, update.stored.remove, {}}, nullptr, 0, now);
  change(node, std::move(update), now);
  erase_if_empty(node);
}

void Registrar::on_connection_closed(ConnectionId connection) {
  auto at = flows_.lower_bound({connection, 0});
  while (at != flows_.end() && at->first == connection) {
    for (Binding& b : slots_.at(at->second)->second.bindings) {
      if (b.reach.connection == connection) b.reach.connection = {};
    }
    at = flows_.erase(at);
  }
}

void Registrar::forget(std::string_view user, TimePoint now) {
  const auto at = users_.find(user);
  if (at == users_.end()) return;
  Node& node = *at;
  if (node.second.pending != 0) pending_.at(node.second.pending).forgotten = true;
  store_.write(store::UpdateBindings{node.first, true, {}, {}}, nullptr, 0, now);
  Update update;
  update.stored.remove_all = true;
  change(node, std::move(update), now);
  erase_if_empty(node);
}

// -- questions

bool Registrar::is_registered(std::string_view user) const {
  const auto at = users_.find(user);
  return at != users_.end() && !at->second.bindings.empty();
}

std::vector<Contact> Registrar::lookup(std::string_view user, TimePoint now) const {
  std::vector<Contact> contacts;
  const auto at = users_.find(user);
  if (at == users_.end()) return contacts;
  for (auto b = at->second.bindings.rbegin(); b != at->second.bindings.rend(); ++b) {
    if (b->expires <= now) continue;
    Contact contact = to_contact(*b, now);
    const auto behind_equals =
        std::ranges::upper_bound(contacts, contact.q_milli, std::ranges::greater{}, &Contact::q_milli);
    contacts.insert(behind_equals, std::move(contact));
  }
  return contacts;
}

std::vector<Registration> Registrar::list(std::size_t limit, TimePoint now) const {
  std::vector<const Node*> nodes;
  nodes.reserve(users_.size());
  for (const Node& node : users_) nodes.push_back(&node);
  std::ranges::sort(nodes, {}, [](const Node* node) { return std::string_view(node->first); });
  std::vector<Registration> out;
  for (const Node* node : nodes) {
    for (const Binding& b : node->second.bindings) {
      if (out.size() >= limit) return out;
      if (b.expires > now) out.push_back({node->first, to_contact(b, now)});
    }
  }
  return out;
}

}  // namespace junctor::registrar
