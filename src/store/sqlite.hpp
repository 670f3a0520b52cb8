#pragma once
// A thin skin over SQLite's C interface, for this room only: handles that close themselves, errors as text.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace junctor::store {

/// A prepared statement. Parameters are bound in order; what is bound as text stays where it is until the next start().
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  /// Resets it for its next use.
  Statement& start();
  Statement& text(std::string_view value);
  Statement& number(std::int64_t value);
  Statement& real(double value);
  /// A moment in milliseconds; 0 is NULL.
  Statement& moment(std::int64_t ms);

  /// Runs it to its end. How many rows were changed, or the error.
  Result<int, std::string> run();
  /// Whether there is one more row; false also after an error, see failed().
  bool next();
  bool failed() const { return failed_; }
  std::string error() const;

  std::string text_at(int column) const;
  std::int64_t number_at(int column) const;  ///< NULL is 0
  double real_at(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void check(int code);

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
  bool failed_ = false;
};

class Connection {
 public:
  static Result<Connection, std::string> open(const std::string& path, int busy_timeout_ms);

  /// One or more statements without parameters.
  Result<void, std::string> execute(std::string_view sql);
  /// Prepared once per text, which is a literal.
  Statement& statement(std::string_view sql);
  /// The first column of the first row, as a number.
  Result<std::int64_t, std::string> number(std::string_view sql);
  std::string error() const;
  /// Of the page cache.
  void release_memory();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
  std::map<const char*, Statement> statements_;  // by the address of the literal; goes before the database does
};

}  // namespace junctor::store
