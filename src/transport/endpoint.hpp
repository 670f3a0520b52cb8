#pragma once
// Endpoint: the face of transport and transaction for everybody above. Bytes and time in; requests and responses to a
// TransactionUser, bytes to sockets out. One per hub, on the control thread; no call blocks.
//
// Received:  on_datagram / on_stream_message → parse → Via received/rport → our Route removed → transaction
//            (retransmission? ACK? CANCEL? merged?) → overload, Max-Forwards → TransactionUser
// Sent:      send_request → hops (RFC 3263) → Via, transaction → socket;  respond → transaction → the way it came
//
// A callback may call any function here; a TransactionId that is gone is ignored by every function.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/counters.hpp"
#include "base/ids.hpp"
#include "base/io.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_wheel.hpp"
#include "base/tls.hpp"
#include "sip/headers.hpp"
#include "sip/message.hpp"
#include "transaction/servers.hpp"
#include "transaction/timers.hpp"
#include "transport/advertise.hpp"
#include "transport/hop.hpp"
#include "transport/observer.hpp"
#include "transport/resolver.hpp"

namespace junctor::transport {

using transaction::ServerEnd;

/// Who made a response that a TransactionUser sees.
enum class Origin : std::uint8_t {
  peer,       ///< it came over the wire
  timeout,    ///< made here, 408: nobody answered (timers B, F)
  transport,  ///< made here, 503: no hop could be reached, the connection broke, or the name has no address
  cancelled,  ///< made here, 487: cancelled before anything was sent
};

/// Implemented by the hub's dispatcher. Messages are only valid during the call.
class TransactionUser {
 public:
  virtual ~TransactionUser() = default;
  /// Every new request but ACK and CANCEL, in-dialog ones too. `id` is the server transaction, which respond() answers;
  /// an INVITE that was not answered during this call gets a 100 right after it.
  virtual void on_request(TransactionId id, const sip::Message& request, const Source& source, TimePoint now) = 0;
  /// The ACK for a 2xx, which travels end to end.
  virtual void on_ack(const sip::Message& ack, const Source& source, TimePoint now) = 0;
  /// The INVITE is still unanswered; the CANCEL itself has got its 200. Answer the INVITE with 487.
  virtual void on_cancel(TransactionId invite, const sip::Message& cancel, TimePoint now) = 0;
  /// 1xx except 100, every 2xx of an INVITE (retransmitted and forked ones too, until 64*T1 after the first), and one
  /// final. Exactly one final per send_request() unless several 2xx come. Failures are responses too, see Origin.
  virtual void on_response(TransactionId id, std::uint64_t owner, const sip::Message& response, Origin origin,
                           TimePoint now) = 0;
  /// INVITE server transactions only: exactly one of acked, ack_missing and done; provisional_unacknowledged besides.
  virtual void on_server_end(TransactionId id, ServerEnd why, TimePoint now) = 0;
  /// The answer to locate() that was not known at once; no hops: the name cannot be resolved.
  virtual void on_located(std::uint64_t owner, std::span<const Hop> hops, TimePoint now) = 0;
};

/// Live things by kind: all zero when nothing is going on.
struct Live {
  std::size_t invite_client = 0;
  std::size_t non_invite_client = 0;
  std::size_t invite_server = 0;
  std::size_t non_invite_server = 0;
  std::size_t locating = 0;  ///< requests and ACKs that wait for DNS

  std::size_t total() const { return invite_client + non_invite_client + invite_server + non_invite_server + locating; }
};

struct EndpointSettings {
  transaction::Timers timers;
  std::size_t server_transactions_max = 400'000;  ///< lingering ones included; above it new work gets 503
  std::size_t client_transactions_max = 400'000;  ///< above it send_request() answers a local 503
  std::size_t names_max = 10'000;                 ///< DNS cache entries
  std::size_t datagram_bytes_max = 65'535;
  std::size_t udp_request_bytes_max = 1'300;  ///< larger requests try TCP first (RFC 3261 §18.1.1)
  std::vector<std::string> host_names;        ///< names that are us, in a Route or Request-URI (domains, our DNS names)
  std::string server;                         ///< Server header of responses made here; empty: none
  std::string branch_prefix;                  ///< of our Via branches, after the cookie: the node's prefix
  std::size_t transactions_expected = 100'000;  ///< look-up tables are made this large at once
};

/// What an Endpoint is built from; all outlive it.
struct EndpointParts {
  TimerWheel& timers;
  Random& random;
  Counters& counters;
  DatagramSender& datagrams;
  StreamSender& streams;
  Resolver& resolver;
  TlsSender* tls = nullptr;  ///< none: TLS connections are only ever those that a peer opened
};

class Endpoint {
 public:
  Endpoint(EndpointSettings settings, EndpointParts parts, Advertise advertise, TransactionUser& user);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // --- from the outside ---------------------------------------------------------------------------------------------
  void on_datagram(ListenerIndex listener, const Address& from, std::span<const std::uint8_t> bytes, TimePoint now);
  /// A connection that a peer opened to `listener`. Those that we open are known from StreamSender::connect.
  void on_open(ConnectionId connection, ListenerIndex listener, const Address& local, const Address& remote,
               TimePoint now);
  /// One unit of SipFramer: a message or "\r\n\r\n".
  void on_stream_message(ConnectionId connection, std::string&& bytes, TimePoint now);
  void on_close(ConnectionId connection, std::string_view reason, TimePoint now);
  void on_resolved(QueryId query, const Answer& answer, TimePoint now);

  // --- requests -----------------------------------------------------------------------------------------------------
  /// Sends any request but ACK and CANCEL. Adds the top Via (a fresh branch per hop); adds Max-Forwards 70 if there is
  /// none. `owner` comes back with each response. Fails over to the next hop on transport error, on timeout before any
  /// response, and on 503; the user sees only the last hop's failure. Never calls back before it returned.
  TransactionId send_request(sip::Message request, Target target, std::uint64_t owner, TimePoint now);
  /// Cancels an INVITE in any state (RFC 3261 §9.1): waits for the first provisional response; a no-op after a final
  /// one. `reason` becomes a Reason header (RFC 3326) if not empty. The final response still comes by on_response: 487,
  /// a crossing 2xx (ACK and BYE it), or a local 408 when nothing comes in 64*T1.
  void cancel(TransactionId invite, TimePoint now, std::string_view reason = {});
  /// The ACK for a 2xx: stateless; call again for each retransmitted 2xx.
  void send_ack(sip::Message ack, Target target, TimePoint now);
  /// Where `target` leads, so that Contact and SDP can be chosen before the request is built: at once when no DNS is
  /// needed, else nothing, and on_located(owner, …) follows. Send to Target{hops, {}} then.
  std::optional<std::vector<Hop>> locate(const Target& target, std::uint64_t owner, TimePoint now);
  /// Where the request of a live client transaction went last; nothing while it is not sent.
  std::optional<Hop> hop_of(TransactionId client) const;

  // --- responses ----------------------------------------------------------------------------------------------------
  /// Provisional or final. A 2xx of an INVITE is retransmitted until acked(); 3xx-6xx until the ACK came. A second
  /// final is ignored. Goes back by received/rport or the same connection, else by RFC 3263 §5.
  void respond(TransactionId server, sip::Message response, TimePoint now);
  /// A provisional (101-199) of an INVITE, reliably (RFC 3262): Require: 100rel and RSeq are added here; retransmitted
  /// until on_prack(). While one is unacknowledged further ones wait in line.
  void respond_reliably(TransactionId invite, sip::Message provisional, TimePoint now);
  /// True when it acknowledges the outstanding provisional (answer the PRACK 200, else 481).
  bool on_prack(TransactionId invite, const sip::RAck& rack, TimePoint now);
  /// The ACK for the 2xx reached its dialog: no more retransmissions.
  void acked(TransactionId invite, TimePoint now);

  // --- the rest -----------------------------------------------------------------------------------------------------
  /// While set, new requests outside dialogs get 503 with this Retry-After, statelessly; BYE, CANCEL, ACK and in-dialog
  /// requests never do.
  void set_overload(std::optional<seconds> retry_after);
  /// Carriers write addresses into Contact and Record-Route, and have certificates for names: toward these addresses the
  /// far end of a TLS connection has to prove to be that host (a name of the configuration, resolved by locate()).
  void set_hosts(std::unordered_map<IpAddress, std::string> hosts);
  /// nullptr: nobody looks.
  void set_observer(MessageObserver* observer);
  const Advertise& advertise() const;
  Live live() const;

 private:
  std::unique_ptr<class EndpointCore> core_;
};

}  // namespace junctor::transport
