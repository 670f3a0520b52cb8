#pragma once
// Reads what a DNS server answered (RFC 1035 §4, RFC 3596, RFC 2782, RFC 3403 §4).
#include <cstdint>
#include <span>

#include "net/resolver.hpp"

namespace junctor::net {

/// The records of `type` in the answer section. Status failed when the message is malformed anywhere up to the end of
/// that section, no_data when it holds none of them; the header's response code is not looked at.
DnsAnswer parse_dns_answer(std::span<const std::uint8_t> message, DnsType type);

}  // namespace junctor::net
