#pragma once
// SIP messages as a capture file: pcap with the link type "raw IP", each message in a made-up UDP datagram between the
// addresses that it went between (those of TCP too: what the segments were is not kept).
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace junctor::hub::cli {

struct Captured {
  std::int64_t at_ms = 0;  ///< UTC since 1970
  Address from, to;
  std::string bytes;
};

std::string pcap(const std::vector<Captured>& messages);

}  // namespace junctor::hub::cli
