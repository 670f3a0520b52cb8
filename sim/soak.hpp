#pragma once
// Random calls, and the books balanced afterwards. A round is one world with one seed: a round that fails is replayed
// by its seed alone.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/random.hpp"

namespace junctor::sim {

struct SoakReport {
  std::vector<std::string> problems;  ///< empty: everything is in order
  std::uint64_t calls = 0;
  std::uint64_t messages = 0;  ///< SIP messages across the hub's border, both ways
  std::uint64_t packets = 0;   ///< datagrams of all kinds
  std::uint64_t records = 0;
  double simulated_seconds = 0;
  std::map<int, std::uint64_t> finals;  ///< what callers were told, by status
};

constexpr int calls_per_round = 250;

/// `fault`: a planted one, or empty. `trace`: see SimSettings.
SoakReport soak_round(Seed seed, int calls, const std::string& fault, const std::string& trace = {});

}  // namespace junctor::sim
