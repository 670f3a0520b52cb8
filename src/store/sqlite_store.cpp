#include "store/sqlite_store.hpp"

#include <utility>

namespace junctor::store {
namespace {

constexpr const char* busy = "the database is busy: try again";

}  // namespace

SqliteStore::SqliteStore(Database database, Wakes wakes, Log& log, Counters& counters)
    : database_(std::move(database)), writer_(database_, std::move(wakes), log, counters) {}

void SqliteStore::write(Write write, AckTarget* target, std::uint64_t token, TimePoint now) {
  writer_.push(std::move(write), target, token, now);
}

bool SqliteStore::backlog_full() const {
  return writer_.failing() || backlog() >= backlog_writes_max;
}

std::size_t SqliteStore::backlog() const {
  return writer_.unacknowledged();
}

Result<std::vector<BindingRow>, std::string> SqliteStore::load_bindings(WallTime now) {
  return database_.load_bindings(now);
}

Result<std::vector<UserRow>, std::string> SqliteStore::load_users() {
  return database_.load_users();
}

Result<std::map<std::string, std::uint64_t>, std::string> SqliteStore::load_sequences() {
  return database_.load_sequences();
}

namespace {

/// Runs `query` on the database thread and hands its result to `answer` on the control thread.
template <class T, class Query>
void ask(Writer& writer, Query query, Answer<T> answer, TimePoint now) {
  const bool taken = writer.read([query = std::move(query), answer](Database& database) {
    return [result = query(database), answer](TimePoint then) mutable { answer(std::move(result), then); };
  });
  if (!taken) answer(fail(std::string(busy)), now);
}

}  // namespace

void SqliteStore::list_calls(CallFilter filter, Answer<std::vector<CallRecord>> answer, TimePoint now) {
  ask(writer_, [filter = std::move(filter)](Database& d) { return d.list_calls(filter); }, std::move(answer), now);
}

void SqliteStore::find_call(std::string call_id, Answer<std::optional<CallRecord>> answer, TimePoint now) {
  ask(writer_, [id = std::move(call_id)](Database& d) { return d.find_call(id); }, std::move(answer), now);
}

}  // namespace junctor::store
