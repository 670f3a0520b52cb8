// Any bytes, as datagrams and on a connection, leave nothing behind: once every request is answered and the timers have
// run out, no transaction and no timer is left. Pieces are separated by 0xff; the byte after it says how each arrives.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "transport/endpoint.hpp"

namespace {

using namespace junctor;
using namespace junctor::transport;

struct Outside final : Random, DatagramSender, StreamSender, Resolver {
  std::uint64_t next() override { return state = state * 6364136223846793005u + 1442695040888963407u; }
  bool send(std::uint64_t, const Address&, std::span<const std::uint8_t>) override { return true; }
  ConnectionId connect(const Address&) override { return {++connections}; }
  bool write(ConnectionId, std::string&&) override { return true; }
  void close(ConnectionId) override {}
  bool start(QueryId, RecordType, std::string_view) override { return false; }

  std::uint64_t state = 1;
  std::uint64_t connections = 100;
};

struct User final : TransactionUser {
  void on_request(TransactionId id, const sip::Message& request, const Source&, TimePoint now) override {
    const int status = 180 + static_cast<int>(request.call_id().size() % 4) * 100;
    endpoint->respond(id, sip::Message::response(request, status), now);
    if (status < 200) waiting.push_back({id, request});
  }
  void on_ack(const sip::Message&, const Source&, TimePoint) override {}
  void on_cancel(TransactionId, const sip::Message&, TimePoint) override {}
  void on_response(TransactionId, std::uint64_t, const sip::Message&, Origin, TimePoint) override { ++responses; }
  void on_server_end(TransactionId, ServerEnd, TimePoint) override {}
  void on_located(std::uint64_t, std::span<const Hop>, TimePoint) override {}

  struct Waiting {
    TransactionId id;
    sip::Message request;
  };
  Endpoint* endpoint = nullptr;
  std::vector<Waiting> waiting;
  int responses = 0;
};

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  TimePoint now{seconds(1000)};
  TimerWheel timers(now);
  Counters counters;
  Outside outside;
  User user;
  const Address local = *Address::parse("192.0.2.1:5060"), remote = *Address::parse("192.0.2.9:5060");
  EndpointSettings settings;
  settings.transactions_expected = 16;
  settings.host_names = {"example.com"};
  Endpoint endpoint(
      settings, {timers, outside, counters, outside, outside, outside},
      Advertise({}, {{1, Protocol::udp, local}, {2, Protocol::tcp, local}}, [&](const IpAddress&) { return local.ip; }),
      user);
  user.endpoint = &endpoint;
  constexpr ConnectionId connection{1};
  endpoint.on_open(connection, 2, local, remote, now);
  sip::Message invite = sip::Message::request(sip::Method::invite, "sip:bob@192.0.2.9");
  invite.add(sip::HeaderId::from, "<sip:alice@example.com>;tag=1");
  invite.add(sip::HeaderId::to, "<sip:bob@192.0.2.9>");
  invite.add(sip::HeaderId::call_id, "c");
  invite.add(sip::HeaderId::cseq, "1 INVITE");
  const TransactionId sent = endpoint.send_request(invite, Target::to_uri("sip:192.0.2.9"), 1, now);

  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\xff');
    const std::string_view piece = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (piece.empty()) continue;
    const auto how = static_cast<unsigned char>(piece.front());
    const std::string_view bytes = piece.substr(1);
    if (how % 2 == 0) {
      endpoint.on_datagram(1, remote, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, now);
    } else {
      endpoint.on_stream_message(connection, std::string(bytes), now);
    }
    if (how % 16 == 3) endpoint.on_close(connection, "closed", now);
    now += milliseconds(how);
    timers.advance(now);
  }
  endpoint.cancel(sent, now);
  for (const User::Waiting& w : user.waiting) endpoint.respond(w.id, sip::Message::response(w.request, 500), now);
  for (int second = 0; second < 120; ++second) timers.advance(now += seconds(1));
  require(endpoint.live().total() == 0);
  require(timers.pending() == 0);
  require(user.responses >= 1);
  return 0;
}
