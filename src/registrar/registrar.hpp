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
#include <string>
#include <string_view>
#include <unordered_map>
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
#include "sip/message.hpp"
#include "store/store.hpp"

namespace junctor::registrar {

struct RegistrarSettings {
  std::vector<std::string> domains;  ///< served; empty: any
  std::uint32_t expires_default_secs = 3600;
  std::uint32_t expires_min_secs = 60;    ///< shorter: 423 (RFC 3261 §10.2.8)
  std::uint32_t expires_max_secs = 7200;  ///< longer is shortened
  std::size_t contacts_max = 10;          ///< per user; one more is answered 403
  std::size_t waiting_max = 4'096;        ///< REGISTERs waiting for the store; beyond: 503
  std::uint32_t retry_after_secs = 5;     ///< told with 503
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

/// Counters: register_ok, register_removed, register_expired, register_rejected, register_store_failed,
/// register_overload.
class Registrar final : public store::AckTarget, public TimerTarget {
 public:
  /// Everything passed by reference outlives this.
  Registrar(RegistrarSettings settings, Authenticator& authenticator, store::Store& store, TimerWheel& timers,
            const WallClock& wall, RegisterReplies& replies, Random& random, Counters& counters);

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
  bool is_registered(std::string_view user) const { return users_.contains(user); }
  std::size_t bindings() const { return count_; }
  std::size_t registered_users() const { return users_.size(); }
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
    std::vector<Binding> bindings;
    TimerId expiry;             // of the binding that expires first
    std::uint64_t pending = 0;  // token of the write under way; 0: none
    std::uint32_t number = 0;   // names the entry in timer tokens
  };
  struct Pending {
    std::string user;
    TransactionId transaction;
    sip::Message response;  // without Contacts yet
    store::UpdateBindings update;
    std::vector<Binding> put;
    std::deque<Waiting> waiting;  // later REGISTERs of the same user, authenticated
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;

  std::optional<sip::Message> process(TransactionId, const sip::Message&, std::string_view user, const Reach&,
                                      TimePoint);

  RegistrarSettings settings_;
  Authenticator& authenticator_;
  store::Store& store_;
  TimerWheel& timers_;
  const WallClock& wall_;
  RegisterReplies& replies_;
  Random& random_;
  Entries users_;
  std::size_t count_ = 0;
};

}  // namespace junctor::registrar
