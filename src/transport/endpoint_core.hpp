#pragma once
// The inside of Endpoint. What belongs together stands in one file each: endpoint_receive.cpp, endpoint_requests.cpp,
// endpoint_responses.cpp.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "transaction/clients.hpp"
#include "transaction/key.hpp"
#include "transaction/servers.hpp"
#include "transport/arrival.hpp"
#include "transport/connections.hpp"
#include "transport/endpoint.hpp"
#include "transport/locator.hpp"
#include "transport/names.hpp"
#include "transport/outbox.hpp"

namespace junctor::transport {

class EndpointCore final : transaction::ServerEvents, transaction::ClientEvents, LocatorEvents, TimerTarget {
 public:
  EndpointCore(EndpointSettings settings, const EndpointParts& parts, Advertise advertise, TransactionUser& user);
  ~EndpointCore() override;
  EndpointCore(const EndpointCore&) = delete;
  EndpointCore& operator=(const EndpointCore&) = delete;

  // --- received: endpoint_receive.cpp ---
  void on_datagram(ListenerIndex listener, const Address& from, std::span<const std::uint8_t> bytes, TimePoint now);
  void on_open(ConnectionId id, ListenerIndex listener, const Address& local, const Address& remote);
  void on_stream_message(ConnectionId id, std::string&& bytes, TimePoint now);
  void on_close(ConnectionId id, TimePoint now);

  // --- requests: endpoint_requests.cpp ---
  TransactionId send_request(sip::Message&& request, Target&& target, std::uint64_t owner, TimePoint now);
  void cancel(TransactionId invite, std::string_view reason, TimePoint now);
  void send_ack(sip::Message&& ack, Target&& target, TimePoint now);
  std::optional<std::vector<Hop>> locate(const Target& target, std::uint64_t owner, TimePoint now);

  // --- responses: endpoint_responses.cpp ---
  void respond_reliably(TransactionId invite, sip::Message&& provisional, TimePoint now);

  Live live() const;

  // What Endpoint reaches through to.
  EndpointSettings settings;
  Advertise advertise;
  std::optional<seconds> overload;
  Connections connections;
  Outbox outbox;
  transaction::Keys keys;
  Names names;
  Locator locator;
  transaction::Servers servers;
  transaction::Clients clients;

 private:
  /// The hops of a request that has more than one way to go.
  struct Outgoing {
    std::vector<Hop> hops;  // [0, next) had their turn
    std::size_t next = 0;
    std::string uri;                  // not yet resolved; empty: none
    Origin last = Origin::transport;  // what is told when nothing is left
    std::optional<Hop> over_stream;   // tried over TCP for its size; the next hop is the same over UDP
  };
  struct WaitingAck {
    sip::Message ack;
  };
  struct WaitingOwner {
    std::uint64_t owner = 0;
  };
  struct WaitingResponse {
    std::string bytes;
  };
  using Waiting = std::variant<WaitingAck, WaitingOwner, WaitingResponse>;
  struct Failed {
    TransactionId id;
    Origin origin = Origin::transport;
  };
  struct Counts {
    explicit Counts(Counters& counters);
    std::array<Counter*, sip::parse_error_count> malformed;
    Counter& received;
    Counter& keepalives;
    Counter& too_large;
    Counter& stray_response;
    Counter& stray_ack;
    Counter& no_connection;
    Counter& table_full;
    Counter& refused_overload;
    Counter& merged;
    Counter& too_many_hops;
    Counter& undeliverable_response;
    Counter& undeliverable_ack;
    Counter& provisional_refused;
  };

  // received
  void on_bytes(std::string&& bytes, const Source& source, TimePoint now);
  void on_malformed(const sip::Message& answerable, const sip::ParseError& error, const Source& source, TimePoint now);
  void on_request(sip::Message&& request, const Source& source, TimePoint now);
  void on_ack(sip::Message&& ack, const transaction::Key& key, const Source& source, TimePoint now);
  void on_cancel(const sip::Message& cancel, const transaction::Key& key, const Source& source, TimePoint now);
  int refusal(const sip::Message& request) const;
  void note_alias(const sip::Message& request, const Source& source);
  /// Answers without keeping state.
  void refuse(const sip::Message& request, int status, std::string_view reason, const transaction::Key& key,
              const Source& source, TimePoint now);

  // requests
  void next_hop(TransactionId id, TimePoint now);
  bool had_its_turn(const Outgoing& outgoing, const Hop& hop);
  bool launch(TransactionId id, Outgoing& outgoing, const Hop& hop, TimePoint now);
  void start(TransactionId id, const Hop& hop, TimePoint now);
  std::string new_branch();
  std::string via_for(const Hop& hop, std::string_view branch) const;
  bool prefers_stream(const Outgoing& outgoing, const Hop& hop, const sip::Message& request, TimePoint now) const;
  void remember_no_stream(const Hop& hop, TimePoint now);
  void send_ack_to(sip::Message& ack, const std::vector<Hop>& hops, TimePoint now);
  void fail_later(TransactionId id, Origin origin, TimePoint now);
  void report(TransactionId id, Origin origin, TimePoint now);
  bool has_more(TransactionId id) const;

  // responses
  void redirect_response(TransactionId id, const Hop& back, std::string_view bytes, TimePoint now);
  void locate_for_response(std::string bytes, TimePoint now);
  void send_response_to(const std::string& bytes, const std::vector<Hop>& hops, TimePoint now);

  // transaction::ServerEvents
  void send_response(TransactionId id, const Hop& back, std::string_view bytes, TimePoint now) override;
  void on_server_end(TransactionId id, ServerEnd why, TimePoint now) override;
  // transaction::ClientEvents
  bool send_request(TransactionId id, const Hop& hop, std::string_view bytes, TimePoint now) override;
  bool may_fail_over(TransactionId id) const override;
  void on_response(TransactionId id, std::uint64_t owner, const sip::Message& response, TimePoint now) override;
  void on_failure(TransactionId id, transaction::Failure why, bool responded, TimePoint now) override;
  // LocatorEvents, TimerTarget
  void on_hops(std::uint64_t token, std::vector<Hop> hops, TimePoint now) override;
  void on_timer(std::uint64_t token, TimePoint now) override;

  TimerWheel& timers_;
  Random& random_;
  Counts counts_;
  TransactionUser& user_;
  Ourselves ourselves_;
  std::unordered_map<TransactionId, Outgoing> outgoing_;
  std::unordered_map<std::uint64_t, Waiting> waiting_;  // by locator token
  std::uint64_t last_token_ = 0;                        // below 2^63; a request's token is its id, which is above
  std::vector<Failed> failed_;                          // to be reported in the next tick
  TimerId failed_timer_;
  std::unordered_map<Address, TimePoint> no_stream_;  // hosts that take no TCP, until when
};

}  // namespace junctor::transport
