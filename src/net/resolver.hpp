#pragma once
// DNS in the background (RFC 1035, 2782, 3403): one question, one answer on the control thread. The order in which SIP
// asks and what it makes of the answers (RFC 3263) is transport's business.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/counters.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/control_loop.hpp"

namespace junctor::net {

enum class DnsType : std::uint8_t { a, aaaa, srv, naptr };

enum class DnsStatus : std::uint8_t {
  ok,       ///< at least one record
  no_name,  ///< NXDOMAIN, or a name that cannot exist
  no_data,  ///< the name has no record of this type
  failed,   ///< no server answered in time, or none could
};

/// RFC 2782. Targets have no trailing dot; "." (service not offered) is "".
struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;
};

/// RFC 3403.
struct NaptrRecord {
  std::uint16_t order = 0;
  std::uint16_t preference = 0;
  std::string flags;
  std::string service;
  std::string regexp;
  std::string replacement;
};

struct DnsAnswer {
  DnsStatus status = DnsStatus::failed;
  seconds ttl{0};                    ///< the smallest of the records; 0 unless status is ok
  std::vector<IpAddress> addresses;  ///< a, aaaa
  std::vector<SrvRecord> srv;        ///< in the server's order
  std::vector<NaptrRecord> naptr;
};

struct ResolverSettings {
  std::string servers;          ///< "127.0.0.1:5353,[::1]:53"; empty: those of /etc/resolv.conf
  milliseconds timeout{2'000};  ///< of the first try
  int tries = 2;
  std::size_t max_queries = 1'024;  ///< asked and not yet answered
};

using DnsHandler = std::function<void(DnsAnswer&&, TimePoint now)>;

/// Addresses are looked up in /etc/hosts first (TTL host_file_ttl). Counters: dns_queries, dns_failed, dns_refused.
class Resolver {
 public:
  static constexpr seconds host_file_ttl{60};

  static Result<std::unique_ptr<Resolver>, std::string> create(const ResolverSettings& settings, ControlLoop& control,
                                                               Counters& counters);
  /// Open questions are forgotten; their handlers are not called any more.
  ~Resolver();

  /// Any thread. `handler` runs on the control thread, never before this returns when called there. False, with nothing
  /// asked, at max_queries.
  bool query(DnsType type, const std::string& name, DnsHandler handler);

 private:
  class Impl;
  explicit Resolver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::net
