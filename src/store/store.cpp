#include "store/store.hpp"

#include <array>

namespace junctor::store {
namespace {

constexpr std::array<std::string_view, 3> directions = {"inbound", "outbound", "internal"};
constexpr std::array<std::string_view, 8> dispositions = {"open",     "answered", "no_answer", "busy",
                                                          "rejected", "failed",   "canceled",  "interrupted"};

template <class Enum, std::size_t n>
std::optional<Enum> find(const std::array<std::string_view, n>& words, std::string_view text) {
  for (std::size_t i = 0; i < n; ++i) {
    if (words[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Direction direction) {
  return directions[static_cast<std::size_t>(direction)];
}

std::string_view to_string(Disposition disposition) {
  return dispositions[static_cast<std::size_t>(disposition)];
}

std::optional<Direction> parse_direction(std::string_view text) {
  return find<Direction>(directions, text);
}

std::optional<Disposition> parse_disposition(std::string_view text) {
  return find<Disposition>(dispositions, text);
}

bool must_arrive(const Write& write) {
  return std::holds_alternative<CallAnswer>(write) || std::holds_alternative<CallEnd>(write) ||
         std::holds_alternative<CallRecordings>(write);
}

}  // namespace junctor::store
