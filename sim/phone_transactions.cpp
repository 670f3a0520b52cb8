#include "sim/phone_transactions.hpp"

#include <algorithm>
#include <utility>

#include "sip/headers.hpp"

namespace junctor::sim {
namespace {

constexpr Duration t1 = milliseconds(500);
constexpr Duration t2 = seconds(4);
constexpr Duration give_up = 64 * t1;

}  // namespace

PhoneTransactions::PhoneTransactions(World& world, Wire& wire, SeededRandom& random, User& user)
    : world_(world), wire_(wire), random_(random), user_(user) {
  wire_.on_message([this](sip::Message&& message, const Address& from) { on_message(std::move(message), from); });
}

World::EventId PhoneTransactions::later(Duration delay, std::function<void()> action) {
  return world_.after(delay, [alive = alive_, action = std::move(action)] {
    if (*alive) action();
  });
}

void PhoneTransactions::forget() {
  for (auto& [key, client] : clients_) world_.cancel(client.retransmit), world_.cancel(client.end);
  for (auto& [key, server] : servers_) world_.cancel(server.retransmit), world_.cancel(server.end);
  clients_.clear();
  servers_.clear();
}

std::string PhoneTransactions::client_key(std::string_view branch, sip::Method method) {
  std::string key(branch);
  if (method == sip::Method::cancel) key += " CANCEL";  // shares its branch with the INVITE
  return key;
}

std::string PhoneTransactions::server_key(const sip::Message& request) {
  const auto via = request.top_via();
  std::string key(request.top_branch());
  if (via) key += ' ' + std::string(via->host) + ':' + std::to_string(via->port);
  if (request.method() == sip::Method::cancel) key += " CANCEL";
  return key;
}

std::string PhoneTransactions::add_via(sip::Message& request) {
  const std::string branch = std::string(sip::branch_cookie) + random_.token(20);
  request.add_first(sip::HeaderId::via, std::string("SIP/2.0/") + (wire_.reliable() ? "TCP " : "UDP ") +
                                            to_string(wire_.local()) + ";rport;branch=" + branch);
  return branch;
}

// ------------------------------------------------------------------------------------------------------------ client

std::string PhoneTransactions::send(sip::Message request, const Address& to, OnResponse on_response) {
  const std::string branch = add_via(request);
  const std::string key = client_key(branch, request.method());
  std::string bytes = request.serialize();
  Client& client = clients_[key];
  client.request = std::move(request);
  client.to = to;
  client.on_response = std::move(on_response);
  client.interval = t1;
  if (!wire_.reliable()) client.retransmit = later(client.interval, [this, key] { retransmit_request(key); });
  client.end = later(give_up, [this, key] {
    auto node = clients_.extract(key);
    if (node.empty()) return;
    world_.cancel(node.mapped().retransmit);
    node.mapped().on_response(nullptr);
  });
  wire_.send(to, std::move(bytes));
  return branch;
}

void PhoneTransactions::send_once(sip::Message request, const Address& to) {
  add_via(request);
  wire_.send(to, request.serialize());
}

void PhoneTransactions::retransmit_request(const std::string& key) {
  const auto at = clients_.find(key);
  if (at == clients_.end()) return;
  Client& client = at->second;
  wire_.send(client.to, client.request.serialize());
  const bool invite = client.request.method() == sip::Method::invite;
  client.interval = invite ? client.interval * 2 : std::min(client.interval * 2, t2);
  client.retransmit = later(client.interval, [this, key] { retransmit_request(key); });
}

void PhoneTransactions::cancel(const std::string& branch, std::string_view reason) {
  const auto at = clients_.find(branch);
  if (at == clients_.end() || at->second.final_status != 0) return;
  at->second.wants_cancel = true;
  at->second.cancel_reason = reason;
  if (at->second.provisional) send_cancel(branch, at->second);
}

void PhoneTransactions::send_cancel(const std::string& branch, Client& client) {
  if (std::exchange(client.cancelled, true)) return;
  const sip::Message& invite = client.request;
  sip::Message cancel = sip::Message::request(sip::Method::cancel, invite.request_uri());
  cancel.add(sip::HeaderId::via, *invite.first_value(sip::HeaderId::via));
  for (const auto id : {sip::HeaderId::from, sip::HeaderId::to, sip::HeaderId::call_id, sip::HeaderId::route}) {
    cancel.copy_headers(invite, id);
  }
  cancel.add(sip::HeaderId::cseq, std::to_string(invite.cseq().number) + " CANCEL");
  cancel.add(sip::HeaderId::max_forwards, "70");
  if (!client.cancel_reason.empty()) cancel.add(sip::HeaderId::reason, client.cancel_reason);

  const std::string key = client_key(branch, sip::Method::cancel);
  const Address to = client.to;
  // Nobody answers the INVITE any more: what a cancelled one still waits for is bounded (§9.1).
  world_.cancel(client.end);
  client.end = later(give_up, [this, branch] {
    auto node = clients_.extract(branch);
    if (!node.empty()) node.mapped().on_response(nullptr);
  });
  std::string bytes = cancel.serialize();
  Client& own = clients_[key];
  own.request = std::move(cancel);
  own.to = to;
  own.on_response = [](const sip::Message*) {};
  own.interval = t1;
  if (!wire_.reliable()) own.retransmit = later(t1, [this, key] { retransmit_request(key); });
  own.end = later(give_up, [this, key] {
    auto node = clients_.extract(key);
    if (!node.empty()) world_.cancel(node.mapped().retransmit);
  });
  wire_.send(to, std::move(bytes));
}

void PhoneTransactions::on_response(const sip::Message& response) {
  const std::string key = client_key(response.top_branch(), response.method());
  const auto at = clients_.find(key);
  if (at == clients_.end()) return;  // late, after 64*T1
  Client& client = at->second;
  const bool invite = client.request.method() == sip::Method::invite;
  if (response.call_id() != client.request.call_id() || response.from_tag() != client.request.from_tag() ||
      response.cseq().number != client.request.cseq().number) {
    return user_.complain("response does not belong to its request");
  }
  if (response.status() >= 200) return take_final(key, client, response);
  if (client.final_status != 0) return;  // overtaken
  if (!client.provisional && invite) {
    world_.cancel(client.retransmit);
    if (!client.wants_cancel) world_.cancel(client.end);  // an INVITE may ring for as long as it likes
  }
  client.provisional = true;
  if (client.wants_cancel) {
    send_cancel(std::string(response.top_branch()), client);
  }
  const auto again = clients_.find(key);  // send_cancel() added another
  const OnResponse handler = again->second.on_response;
  if (response.status() > 100) handler(&response);
}

void PhoneTransactions::take_final(const std::string& key, Client& client, const sip::Message& response) {
  const bool invite = client.request.method() == sip::Method::invite;
  const bool repeated = client.final_status != 0;
  if (response.to_tag().empty()) user_.complain("final response without a To tag");
  if (repeated && (client.final_status != response.status() || client.final_tag != response.to_tag())) {
    user_.complain("two final answers to one " + std::string(client.request.method_name()) + ": " +
                   std::to_string(client.final_status) + " and " + std::to_string(response.status()));
  }
  world_.cancel(client.retransmit);
  client.final_status = response.status();
  client.final_tag = response.to_tag();
  if (!repeated) keep_for_a_while(key, client.end, true);
  if (invite && response.status() >= 300 && !never_ack_) {
    sip::Message ack = sip::Message::request(sip::Method::ack, client.request.request_uri());
    ack.add(sip::HeaderId::via, *client.request.first_value(sip::HeaderId::via));
    ack.copy_headers(client.request, sip::HeaderId::from);
    ack.copy_headers(response, sip::HeaderId::to);
    ack.copy_headers(client.request, sip::HeaderId::call_id);
    ack.copy_headers(client.request, sip::HeaderId::route);
    ack.add(sip::HeaderId::cseq, std::to_string(client.request.cseq().number) + " ACK");
    ack.add(sip::HeaderId::max_forwards, "70");
    wire_.send(client.to, ack.serialize());
  }
  if (repeated && !(invite && response.status() < 300)) return;
  const OnResponse handler = client.on_response;
  handler(&response);
}

// ------------------------------------------------------------------------------------------------------------ server

void PhoneTransactions::on_message(sip::Message&& message, const Address& from) {
  if (message.is_response()) {
    on_response(message);
  } else {
    on_request(std::move(message), from);
  }
}

void PhoneTransactions::on_request(sip::Message&& request, const Address& from) {
  const std::string key = server_key(request);
  const auto at = servers_.find(key);
  if (request.method() == sip::Method::ack) {
    if (at == servers_.end() || at->second.status < 300) return user_.on_ack(request);
    world_.cancel(at->second.retransmit);
    at->second.acked = true;
    return;
  }
  if (at != servers_.end()) {
    if (!at->second.response.empty()) wire_.send(at->second.from, at->second.response);
    return;
  }
  Server& server = servers_[key];
  server.request = request;
  server.from = from;
  if (request.method() != sip::Method::cancel) return user_.on_request(request, from);

  std::string invite_key = key.substr(0, key.size() - std::string_view(" CANCEL").size());
  const auto invite = servers_.find(invite_key);
  const bool known = invite != servers_.end();
  const bool open = known && invite->second.status < 200;
  sip::Message answer = sip::Message::response(request, known ? 200 : 481);
  answer.set(sip::HeaderId::to, std::string(*answer.header(sip::HeaderId::to)) + ";tag=" + random_.token(8));
  respond(request, answer);
  if (open) user_.on_cancel(request);
}

void PhoneTransactions::respond(const sip::Message& request, const sip::Message& response) {
  const std::string key = server_key(request);
  const auto at = servers_.find(key);
  if (at == servers_.end()) return;
  Server& server = at->second;
  const bool first_final = server.status < 200 && response.status() >= 200;
  server.response = response.serialize();
  server.status = response.status();
  wire_.send(server.from, server.response);
  if (!first_final) return;
  const bool invite = request.method() == sip::Method::invite;
  if (invite && (response.status() < 300 || !wire_.reliable())) {
    server.interval = t1;
    server.retransmit = later(t1, [this, key] { retransmit_response(key); });
  }
  keep_for_a_while(key, server.end, false);
}

void PhoneTransactions::retransmit_response(const std::string& key) {
  const auto at = servers_.find(key);
  if (at == servers_.end() || at->second.acked) return;
  Server& server = at->second;
  wire_.send(server.from, server.response);
  server.interval = std::min(server.interval * 2, t2);
  server.retransmit = later(server.interval, [this, key] { retransmit_response(key); });
}

void PhoneTransactions::acked(const sip::Message& ack) {
  for (auto& [key, server] : servers_) {
    if (server.request.method() != sip::Method::invite || server.request.call_id() != ack.call_id() ||
        server.request.cseq().number != ack.cseq().number) {
      continue;
    }
    server.acked = true;
    world_.cancel(server.retransmit);
  }
}

void PhoneTransactions::keep_for_a_while(const std::string& key, World::EventId& end, bool client) {
  world_.cancel(end);
  end = later(give_up, [this, key, client] {
    if (client) {
      clients_.erase(key);
      return;
    }
    auto node = servers_.extract(key);
    if (node.empty()) return;
    world_.cancel(node.mapped().retransmit);
    const Server& server = node.mapped();
    if (server.request.method() == sip::Method::invite && server.status >= 200 && server.status < 300 &&
        !server.acked) {
      user_.on_ack_missing(server.request);
    }
  });
}

}  // namespace junctor::sim
