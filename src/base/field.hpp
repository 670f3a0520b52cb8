#pragma once
// How a value that crosses the hub's edge is described, once: a struct names its members in
//
//   template <class Self, class Visitor> static void fields(Self& self, Visitor& visit) {
//     visit(Field("call_id", "the call to end").needed(), self.call_id);
//     visit(Field("code", "SIP status of the refusal").between(300, 699), self.code);
//   }
//
// and from that come its parser with exact faults, its JSON, its schema, its TypeScript and its page of documentation.
// Members are bool, whole numbers, double, std::string, enums that have words(), structs with fields(), and
// std::optional, std::vector and std::map<std::string, …> of these.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace junctor {

struct Field {
  static constexpr std::size_t text_bytes_max = 1024;

  constexpr Field(std::string_view name_, std::string_view says_) : name(name_), says(says_) {}

  std::string_view name;
  std::string_view says;  ///< for people, one clause; no capital, no full stop
  std::string_view also;  ///< a further name that is taken in place of `name`; empty: none
  bool required = false;
  std::int64_t least = std::numeric_limits<std::int64_t>::min();  ///< of a number, or of a list's length
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::size_t longest = text_bytes_max;  ///< of a text, bytes
  /// Of an event: since which release of the older hub its flat form has this member.
  enum class Flat : std::uint8_t { always, since_0_5, never } flat = Flat::always;

  constexpr Field needed() const {
    Field out = *this;
    out.required = true;
    return out;
  }
  constexpr Field between(std::int64_t a, std::int64_t b) const {
    Field out = *this;
    out.least = a;
    out.most = b;
    return out;
  }
  constexpr Field up_to_bytes(std::size_t bytes) const {
    Field out = *this;
    out.longest = bytes;
    return out;
  }
  constexpr Field or_named(std::string_view other) const {
    Field out = *this;
    out.also = other;
    return out;
  }
  constexpr Field not_flat() const {
    Field out = *this;
    out.flat = Flat::never;
    return out;
  }
  constexpr Field flat_since_0_5() const {
    Field out = *this;
    out.flat = Flat::since_0_5;
    return out;
  }
  constexpr bool bounded() const {
    return least != std::numeric_limits<std::int64_t>::min() || most != std::numeric_limits<std::int64_t>::max();
  }
};

}  // namespace junctor
