#pragma once
// Who can be reached where (RFC 3261 §10). REGISTER in, a response out: at once when nothing changes, else when the
// store has the bindings. Bindings live in memory, loaded from the store before the first call, and expire by the timer
// wheel.
//
// One REGISTER of a user is worked on at a time; the next waits until the store has acknowledged it, so that each is
// judged by what is true and takes effect wholly or not at all (§10.3).
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/counters.hpp"
#include "base/ids.hpp"
#include "base/io.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/timer_wheel.hpp"
#include "registrar/authenticator.hpp"
#include "registrar/binding.hpp"
#include "registrar/update.hpp"
#include "sip/message.hpp"
#include "sip/uri.hpp"
#include "store/store.hpp"

namespace junctor::registrar {

struct RegistrarSettings : BindingLimits {
  std::vector<std::string> domains;    ///< served, in lower case; empty: any
  std::size_t waiting_max = 4'096;     ///< REGISTERs that wait for the store; beyond: 503
  std::uint32_t retry_after_secs = 5;  ///< told with 503
};

/// Where the response of a REGISTER goes that had to wait for the store.
class RegisterReplies {
 public:
  virtual ~RegisterReplies() = default;
  virtual void on_register_response(TransactionId transaction, sip::Message response, TimePoint now) = 0;
};

/// A user's way to be reached. Copies: good for as long as the caller likes.
struct Contact {
  std::string uri;                ///< the Request-URI for it
  std::vector<std::string> path;  ///< Route values to send by, in order (RFC 3327); empty: straight through `reach`
  Reach reach;
  bool flow_alive = true;  ///< false: its connection closed; reach it by resolving `uri`
  std::uint16_t q_milli = 1000;
  std::uint32_t expires_secs = 0;  ///< still to run
  std::string instance;
  std::uint32_t reg_id = 0;
  std::string user_agent;
};

/// A line of `junctor registrations`.
struct Registration {
  std::string user;
  Contact contact;
};

/// Counters: register_ok, register_expired, register_rejected, register_store_failed, register_overload.
class Registrar final : public store::AckTarget, public TimerTarget {
 public:
  /// Everything passed by reference outlives this.
  Registrar(RegistrarSettings settings, Authenticator& authenticator, store::Store& store, TimerWheel& timers,
            const WallClock& wall, RegisterReplies& replies, Random& random, Counters& counters);
  ~Registrar() override;
  Registrar(const Registrar&) = delete;
  Registrar& operator=(const Registrar&) = delete;

  /// Before the first call. How many bindings are alive; the error is one line.
  Result<std::size_t, std::string> load(TimePoint now);

  struct Outcome {
    std::optional<sip::Message> response;  ///< to send now; nothing: it comes through RegisterReplies
    bool failure = false;                  ///< to be counted against the source (Guard::on_failure)
  };
  /// A REGISTER request, once per transaction; `source` says how it came.
  Outcome on_request(TransactionId transaction, const sip::Message& request, const Reach& source, TimePoint now);

  /// Where the user can be reached, highest q first, latest registration first among equals. Empty: not registered.
  std::vector<Contact> lookup(std::string_view user, TimePoint now) const;
  bool is_registered(std::string_view user) const;
  std::size_t bindings() const { return count_; }
  /// Users with bindings; each has one timer pending.
  std::size_t registered_users() const { return registered_; }
  /// All of them, sorted by user, at most `limit`.
  std::vector<Registration> list(std::size_t limit, TimePoint now) const;

  /// A connection has closed: its bindings stay but are marked (Contact::flow_alive).
  void on_connection_closed(ConnectionId connection);

  /// Removes a user's bindings, after `user remove`.
  void forget(std::string_view user, TimePoint now);

  // store::AckTarget, TimerTarget
  void on_stored(std::uint64_t token, bool ok, TimePoint now) override;
  void on_timer(std::uint64_t token, TimePoint now) override;

 private:
  struct Waiting {
    TransactionId transaction;
    sip::Message request;
    Reach source;
  };
  /// A user with bindings, or with a REGISTER under way.
  struct Entry {
    std::vector<Binding> bindings;  // latest registration last
    TimerId expiry;                 // of the binding that expires first
    std::uint64_t pending = 0;      // token of the write under way; 0: none
    std::uint32_t slot = 0;         // names the entry in timer tokens
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;
  using Node = Entries::value_type;  // stays where it is until erased
  /// What the store is asked to keep, and what follows when it has.
  struct Pending {
    Node* node = nullptr;
    TransactionId transaction;
    sip::Message request;
    Update update;
    std::deque<Waiting> waiting;  // later REGISTERs of the same user, authenticated
    bool forgotten = false;       // the user was removed meanwhile
  };

  void add_tag(sip::Message& response);
  bool serves(const std::optional<sip::Uri>& uri) const;
  Outcome refuse(const sip::Message& request, int status, std::string_view reason = {});
  sip::Message make_response(const sip::Message& request, int status, std::string_view reason = {});
  sip::Message unavailable(const sip::Message& request);
  sip::Message success(const sip::Message& request, const Entry& entry, TimePoint now);
  /// Nothing: the store is asked first.
  std::optional<sip::Message> process(Node& node, TransactionId transaction, const sip::Message& request,
                                      const Reach& source, TimePoint now);
  sip::Message finish(Pending& pending, bool ok, TimePoint now);

  Node& node_of(std::string_view user);
  void erase_if_empty(Node& node);
  void change(Node& node, Update update, TimePoint now);
  void arm(Node& node, TimePoint now);

  RegistrarSettings settings_;
  Authenticator& authenticator_;
  store::Store& store_;
  TimerWheel& timers_;
  const WallClock& wall_;
  RegisterReplies& replies_;
  Random& random_;
  Counter& ok_;
  Counter& expired_;
  Counter& rejected_;
  Counter& store_failed_;
  Counter& overload_;

  Entries users_;
  std::vector<Node*> slots_;  // by Entry::slot; null when free
  std::vector<std::uint32_t> free_slots_;
  std::size_t count_ = 0;       // bindings
  std::size_t registered_ = 0;  // users with bindings
  /// Which users have bindings over a connection.
  std::set<std::pair<ConnectionId, std::uint32_t>> flows_;
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::uint64_t last_token_ = 0;
  std::size_t waiting_ = 0;  // in all Pending::waiting
};

}  // namespace junctor::registrar
