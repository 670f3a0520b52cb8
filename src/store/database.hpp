#pragma once
// The SQLite body: blocking, used by one thread at a time. WAL mode, numbered migrations, cached statements.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/store.hpp"

namespace junctor::store {

/// What a commit survives: `normal` kill -9, `full` loss of power too.
enum class Sync : std::uint8_t { normal, full };

inline constexpr int busy_timeout_ms = 2000;  ///< how long a foreign reader (sqlite3, a backup) may hold us up

class Database {
 public:
  /// Opens or makes the database, brings its schema up to date, and marks the calls that a former process left open as
  /// interrupted. The error is one line with the path: folder not writable, not a database, made by a newer version.
  static Result<Database, std::string> open(const std::string& path, Sync sync);

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  /// All writes in one transaction, in order: all of them or nothing. The error is one line.
  Result<void, std::string> apply(std::span<const Write> writes);

  /// Valid after `now`; others are deleted.
  Result<std::vector<BindingRow>, std::string> load_bindings(WallTime now);
  Result<std::vector<UserRow>, std::string> load_users();
  Result<std::map<std::string, std::uint64_t>, std::string> load_sequences();
  Result<std::vector<CallRecord>, std::string> list_calls(const CallFilter& filter);
  Result<std::optional<CallRecord>, std::string> find_call(std::string_view call_id);

  /// Gives back what the page cache holds.
  void release_memory();

  /// Calls that open() marked as interrupted.
  std::size_t interrupted() const;

 private:
  class Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::store
