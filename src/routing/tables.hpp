#pragma once
// What compile() makes of a Definition. Private to this room.
#include <map>
#include <memory>
#include <optional>
#include <re2/re2.h>
#include <string>
#include <vector>

#include "routing/routing.hpp"

namespace junctor::routing {

/// Memory that one regular expression may take; larger ones are a fault of the configuration.
inline constexpr std::int64_t regex_bytes_max = 1 << 20;
/// $0 and $1 to $9.
inline constexpr int captures_max = 10;

struct CompiledTarget {
  Destination to;
  seconds delay{0};
  seconds ring{0};
};

struct CompiledRoute {
  RouteEntry entry;
  std::size_t index = 0;    ///< in the Definition
  std::unique_ptr<RE2> to;  ///< null = any
  std::unique_ptr<RE2> from;
  std::vector<CompiledTarget> targets;  ///< of `ring` and `dial`
  std::optional<Destination> on_no_answer;
};

struct CompiledTrunk {
  std::string name;
  std::string host;  ///< as it stands in a URI
  std::string transport;
};

class Tables {
 public:
  std::vector<CompiledRoute> routes;  ///< highest priority first, then as in the file
  std::vector<CompiledTrunk> trunks;
  FeatureEntry features;
  std::vector<std::string> domains;                ///< lower case
  std::vector<std::string> local_hosts;            ///< lower case
  std::map<std::string, std::string> numbers;      ///< DID without + → form that routes see
  std::map<std::string, std::string> did_trunks;   ///< the same key → trunk, for the trace
  std::map<std::string, std::string> conferences;  ///< number → room

  const CompiledTrunk* find_trunk(std::string_view name) const;
  bool serves(std::string_view host, std::string_view local_host) const;
};

std::string lower(std::string_view text);
std::string_view without_plus(std::string_view number);

}  // namespace junctor::routing
