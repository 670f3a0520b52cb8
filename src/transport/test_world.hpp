#pragma once
// A small network for the tests of this room: parties with an Endpoint each, datagrams and connections between them,
// names, and one simulated clock. Messages take `delay`; a test loses what it wants by `lose`.
#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "transport/endpoint.hpp"
#include "transport/framer.hpp"
#include "transport/locator.hpp"
#include "transport/names.hpp"

namespace junctor::transport {

class TestRandom final : public Random {
 public:
  explicit TestRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override {  // splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

inline Address address(const char* text) {
  return *Address::parse(text);
}

struct Packet {
  Address from, to;
  std::string bytes;
  bool is(std::string_view start) const { return std::string_view(bytes).starts_with(start); }
};

class Party;

class World {
 public:
  explicit World(std::uint64_t seed = 1) : random(seed) {}

  void at(Duration after, std::function<void()> what) { agenda_.emplace(now + after, std::move(what)); }
  void run(Duration duration) {
    const TimePoint end = now + duration;
    for (;;) {
      TimePoint next = end;
      if (!agenda_.empty()) next = std::min(next, agenda_.begin()->first);
      if (const auto wake = timers.next_wake()) next = std::min(next, *wake);
      now = std::max(now, next);
      timers.advance(now);
      while (!agenda_.empty() && agenda_.begin()->first <= now) {
        const auto what = std::move(agenda_.begin()->second);
        agenda_.erase(agenda_.begin());
        what();
      }
      if (now >= end) return;
    }
  }

  void datagram(Packet packet) {
    sent.push_back(packet);
    if (lose && lose(packet)) return;
    at(delay, [this, packet] {
      const auto to = sockets.find(packet.to);
      if (to != sockets.end()) to->second(packet);
    });
  }

  /// How many messages that begin so were sent over UDP, from anybody.
  std::size_t count(std::string_view start) const {
    return static_cast<std::size_t>(std::ranges::count_if(sent, [&](const Packet& p) { return p.is(start); }));
  }

  void name(const std::string& host, const char* ip) {
    const IpAddress parsed = *IpAddress::parse(ip);
    const RecordType type = parsed.family == Family::v4 ? RecordType::a : RecordType::aaaa;
    records[{type, host}].push_back({.type = type, .ip = parsed});
  }
  void srv(const std::string& service, std::uint16_t priority, std::uint16_t weight, std::uint16_t port,
           const std::string& target) {
    records[{RecordType::srv, service}].push_back(
        {.type = RecordType::srv, .priority = priority, .weight = weight, .port = port, .target = target});
  }

  TimePoint now{seconds(1000)};
  TimerWheel timers{TimePoint{seconds(1000)}};
  TestRandom random;
  Counters counters;
  Duration delay = milliseconds(10);
  std::function<bool(const Packet&)> lose;
  std::vector<Packet> sent;
  std::map<Address, std::function<void(const Packet&)>> sockets;
  std::map<Address, Party*> acceptors;  // who takes TCP connections there
  std::map<std::pair<RecordType, std::string>, std::vector<Record>> records;
  int queries = 0;
  std::uint64_t last_connection = 0;

 private:
  std::multimap<TimePoint, std::function<void()>> agenda_;
};

/// A peer without a stack: sends bytes, keeps what it gets.
class RawPeer {
 public:
  RawPeer(World& world, const char* where) : world_(world), where_(address(where)) {
    world.sockets[where_] = [this](const Packet& p) { got.push_back(p.bytes); };
  }
  void send(const char* to, std::string bytes) { world_.datagram({where_, address(to), std::move(bytes)}); }

  std::vector<std::string> got;

 private:
  World& world_;
  Address where_;
};

/// A stack with its user: what happened is recorded, what shall happen next is a function.
class Party final : public TransactionUser,
                    public DatagramSender,
                    public StreamSender,
                    public TlsSender,
                    public Resolver {
 public:
  struct Response {
    TransactionId id;
    std::uint64_t owner = 0;
    int status = 0;
    Origin origin = Origin::peer;
    sip::Message message;
  };
  struct End {
    TransactionId id;
    ServerEnd why = ServerEnd::done;
    bool operator==(const End&) const = default;
  };

  /// `names`: whom its certificate is for; it takes and makes TLS connections at port 5061 if there are any.
  Party(World& world, const char* where, EndpointSettings settings = {}, AdvertiseRules rules = {},
        std::vector<std::string> names = {})
      : world_(world), where_(address(where)), names_(std::move(names)) {
    std::vector<Listener> listeners{{1, Protocol::udp, where_}, {2, Protocol::tcp, where_}};
    const Address secure{where_.ip, 5061};
    if (!names_.empty()) listeners.push_back({3, Protocol::tls, secure});
    if (!names_.empty()) world.acceptors[secure] = this;
    const auto local = [this](const IpAddress&) { return where_.ip; };
    endpoint = std::make_unique<Endpoint>(
        std::move(settings), EndpointParts{world.timers, world.random, world.counters, *this, *this, *this, this},
        Advertise(std::move(rules), std::move(listeners), local), *this);
    world.sockets[where_] = [this](const Packet& p) { on_packet(p); };
    world.acceptors[where_] = this;
  }

  // --- what a test asks it to do ---
  sip::Message request(sip::Method method, const std::string& uri, std::string_view body = {}) {
    sip::Message out = sip::Message::request(method, uri);
    out.add(sip::HeaderId::from, "<sip:alice@example.com>;tag=" + world_.random.token(8));
    out.add(sip::HeaderId::to, "<" + uri + ">");
    out.add(sip::HeaderId::call_id, world_.random.token(12));
    out.add(sip::HeaderId::cseq, "1 " + std::string(sip::to_string(method)));
    if (!body.empty()) out.set_body("text/plain", body);
    return out;
  }
  TransactionId send(sip::Method method, const std::string& uri, std::uint64_t owner = 1) {
    return endpoint->send_request(request(method, uri), Target::to_uri(uri), owner, world_.now);
  }
  void answer(int status, std::size_t which = 0) {
    sip::Message response = sip::Message::response(requests.at(which), status);
    if (response.to_tag().empty())
      response.set(sip::HeaderId::to, std::string(*response.header(sip::HeaderId::to)) + ";tag=callee");
    endpoint->respond(servers.at(which), response, world_.now);
  }
  void ack(std::size_t which_response, const std::string& uri) {
    const sip::Message& ok = responses.at(which_response).message;
    sip::Message out = sip::Message::request(sip::Method::ack, uri);
    out.copy_headers(ok, sip::HeaderId::from);
    out.copy_headers(ok, sip::HeaderId::to);
    out.copy_headers(ok, sip::HeaderId::call_id);
    out.add(sip::HeaderId::cseq, std::to_string(ok.cseq().number) + " ACK");
    endpoint->send_ack(out, Target::to_uri(uri), world_.now);
  }
  std::vector<int> statuses() const {
    std::vector<int> out;
    for (const Response& r : responses) out.push_back(r.status);
    return out;
  }

  // --- TransactionUser ---
  void on_request(TransactionId id, const sip::Message& message, const Source& source, TimePoint) override {
    servers.push_back(id);
    requests.push_back(message);
    sources.push_back(source);
    if (when_request) when_request(servers.size() - 1);
  }
  void on_ack(const sip::Message& message, const Source&, TimePoint) override {
    acks.push_back(message);
    if (when_ack) when_ack();
  }
  void on_cancel(TransactionId invite, const sip::Message&, TimePoint) override {
    cancels.push_back(invite);
    if (when_cancel) when_cancel(invite);
  }
  void on_response(TransactionId id, std::uint64_t owner, const sip::Message& message, Origin origin,
                   TimePoint) override {
    responses.push_back({id, owner, message.status(), origin, message});
    if (when_response) when_response(responses.back());
  }
  void on_server_end(TransactionId id, ServerEnd why, TimePoint) override { ends.push_back({id, why}); }
  void on_located(std::uint64_t owner, std::span<const Hop> hops, TimePoint) override {
    located.emplace_back(owner, std::vector<Hop>(hops.begin(), hops.end()));
    if (when_located) when_located(owner, hops);
  }

  // --- net ---
  bool start(QueryId id, RecordType type, std::string_view name) override {
    ++world_.queries;
    if (resolver_is_full) return false;
    Answer answer{.status = AnswerStatus::no_such_name, .records = {}};
    const auto found = world_.records.find({type, std::string(name)});
    if (found != world_.records.end()) answer = {AnswerStatus::found, found->second};
    world_.at(milliseconds(20), [this, id, answer] { endpoint->on_resolved(id, answer, world_.now); });
    return true;
  }
  bool send(std::uint64_t, const Address& to, std::span<const std::uint8_t> bytes) override {
    world_.datagram({where_, to, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())});
    return true;
  }
  ConnectionId connect(const Address& to) override { return join(to, 2, {}); }
  ConnectionId connect_tls(const Address& to, std::string_view host) override {
    asked_for.emplace_back(host);
    return join(to, 3, std::string(host));
  }
  bool proves(ConnectionId id, std::string_view host) const override {
    const auto at = proven.find(id);
    return at != proven.end() && std::ranges::find(at->second, host) != at->second.end();
  }
  ConnectionId join(const Address& to, ListenerIndex listener, const std::string& host) {
    const ConnectionId mine{++world_.last_connection}, theirs{++world_.last_connection};
    Party* const peer = world_.acceptors.contains(to) ? world_.acceptors[to] : nullptr;
    if (!host.empty()) proven[mine] = {host};
    if (peer == nullptr || (!host.empty() && std::ranges::find(peer->names_, host) == peer->names_.end())) {
      world_.at(world_.delay, [this, mine] { endpoint->on_close(mine, "refused", world_.now); });
      return mine;
    }
    const Address from{where_.ip, static_cast<std::uint16_t>(40000 + mine.value)};
    streams[mine].peer = {peer, theirs};
    peer->streams[theirs].peer = {this, mine};
    world_.at(world_.delay, [peer, listener, theirs, to, from] {
      peer->opened.push_back(theirs);
      peer->endpoint->on_open(theirs, listener, to, from, peer->world_.now);
    });
    return mine;
  }
  bool write(ConnectionId id, std::string&& bytes) override {
    if (stream_bytes_are_lost) return true;
    const auto at = streams.find(id);
    if (at == streams.end()) {
      written_to_nowhere.push_back(bytes);
      return true;  // the refusal is on its way
    }
    const auto [peer, theirs] = at->second.peer;
    written.push_back(bytes);
    world_.at(world_.delay, [peer, theirs, bytes] { peer->on_stream(theirs, bytes); });
    return true;
  }
  void close(ConnectionId id) override { break_off(id); }
  /// The connection ends for both sides.
  void break_off(ConnectionId id) {
    const auto [peer, theirs] = streams.at(id).peer;
    streams.erase(id);
    peer->streams.erase(theirs);
    endpoint->on_close(id, "closed", world_.now);
    peer->endpoint->on_close(theirs, "closed", world_.now);
  }
  void on_stream(ConnectionId id, const std::string& bytes) {
    const auto at = streams.find(id);
    if (at == streams.end()) return;
    at->second.framer->on_bytes(
        bytes, [&](std::string&& unit) { endpoint->on_stream_message(id, std::move(unit), world_.now); });
  }

  struct Stream {
    std::pair<Party*, ConnectionId> peer;
    std::unique_ptr<SipFramer> framer = std::make_unique<SipFramer>();
  };

  std::unique_ptr<Endpoint> endpoint;
  std::vector<TransactionId> servers;
  std::vector<sip::Message> requests;
  std::vector<Source> sources;
  std::vector<sip::Message> acks;
  std::vector<TransactionId> cancels;
  std::vector<Response> responses;
  std::vector<End> ends;
  std::vector<std::pair<std::uint64_t, std::vector<Hop>>> located;
  std::vector<ConnectionId> opened;
  std::vector<std::string> written, written_to_nowhere;
  std::vector<std::string> asked_for;                       // hosts of connect_tls()
  std::map<ConnectionId, std::vector<std::string>> proven;  // whom the far end has proven to be
  std::map<ConnectionId, Stream> streams;
  bool stream_bytes_are_lost = false;
  bool resolver_is_full = false;
  std::function<void(std::size_t)> when_request;
  std::function<void(const Response&)> when_response;
  std::function<void(std::uint64_t, std::span<const Hop>)> when_located;
  std::function<void()> when_ack;
  std::function<void(TransactionId)> when_cancel;

 private:
  void on_packet(const Packet& p) {
    endpoint->on_datagram(1, p.from, {reinterpret_cast<const std::uint8_t*>(p.bytes.data()), p.bytes.size()},
                          world_.now);
  }

  World& world_;
  Address where_;
  std::vector<std::string> names_;
};

}  // namespace junctor::transport
