#pragma once
// Which of our own addresses faces a destination.
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"

namespace junctor::net {

/// The source address that the kernel would use toward `remote`; nothing when there is no route. Costs a few system
/// calls; sends nothing.
std::optional<IpAddress> local_address_for(const IpAddress& remote);

/// The same with a memory, for use per call. Control thread only.
class LocalAddresses {
 public:
  static constexpr std::size_t capacity = 4'096;
  static constexpr Duration lifetime = seconds(30);  ///< how long a changed route may go unnoticed

  std::optional<IpAddress> find(const IpAddress& remote, TimePoint now);

 private:
  struct Entry {
    std::optional<IpAddress> local;
    TimePoint asked;
  };
  std::unordered_map<IpAddress, Entry> entries_;
};

struct InterfaceAddress {
  std::string interface;
  IpAddress ip;
};

/// Every address of every interface that is up, loopback and link-local included.
std::vector<InterfaceAddress> interface_addresses();

}  // namespace junctor::net
