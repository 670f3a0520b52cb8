#pragma once
// Rows to SQL and back. Every function works inside a transaction of its caller.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace junctor::store {

Result<void, std::string> apply_write(Connection& connection, const Write& write);

/// Calls still open become interrupted. How many there were.
Result<int, std::string> interrupt_open_calls(Connection& connection);

Result<std::vector<BindingRow>, std::string> read_bindings(Connection& connection, std::int64_t valid_after_ms);
Result<std::vector<UserRow>, std::string> read_users(Connection& connection);
Result<std::map<std::string, std::uint64_t>, std::string> read_sequences(Connection& connection);
Result<std::vector<CallRecord>, std::string> read_calls(Connection& connection, const CallFilter& filter);
Result<std::optional<CallRecord>, std::string> read_call(Connection& connection, std::string_view call_id);

}  // namespace junctor::store
