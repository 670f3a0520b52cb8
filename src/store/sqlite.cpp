#include "store/sqlite.hpp"

#include <sqlite3.h>
#include <utility>

namespace junctor::store {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                           nullptr));
  statement_.reset(statement);
}

void Statement::check(int code) {
  if (code != SQLITE_OK) failed_ = true;
}

Statement& Statement::start() {
  sqlite3_reset(statement_.get());  // reports the error of the former run, which has been seen
  bound_ = 0;
  failed_ = statement_ == nullptr;
  return *this;
}

Statement& Statement::text(std::string_view value) {
  // A null pointer would bind NULL, which is not the empty text.
  check(sqlite3_bind_text(statement_.get(), ++bound_, value.data() == nullptr ? "" : value.data(),
                          static_cast<int>(value.size()), SQLITE_STATIC));
  return *this;
}

Statement& Statement::number(std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), ++bound_, value));
  return *this;
}

Statement& Statement::real(double value) {
  check(sqlite3_bind_double(statement_.get(), ++bound_, value));
  return *this;
}

Statement& Statement::moment(std::int64_t ms) {
  if (ms != 0) return number(ms);
  check(sqlite3_bind_null(statement_.get(), ++bound_));
  return *this;
}

Result<int, std::string> Statement::run() {
  while (next()) {
  }
  if (failed_) return fail(error());
  sqlite3_reset(statement_.get());
  return sqlite3_changes(database_);
}

bool Statement::next() {
  if (failed_) return false;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());  // a finished read must not keep its snapshot
  } else {
    failed_ = true;
  }
  return false;
}

std::string Statement::error() const {
  return sqlite3_errmsg(database_);
}

std::string Statement::text_at(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string()
                          : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::int64_t Statement::number_at(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real_at(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

void Connection::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

Result<Connection, std::string> Connection::open(const std::string& path, int busy_timeout_ms) {
  Connection connection;
  sqlite3* database = nullptr;
  // One thread at a time uses a connection, so that SQLite's own lock would only cost.
  const int code = sqlite3_open_v2(path.c_str(), &database,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection.database_.reset(database);
  if (code != SQLITE_OK) return fail(database == nullptr ? std::string("out of memory") : connection.error());
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, busy_timeout_ms);
  return connection;
}

Result<void, std::string> Connection::execute(std::string_view sql) {
  const std::string text(sql);
  if (sqlite3_exec(database_.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return fail(error());
  return {};
}

Statement& Connection::statement(std::string_view sql) {
  auto at = statements_.find(sql.data());
  if (at == statements_.end()) {
    at = statements_.emplace(sql.data(), Statement(database_.get(), sql)).first;
  }
  return at->second;
}

Result<std::int64_t, std::string> Connection::number(std::string_view sql) {
  Statement query(database_.get(), sql);
  if (!query.next()) return fail(query.failed() ? query.error() : std::string("no answer to ") + std::string(sql));
  return query.number_at(0);
}

void Connection::release_memory() {
  sqlite3_db_release_memory(database_.get());
}

std::string Connection::error() const {
  return sqlite3_errmsg(database_.get());
}

}  // namespace junctor::store
