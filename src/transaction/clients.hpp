#pragma once
// All client transactions: a request on its way to one hop, its retransmissions, its ACK (for a non-2xx) and its
// CANCEL. The id stays the same when the request is started again toward another hop. After its final response a
// transaction keeps its key and, for a non-2xx to an INVITE, the ACK.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/flat_map.hpp"
#include "base/timer_wheel.hpp"
#include "sip/message.hpp"
#include "transaction/hop.hpp"
#include "transaction/invite_client.hpp"
#include "transaction/key.hpp"
#include "transaction/linger_queue.hpp"
#include "transaction/non_invite_client.hpp"
#include "transaction/slots.hpp"
#include "transaction/timers.hpp"

namespace junctor::transaction {

enum class Failure : std::uint8_t {
  timeout,      ///< timers B, F, or a cancelled INVITE without an answer
  transport,    ///< it could not be sent, or its connection broke before any response
  unavailable,  ///< 503, and may_fail_over() was true
};

class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  /// False: it cannot be sent. Must not call Clients.
  virtual bool send_request(TransactionId id, const Hop& hop, std::string_view bytes, TimePoint now) = 0;
  /// Whether a 503 shall become on_failure(unavailable) instead of a response. Must not call Clients.
  virtual bool may_fail_over(TransactionId id) const = 0;
  /// What the machine passes up.
  virtual void on_response(TransactionId id, std::uint64_t owner, const sip::Message& response, TimePoint now) = 0;
  /// The attempt is over; the request is kept. Call start() with another hop, or close(). `responded`: a provisional
  /// response had come.
  virtual void on_failure(TransactionId id, Failure why, bool responded, TimePoint now) = 0;
};

class Clients final : public TimerTarget {
 public:
  /// Room for `expected` transactions is made at once, so that no look-up table grows in the middle of work.
  Clients(const Timers& times, TimerWheel& wheel, const Keys& keys, ClientEvents& events, std::size_t expected);
  ~Clients() override;

  /// Takes a request that has no Via of ours yet; nothing is sent before start().
  TransactionId open(sip::Message request, std::uint64_t owner);
  /// Sends it to `hop` with this top Via, whose branch is `branch`. Never calls back before it returned.
  void start(TransactionId id, const Hop& hop, std::string_view via, std::string_view branch, TimePoint now);
  /// Forgets a transaction that is not started or has failed.
  void close(TransactionId id);
  /// The request of a transaction without a final response; nullptr otherwise.
  const sip::Message* request(TransactionId id) const;
  std::uint64_t owner(TransactionId id) const;
  /// The hop of a started transaction; nullptr otherwise.
  const Hop* hop(TransactionId id) const;

  /// False if it belongs to none.
  bool on_response(const sip::Message& response, TimePoint now);
  /// The hop's connection is gone: fails what has no response yet. Others may still get theirs by another connection.
  void on_connection_lost(TransactionId id, TimePoint now);

  enum class Cancelled : std::uint8_t { ignored, unsent, waits, sent };
  /// unsent: the request was never started; close() it. waits: the CANCEL follows the first provisional response.
  Cancelled cancel(TransactionId id, std::string_view reason, TimePoint now);
  bool is_cancelled(TransactionId id) const;

  std::size_t invites() const { return invites_; }
  std::size_t non_invites() const { return slots_.size() - invites_; }
  std::size_t size() const { return slots_.size(); }

 private:
  /// What is needed until the final response.
  struct Active {
    sip::Message request;
    std::string cancel_reason;
    bool has_via = false;
    bool responded = false;
    bool cancel_wanted = false;
    bool failed_to_send = false;
  };
  struct Client {
    Key key;
    std::uint64_t owner = 0;
    Hop hop;
    std::variant<std::monostate, InviteClient, NonInviteClient> machine;  // monostate: not started, or failed
    std::unique_ptr<Active> active;
    std::string bytes;  // the request as sent; after a non-2xx to an INVITE, the ACK
    TimerId timer;
    bool invite = false;
    bool internal = false;  // a CANCEL, or what is left of an attempt that failed over: nobody is told
    bool queued = false;    // in a linger queue
  };

  void on_timer(std::uint64_t token, TimePoint now) override;
  void wake(TransactionId id, TimePoint now);
  void send(TransactionId id, Client& client, TimePoint now);
  void fail(TransactionId id, Client& client, Failure why, TimePoint now);
  void fail_over(TransactionId id, Client& client, TimePoint now);
  void send_cancel(TransactionId id, Client& client, TimePoint now);
  void settle(TransactionId id, Client& client, TimePoint now);
  void linger(TransactionId id, Client& client, TimePoint until);
  void erase(TransactionId id, Client& client);

  const Timers& times_;
  TimerWheel& wheel_;
  const Keys& keys_;
  ClientEvents& events_;
  Slots<Client> slots_{1};
  FlatMap<Key, TransactionId, KeyHash> by_key_;
  LingerQueue long_linger_;   // 64*T1: timers D and M
  LingerQueue short_linger_;  // T4: timer K
  std::size_t invites_ = 0;
};

}  // namespace junctor::transaction
