#pragma once
// Errors as values: Result<T, E> is std::expected. Use TRY-style early returns by hand: `if (!r) return
// fail(r.error());`.
#include <expected>
#include <utility>

namespace junctor {

template <class T, class E>
using Result = std::expected<T, E>;

/// Builds the error side of any Result.
template <class E>
constexpr std::unexpected<std::decay_t<E>> fail(E&& error) {
  return std::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

}  // namespace junctor
