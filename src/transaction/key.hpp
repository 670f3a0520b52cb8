#pragma once
// Which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3), as a 128-bit keyed hash of the parts that the RFC
// compares: a fixed 16 bytes per transaction, and, the hash key being secret, no peer can make two of them collide.
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "sip/message.hpp"

namespace junctor::transaction {

struct Key {
  std::uint64_t high = 0, low = 0;

  auto operator<=>(const Key&) const = default;
};

struct KeyHash {
  using is_avalanching = void;  // every bit depends on all that was hashed
  std::size_t operator()(const Key& key) const noexcept { return key.low; }
};

/// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein 2012).
Key sip_hash(const Key& secret, std::string_view bytes);

class Keys {
 public:
  explicit Keys(Random& random) : secret_{random.next(), random.next()} {}

  /// The server transaction of a request; an ACK has that of its INVITE. Branch, sent-by and method; for a branch
  /// without the cookie (RFC 2543) Request-URI, From tag, Call-ID, CSeq number and the top Via. The To tag, which the
  /// RFC lists for those too, would only tell apart requests whose CSeq numbers differ anyway.
  Key server(const sip::Message& request) const;
  /// The server transaction of the INVITE that this CANCEL means (§9.2).
  Key cancelled(const sip::Message& cancel) const;
  /// The client transaction of a response, or of a request with that branch.
  Key client(std::string_view branch, std::string_view method) const;
  /// Equal for copies of one request that came by different ways (§8.2.2.2): From tag, Call-ID, CSeq.
  Key merged(const sip::Message& request) const;
  /// A To tag for a response made without keeping state; the same for every copy of the request, and for its ACK.
  std::string stateless_tag(const Key& server_key) const;

 private:
  Key server(const sip::Message& request, std::string_view method) const;
  void part(std::string_view text) const;
  void part_lower(std::string_view text) const;

  Key secret_;
  mutable std::string scratch_;  // what is hashed; kept for its capacity
};

}  // namespace junctor::transaction
