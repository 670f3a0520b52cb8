#pragma once
// Where a SIP URI leads (RFC 3263 §4): SRV, then A and AAAA; literal addresses and explicit ports need less. And where
// a response goes whose connection is gone (§5). NAPTR is asked for sips: only: for sip: SRV for each of our protocols
// says as much, and never turns a trunk's UDP into TLS.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "transport/advertise.hpp"
#include "transport/hop.hpp"
#include "transport/names.hpp"

namespace junctor::transport {

inline constexpr std::size_t hops_max = 16;          ///< places tried for one request
inline constexpr std::size_t locating_max = 10'000;  ///< URIs being resolved; beyond that the name "has no address"

class LocatorEvents {
 public:
  virtual ~LocatorEvents() = default;
  /// No hops: the URI leads nowhere that we can send to.
  virtual void on_hops(std::uint64_t token, std::vector<Hop> hops, TimePoint now) = 0;
};

class Locator {
 public:
  Locator(Names& names, Random& random, const Advertise& advertise, LocatorEvents& events);

  /// The hops in the order to try them, if no question is needed; else nothing, and on_hops(token, …) follows.
  std::optional<std::vector<Hop>> locate(std::string_view uri, std::uint64_t token, TimePoint now);
  /// The same for the sent-by of a Via. `port` 0: none given.
  std::optional<std::vector<Hop>> locate_sent_by(std::string_view host, std::uint16_t port, Protocol protocol,
                                                 std::uint64_t token, TimePoint now);
  void on_resolved(QueryId query, const Answer& answer, TimePoint now);

  std::size_t waiting() const { return searches_.size(); }

 private:
  struct Search {
    std::string host;
    std::uint16_t port = 0;  // 0: none given
    std::vector<Protocol> protocols;
    bool naptr = false;  // NAPTR may name the services
    std::uint64_t token = 0;
    int rounds = 0;
  };

  std::optional<std::vector<Hop>> begin(Search search, TimePoint now);
  std::optional<std::vector<Hop>> evaluate(const Search& search, std::uint64_t waiter, TimePoint now);
  /// The names to ask SRV for, best first; false: an answer is missing that may change them.
  bool services(const Search& search, std::uint64_t waiter, TimePoint now,
                std::vector<std::pair<Protocol, std::string>>& out);
  /// Adds the addresses of a name; false: an answer is missing.
  bool add_addresses(std::string_view name, std::uint16_t port, Protocol protocol, std::uint64_t waiter, TimePoint now,
                     std::vector<Hop>& hops);
  void order(std::vector<Record>& records);
  bool can_send(Protocol protocol, Family family) const;

  Names& names_;
  Random& random_;
  const Advertise& advertise_;
  LocatorEvents& events_;
  std::unordered_map<std::uint64_t, Search> searches_;
  std::uint64_t last_search_ = 0;
};

/// 5060, 5061 for TLS, 80 and 443 for WebSocket (RFC 7118 §5).
std::uint16_t default_port(Protocol protocol);

}  // namespace junctor::transport
