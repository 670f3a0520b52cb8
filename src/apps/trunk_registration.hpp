#pragma once
// Trunks that we register at (RFC 3261 §10.2): each by itself, with its own timers, so that a dead one delays no other.
// Messages and time in, messages out; what the operator sees is a value.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/counters.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_wheel.hpp"
#include "sip/client_digest.hpp"
#include "transport/endpoint.hpp"

namespace junctor::apps {

/// What is to be registered.
struct TrunkAccount {
  std::string trunk;
  std::string domain;     ///< of the address of record: the host as configured, without its port
  std::string registrar;  ///< URI where REGISTER goes: "sip:host:port;transport=tls"
  sip::digest::Account account;
  seconds expires{600};  ///< asked for

  bool operator==(const TrunkAccount& o) const {
    return trunk == o.trunk && domain == o.domain && registrar == o.registrar && expires == o.expires &&
           account.username == o.account.username && account.password == o.account.password;
  }
};

enum class RegistrationState : std::uint8_t { registering, registered, failed };
std::string_view to_string(RegistrationState state);

struct RegistrationFacts {
  RegistrationState state = RegistrationState::registering;
  std::string reason;                 ///< why the last REGISTER failed; empty: it did not
  std::optional<TimePoint> next_try;  ///< after a failure
  std::optional<TimePoint> expires;   ///< of what the registrar has granted
};

class TrunkRegistrations final : public TimerTarget {
 public:
  /// After a failure: 5 s, then twice as long each time, 5 min at most, each within a fifth more or less. After an
  /// account that is not taken, and after 403 and 404, at once the longest. Retry-After goes before that, to an hour.
  static constexpr Duration retry_first = seconds(5), retry_longest = minutes(5), retry_after_longest = hours(1);
  static constexpr seconds expires_longest{86'400};

  struct Parts {
    transport::Endpoint& endpoint;
    TimerWheel& timers;
    Random& random;
    Counters& counters;
    Log& log;
    sip::digest::HashFunctions hashes;
    std::string product;  ///< User-Agent
  };

  explicit TrunkRegistrations(Parts parts);
  ~TrunkRegistrations() override;

  /// Those that are new or different register at once; those that are gone unregister.
  void set_accounts(std::vector<TrunkAccount> accounts, TimePoint now);
  /// Unregisters everywhere, and goes on until all have answered or given up.
  void stop(TimePoint now);
  /// How many of them have not answered yet.
  std::size_t leaving() const { return leaving_.size(); }

  /// Nothing: this trunk is not registered by us.
  std::optional<RegistrationFacts> find(std::string_view trunk, TimePoint now) const;
  /// The trunk whose Contact has this user, which nobody can guess; empty: none.
  std::string_view trunk_of_contact(std::string_view user) const;

  /// What the endpoint tells. `owner` is one of ours.
  static bool is_owner(std::uint64_t owner) { return (owner & owner_bit) != 0; }
  void on_response(std::uint64_t owner, TransactionId id, const sip::Message& response, transport::Origin origin,
                   TimePoint now);
  void on_located(std::uint64_t owner, std::span<const transport::Hop> hops, TimePoint now);
  void on_timer(std::uint64_t token, TimePoint now) override;

  /// Timers that run although nothing goes on.
  std::size_t standing_timers() const;

 private:
  /// Owners of legs are counters, and never get there.
  static constexpr std::uint64_t owner_bit = std::uint64_t{1} << 62;
  static constexpr int requests_max = 8;  ///< for one registration, until it counts as failed

  struct Registration {
    std::uint64_t number = 0;
    TrunkAccount wanted;
    std::string contact_user, call_id, from_tag;
    std::uint32_t cseq = 0;
    seconds expires{};  // asked for; more than wanted when the registrar found that too brief
    sip::ClientDigest digest;
    std::vector<transport::Hop> hops;
    bool locating = false;
    TransactionId open;  // the REGISTER that waits for its answer
    int requests = 0;    // of this attempt
    bool leaving = false;
    bool farewell = false;  // the open REGISTER takes our Contact back
    int failures = 0;       // one after the other
    TimerId timer;
    RegistrationFacts facts;
  };

  struct Factor {
    double value = 1;
    friend Duration operator*(Duration time, Factor factor) {
      return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(time) * factor.value);
    }
  };

  Registration* find_number(std::uint64_t number);
  void begin(Registration& registration, TimePoint now);
  void leave(std::unique_ptr<Registration> registration, TimePoint now);
  void send(Registration& registration, TimePoint now);
  void on_success(Registration& registration, const sip::Message& response, TimePoint now);
  void on_refusal(Registration& registration, const sip::Message& response, transport::Origin origin, TimePoint now);
  void on_challenge(Registration& registration, const sip::Message& response, TimePoint now);
  void give_up(Registration& registration, std::string reason, Duration wait, TimePoint now);
  Duration usual_wait(const Registration& registration);
  void schedule(Registration& registration, TimePoint at);
  void forget_left(std::uint64_t number);
  Factor between(double low, double high);

  Parts parts_;
  Counter& succeeded_;
  Counter& failed_;
  std::vector<std::unique_ptr<Registration>> registrations_;
  std::vector<std::unique_ptr<Registration>> leaving_;
  std::uint64_t last_number_ = 0;
};

}  // namespace junctor::apps
