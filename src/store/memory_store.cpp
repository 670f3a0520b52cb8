#include "store/memory_store.hpp"

#include <algorithm>
#include <iterator>

namespace junctor::store {
namespace {

constexpr std::uint64_t writes_timer = 1;
constexpr std::uint64_t reads_timer = 2;

void put_legs(CallRecord& record, const std::vector<LegRow>& legs) {
  for (const LegRow& leg : legs) {
    const auto at = std::ranges::lower_bound(record.legs, leg.leg, {}, &LegRow::leg);
    if (at != record.legs.end() && at->leg == leg.leg) {
      *at = leg;
    } else {
      record.legs.insert(at, leg);
    }
  }
}

void apply_to(MemoryDisk& disk, const CallStart& write) {
  const auto [at, fresh] = disk.calls.try_emplace(write.call.call_id, CallRecord{write.call, {}, {}});
  if (fresh) {
    put_legs(at->second, write.legs);
  } else {
    ++disk.repeated;
  }
}

void apply_to(MemoryDisk& disk, const CallAnswer& write) {
  const auto at = disk.calls.find(write.call_id);
  if (at == disk.calls.end() || at->second.call.disposition != Disposition::open) return;
  at->second.call.ring_ms = write.ring_ms;
  at->second.call.answer_ms = write.answer_ms;
  at->second.call.to_answered = write.to_answered;
  put_legs(at->second, write.legs);
}

void apply_to(MemoryDisk& disk, const CallEnd& write) {
  const auto [at, fresh] = disk.calls.try_emplace(write.call.call_id);
  if (!fresh && at->second.call.disposition != Disposition::open) {
    ++disk.repeated;
    return;
  }
  const std::int64_t start_ms = fresh ? write.call.start_ms : at->second.call.start_ms;
  at->second.call = write.call;
  at->second.call.start_ms = start_ms;
  put_legs(at->second, write.legs);
}

void apply_to(MemoryDisk& disk, const CallRecordings& write) {
  const auto at = disk.calls.find(write.call_id);
  if (at != disk.calls.end()) at->second.call.recordings = write.recordings;
}

void apply_to(MemoryDisk& disk, const UpdateBindings& write) {
  if (write.remove_all) std::erase_if(disk.bindings, [&](const auto& b) { return b.first.first == write.user; });
  for (const std::string& contact : write.remove) disk.bindings.erase({write.user, contact});
  for (const BindingRow& row : write.put) disk.bindings.insert_or_assign({row.user, row.contact}, row);
}

void apply_to(MemoryDisk& disk, const PutUser& write) {
  disk.users.insert_or_assign(write.user.username, write.user);
}

void apply_to(MemoryDisk& disk, const RemoveUser& write) {
  disk.users.erase(write.username);
}

void apply_to(MemoryDisk& disk, const ReserveSequence& write) {
  std::uint64_t& number = disk.sequences[write.stream];
  number = std::max(number, write.reserved);
}

void apply_to(MemoryDisk& disk, const CloseSequence& write) {
  disk.sequences[write.stream] = write.used;
}

void apply_to(MemoryDisk& disk, const PruneCalls& write) {
  std::vector<std::pair<std::int64_t, std::string>> old;
  for (const auto& [id, record] : disk.calls) {
    if (record.call.start_ms < write.before_ms && record.call.disposition != Disposition::open) {
      old.emplace_back(record.call.start_ms, id);
    }
  }
  std::ranges::sort(old);
  if (old.size() > write.rows) old.resize(write.rows);
  for (const auto& entry : old) disk.calls.erase(entry.second);
}

void apply_to(MemoryDisk& disk, const AddTranscript& write) {
  const auto at = disk.calls.find(write.call_id);
  if (at == disk.calls.end()) return;
  auto& rows = at->second.transcript;
  if (std::ranges::find(rows, write.row.number, &TranscriptRow::number) != rows.end()) return;
  const auto behind =
      std::ranges::upper_bound(rows, std::pair(write.row.from_ms, write.row.number), {},
                               [](const TranscriptRow& row) { return std::pair(row.from_ms, row.number); });
  rows.insert(behind, write.row);
}

bool matches(const CallFilter& filter, const CallRow& call) {
  if (call.start_ms < filter.from_ms) return false;
  const bool goes_on = call.start_ms == filter.before_ms && call.call_id < filter.before_id;
  if (filter.before_ms != 0 && call.start_ms >= filter.before_ms && !goes_on) return false;
  if (filter.disposition && *filter.disposition != call.disposition) return false;
  return filter.number.empty() || filter.number == call.from || filter.number == call.to ||
         filter.number == call.to_answered;
}

std::vector<CallRecord> list(const MemoryDisk& disk, const CallFilter& filter) {
  std::vector<CallRecord> found;
  for (const auto& [id, record] : disk.calls) {
    if (matches(filter, record.call)) found.push_back(record);
  }
  std::ranges::sort(found, [](const CallRecord& a, const CallRecord& b) {
    return std::pair(b.call.start_ms, std::string_view(b.call.call_id)) <
           std::pair(a.call.start_ms, std::string_view(a.call.call_id));
  });
  const std::size_t limit = std::min(filter.limit, list_rows_max);
  if (found.size() > limit) found.resize(limit);
  return found;
}

}  // namespace

void MemoryDisk::apply(const Write& write) {
  std::visit([this](const auto& typed) { apply_to(*this, typed); }, write);
}

std::size_t MemoryDisk::repair() {
  std::size_t open = 0;
  for (auto& [id, record] : calls) {
    if (record.call.disposition != Disposition::open) continue;
    record.call.disposition = Disposition::interrupted;
    ++open;
  }
  return open;
}

MemoryStore::MemoryStore(MemoryDisk& disk, TimerWheel& timers, Random& random)
    : disk_(disk), timers_(timers), random_(random) {
  disk_.repair();
}

MemoryStore::~MemoryStore() {
  timers_.cancel(timer_);
  for (Reading& reading : reading_) timers_.cancel(reading.timer);
}

void MemoryStore::crash() {
  if (!faults.stuck) {
    for (std::uint64_t safe = random_.below(waiting_.size() + 1); safe > 0; --safe) {
      disk_.apply(waiting_.front().write);
      waiting_.pop_front();
    }
  }
  crashed_ = true;
  waiting_.clear();
  timers_.cancel(timer_);
  for (Reading& reading : reading_) timers_.cancel(reading.timer);
  reading_.clear();
}

Duration MemoryStore::delay() {
  const Duration spread = std::max(Duration::zero(), faults.delay_max - faults.delay_min);
  return faults.delay_min + Duration(random_.below(static_cast<std::uint64_t>(spread.count()) + 1));
}

bool MemoryStore::chance(double share) {
  constexpr std::uint64_t parts = 1'000'000;
  return share > 0 && static_cast<double>(random_.below(parts)) < share * static_cast<double>(parts);
}

void MemoryStore::write(Write write, AckTarget* target, std::uint64_t token, TimePoint now) {
  if (crashed_) return;
  TimePoint due = now + delay();
  if (!waiting_.empty()) due = std::max(due, waiting_.back().due);
  waiting_.push_back({std::move(write), target, token, due});
  if (!timer_) arm();
}

bool MemoryStore::backlog_full() const {
  return waiting_.size() >= backlog_writes_max;
}

void MemoryStore::arm() {
  timer_ = timers_.schedule(waiting_.front().due, *this, writes_timer);
}

void MemoryStore::commit_due(TimePoint now) {
  while (!waiting_.empty() && waiting_.front().due <= now && !crashed_) {
    const bool failed = chance(faults.fail);
    if (faults.stuck || (failed && must_arrive(waiting_.front().write))) {
      waiting_.front().due = now + faults.retry;
      return;
    }
    const Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    if (!failed) disk_.apply(first.write);
    if (first.target != nullptr) first.target->on_stored(first.token, !failed, now);
  }
}

void MemoryStore::on_timer(std::uint64_t token, TimePoint now) {
  if (token == reads_timer) {
    const auto answer = std::move(reading_.front().answer);
    reading_.pop_front();
    answer(now);
    return;
  }
  commit_due(now);
  timer_ = {};
  if (!waiting_.empty()) arm();
}

void MemoryStore::read(std::function<void(TimePoint)> answer, TimePoint now) {
  if (crashed_) return;
  // All take equally long, so that they come back in order.
  reading_.push_back({timers_.schedule(now + faults.delay_min, *this, reads_timer), std::move(answer)});
}

Result<std::vector<BindingRow>, std::string> MemoryStore::load_bindings(WallTime now) {
  std::erase_if(disk_.bindings, [&](const auto& b) { return b.second.expires_ms <= now.time_since_epoch().count(); });
  std::vector<BindingRow> rows;
  for (const auto& [key, row] : disk_.bindings) rows.push_back(row);
  return rows;
}

Result<std::vector<UserRow>, std::string> MemoryStore::load_users() {
  std::vector<UserRow> rows;
  for (const auto& [username, row] : disk_.users) rows.push_back(row);
  return rows;
}

Result<std::map<std::string, std::uint64_t>, std::string> MemoryStore::load_sequences() {
  return disk_.sequences;
}

void MemoryStore::list_calls(CallFilter filter, Answer<std::vector<CallRecord>> answer, TimePoint now) {
  read([this, filter = std::move(filter),
        answer = std::move(answer)](TimePoint then) { answer(list(disk_, filter), then); },
       now);
}

void MemoryStore::find_call(std::string call_id, Answer<std::optional<CallRecord>> answer, TimePoint now) {
  read(
      [this, call_id = std::move(call_id), answer = std::move(answer)](TimePoint then) {
        const auto at = disk_.calls.find(call_id);
        answer(at == disk_.calls.end() ? std::optional<CallRecord>() : at->second, then);
      },
      now);
}

}  // namespace junctor::store
