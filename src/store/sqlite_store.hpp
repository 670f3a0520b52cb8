#pragma once
// Store over SQLite: a Database, and the Writer through which its thread is fed. See Writer for who calls what where.
#include <memory>
#include <string>
#include <vector>

#include "base/counters.hpp"
#include "base/log.hpp"
#include "store/database.hpp"
#include "store/store.hpp"
#include "store/writer.hpp"

namespace junctor::store {

/// The loads use the database on the calling thread: call them before the first write or read, when the database thread
/// has nothing to do yet. That thread:
///   while (!stopping) { auto again = store.writer().run_once(now()); sleep until `again`, or a wake; }
///   store.writer().finish();
class SqliteStore final : public Store {
 public:
  SqliteStore(Database database, Wakes wakes, Log& log, Counters& counters);

  void write(Write write, AckTarget* target, std::uint64_t token, TimePoint now) override;
  bool backlog_full() const override;
  std::size_t backlog() const override;
  Result<std::vector<BindingRow>, std::string> load_bindings(WallTime now) override;
  Result<std::vector<UserRow>, std::string> load_users() override;
  Result<std::map<std::string, std::uint64_t>, std::string> load_sequences() override;
  void list_calls(CallFilter filter, Answer<std::vector<CallRecord>> answer, TimePoint now) override;
  void find_call(std::string call_id, Answer<std::optional<CallRecord>> answer, TimePoint now) override;

  Writer& writer() { return writer_; }

 private:
  Database database_;
  Writer writer_;
};

}  // namespace junctor::store
