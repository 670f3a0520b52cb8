#pragma once
// All server transactions: found by key, driven by the timer wheel. A transaction that only lingers keeps its key, the
// way back and, where it may still be needed, the last response.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/flat_map.hpp"
#include "base/random.hpp"
#include "base/timer_wheel.hpp"
#include "sip/headers.hpp"
#include "sip/message.hpp"
#include "transaction/hop.hpp"
#include "transaction/invite_server.hpp"
#include "transaction/key.hpp"
#include "transaction/linger_queue.hpp"
#include "transaction/non_invite_server.hpp"
#include "transaction/reliable_provisionals.hpp"
#include "transaction/slots.hpp"
#include "transaction/timers.hpp"

namespace junctor::transaction {

/// How an INVITE server transaction ended, or what went wrong in it.
enum class ServerEnd : std::uint8_t {
  acked,        ///< the ACK for a 3xx-6xx came
  ack_missing,  ///< neither ACK (for 3xx-6xx) nor acked() (for 2xx) came in 64*T1: after a 2xx, send BYE (§13.3.1.4)
  /// No PRACK in 64*T1 (RFC 3262 §3): answer the INVITE with a 5xx. The transaction goes on.
  provisional_unacknowledged,
  done,  ///< answered by 2xx, acked() and now forgotten
};

class ServerEvents {
 public:
  virtual ~ServerEvents() = default;
  /// `back` is what open() was given. Must not call Servers, except for set_back().
  virtual void send_response(TransactionId id, const Hop& back, std::string_view bytes, TimePoint now) = 0;
  virtual void on_server_end(TransactionId id, ServerEnd why, TimePoint now) = 0;
};

class Servers final : public TimerTarget {
 public:
  /// Room for `expected` transactions is made at once, so that no look-up table grows in the middle of work.
  Servers(const Timers& times, TimerWheel& wheel, Random& random, const Keys& keys, ServerEvents& events,
          std::size_t expected);
  ~Servers() override;

  // --- requests ---
  /// The transaction with that key; none if there is none.
  TransactionId find(const Key& key) const;
  /// Another live transaction has the same request (§8.2.2.2). Only ask when find() found none.
  bool is_merged(const sip::Message& request) const;
  TransactionId open(const sip::Message& request, const Key& key, const Hop& back);
  void on_retransmission(TransactionId id, TimePoint now);
  /// True if the ACK belongs to a non-2xx and goes no further.
  bool on_ack(TransactionId id, TimePoint now);
  bool is_unanswered_invite(TransactionId id) const;
  /// Some response was sent, or the transaction is gone.
  bool has_response(TransactionId id) const;

  // --- responses ---
  void respond(TransactionId id, const sip::Message& response, TimePoint now);
  /// False if it was refused: not an INVITE, already answered, or too many wait.
  bool respond_reliably(TransactionId id, sip::Message provisional, TimePoint now);
  bool on_prack(TransactionId id, const sip::RAck& rack, TimePoint now);
  void acked(TransactionId id, TimePoint now);
  /// From now on responses go this way: its connection was replaced.
  void set_back(TransactionId id, const Hop& back);

  std::size_t invites() const { return invites_; }
  std::size_t non_invites() const { return slots_.size() - invites_; }
  std::size_t size() const { return slots_.size(); }

 private:
  struct Server {
    Key key;
    Key merged;  // zero: not among the merged
    Hop back;
    std::variant<NonInviteServer, InviteServer> machine = NonInviteServer(false);
    std::string response;  // the last one sent
    std::unique_ptr<ReliableProvisionals> reliable;
    TimerId timer;
    std::uint32_t cseq = 0;
    bool queued = false;  // in a linger queue
  };

  void on_timer(std::uint64_t token, TimePoint now) override;
  void wake(TransactionId id, TimePoint now);
  void wake_reliable(TransactionId id, Server& server, TimePoint now);
  void apply(TransactionId id, Server& server, const Step& step, TimePoint now);
  void settle(TransactionId id, Server& server, TimePoint now);
  void linger(TransactionId id, Server& server, TimePoint until);
  void forget_merged(Server& server);
  void close(TransactionId id, Server& server);

  const Timers& times_;
  TimerWheel& wheel_;
  Random& random_;
  const Keys& keys_;
  ServerEvents& events_;
  Slots<Server> slots_{0};
  FlatMap<Key, TransactionId, KeyHash> by_key_;
  FlatMap<Key, TransactionId, KeyHash> by_merged_;
  LingerQueue long_linger_;   // 64*T1: timers J and L
  LingerQueue short_linger_;  // T4: timer I
  std::size_t invites_ = 0;
};

}  // namespace junctor::transaction
