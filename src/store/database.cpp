#include "store/database.hpp"

#include <utility>

#include "store/migrations.hpp"
#include "store/rows.hpp"
#include "store/sqlite.hpp"

namespace junctor::store {
namespace {

/// Runs `body` between BEGIN and COMMIT; whatever fails undoes all of it.
template <class Body>
Result<void, std::string> in_transaction(Connection& connection, Body body) {
  constexpr std::string_view begin = "BEGIN IMMEDIATE";
  constexpr std::string_view commit = "COMMIT";
  if (const auto r = connection.statement(begin).start().run(); !r) return fail(r.error());
  Result<void, std::string> result = body();
  if (result) {
    if (const auto r = connection.statement(commit).start().run(); !r) result = fail(r.error());
  }
  // SQLite may have rolled back by itself (disk full); then there is nothing more to undo and ROLLBACK's error is none.
  if (!result) static_cast<void>(connection.execute("ROLLBACK"));
  return result;
}

Result<void, std::string> migrate(Connection& connection) {
  const auto version = connection.number("PRAGMA user_version");
  if (!version) return fail(version.error());
  const auto steps = migrations();
  const auto known = static_cast<std::int64_t>(steps.size());
  if (*version > known) {
    return fail("made by a newer junctor: its schema is " + std::to_string(*version) + ", this one knows up to " +
                std::to_string(known));
  }
  for (std::int64_t step = *version; step < known; ++step) {
    const auto result = in_transaction(connection, [&] {
      auto r = connection.execute(steps[static_cast<std::size_t>(step)]);
      return r ? connection.execute("PRAGMA user_version = " + std::to_string(step + 1)) : r;
    });
    if (!result) return fail("schema step " + std::to_string(step + 1) + ": " + result.error());
  }
  return {};
}

}  // namespace

class Database::Impl {
 public:
  explicit Impl(Connection opened) : connection(std::move(opened)) {}

  Result<void, std::string> prepare(Sync sync) {
    // Larger checkpoints write a page once that many transactions changed; the log stays below 32 MB.
    std::string set_up =
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 33554432;"
        "PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY; PRAGMA synchronous = ";
    set_up += sync == Sync::full ? "FULL" : "NORMAL";
    if (auto r = connection.execute(set_up); !r) return r;
    if (auto r = migrate(connection); !r) return r;
    return in_transaction(connection, [&]() -> Result<void, std::string> {
      const auto open = interrupt_open_calls(connection);
      if (!open) return fail(open.error());
      interrupted = static_cast<std::size_t>(*open);
      return {};
    });
  }

  Connection connection;
  std::size_t interrupted = 0;
};

Result<Database, std::string> Database::open(const std::string& path, Sync sync) {
  auto connection = Connection::open(path, busy_timeout_ms);
  if (!connection) return fail("database " + path + ": " + connection.error());
  auto impl = std::make_unique<Impl>(std::move(*connection));
  if (const auto ready = impl->prepare(sync); !ready) return fail("database " + path + ": " + ready.error());
  return Database(std::move(impl));
}

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<void, std::string> Database::apply(std::span<const Write> writes) {
  return in_transaction(impl_->connection, [&]() -> Result<void, std::string> {
    for (const Write& write : writes) {
      if (auto r = apply_write(impl_->connection, write); !r) return r;
    }
    return {};
  });
}

Result<std::vector<BindingRow>, std::string> Database::load_bindings(WallTime now) {
  return read_bindings(impl_->connection, now.time_since_epoch().count());
}

Result<std::vector<UserRow>, std::string> Database::load_users() {
  return read_users(impl_->connection);
}

Result<std::map<std::string, std::uint64_t>, std::string> Database::load_sequences() {
  return read_sequences(impl_->connection);
}

Result<std::vector<CallRecord>, std::string> Database::list_calls(const CallFilter& filter) {
  return read_calls(impl_->connection, filter);
}

Result<std::optional<CallRecord>, std::string> Database::find_call(std::string_view call_id) {
  return read_call(impl_->connection, call_id);
}

void Database::release_memory() {
  impl_->connection.release_memory();
}

std::size_t Database::interrupted() const {
  return impl_->interrupted;
}

}  // namespace junctor::store
