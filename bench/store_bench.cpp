// CPU of the database's thread per call: its start, its answer and its end with two legs, written in groups as a busy
// hub writes them, in a folder of its own.
#include <filesystem>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "bench/measure.hpp"
#include "store/database.hpp"

namespace junctor::bench {
namespace {

using namespace store;

constexpr std::size_t calls_per_round = 2'000;

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "junctor-bench-XXXXXX").string();
    JUNCTOR_CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

LegRow leg(std::uint32_t number, std::size_t call, bool ended) {
  LegRow row;
  row.leg = number;
  row.kind = "device";
  row.sip_call_id = "3a9c-" + std::to_string(call) + "-" + std::to_string(number) + "@192.0.2.10";
  row.uri = "sip:100" + std::to_string(number) + "@192.0.2.10:5060";
  row.start_ms = 1'767'225'600'000;
  if (!ended) return row;
  row.codec = "PCMA";
  row.address = "192.0.2.10:4000";
  row.answer_ms = row.start_ms + 3'000, row.end_ms = row.start_ms + 63'000;
  row.packets_sent = row.packets_received = 3'000;
  row.jitter_ms = 1.5, row.mos = 4.3;
  return row;
}

void add_call(std::vector<Write>& out, std::size_t number) {
  CallRow row;
  row.call_id = "n1-69550000-" + std::to_string(number);
  row.from = "1001", row.from_name = "Alice", row.to = "1002";
  row.start_ms = 1'767'225'600'000 + static_cast<std::int64_t>(number);
  out.emplace_back(CallStart{row, {leg(1, number, false), leg(2, number, false)}});
  out.emplace_back(CallAnswer{
      row.call_id, row.start_ms + 200, row.start_ms + 3'000, "1002", {leg(1, number, false), leg(2, number, false)}});
  row.disposition = Disposition::answered;
  row.to_answered = "1002";
  row.ring_ms = row.start_ms + 200, row.answer_ms = row.start_ms + 3'000, row.end_ms = row.start_ms + 63'000;
  row.hangup_by = "caller";
  row.sip_status = 200, row.q850 = 16;
  row.reason = "Normal call clearing";
  out.emplace_back(CallEnd{row, {leg(1, number, true), leg(2, number, true)}});
}

UpdateBindings registration(std::size_t number) {
  UpdateBindings out;
  out.user = std::to_string(100'000 + number);
  BindingRow row;
  row.user = out.user;
  row.contact = "sip:" + out.user + "@192.0.2.10:5060";
  row.received = "192.0.2.10:5060", row.local = "192.0.2.1:5060";
  row.expires_ms = 1'767'229'200'000;
  row.call_id = "reg-" + out.user + "@192.0.2.10";
  row.cseq = 2;
  row.user_agent = "desk phone 4.2";
  out.put.push_back(std::move(row));
  return out;
}

/// ns per write of all writes, applied in groups of the size that the hub's writer takes at most.
double apply_ns(Database& database, const std::vector<Write>& writes) {
  const double start = cpu_ns();
  for (std::size_t at = 0; at < writes.size(); at += group_rows_max) {
    const std::size_t count = std::min(group_rows_max, writes.size() - at);
    JUNCTOR_CHECK(database.apply({writes.data() + at, count}).has_value());
  }
  return cpu_ns() - start;
}

int run() {
  const Folder folder;
  auto database = Database::open(folder.file("junctor.db"), Sync::normal);
  JUNCTOR_CHECK(database.has_value());
  constexpr int rounds = 9;
  Rounds call_rounds, binding_rounds;
  std::size_t next = 0;
  for (int i = 0; i < rounds; ++i) {
    std::vector<Write> calls, bindings;
    for (std::size_t n = 0; n < calls_per_round; ++n) {
      add_call(calls, next);
      bindings.emplace_back(registration(next % 5'000));
      ++next;
    }
    call_rounds.add(apply_ns(*database, calls) / calls_per_round);
    binding_rounds.add(apply_ns(*database, bindings) / calls_per_round);
  }
  std::printf("database thread, groups of %zu\n", group_rows_max);
  std::printf("  a call: start, answer, end, two legs   %6.1f us\n", call_rounds.median() / 1000);
  std::printf("  a REGISTER's binding                   %6.1f us\n", binding_rounds.median() / 1000);
  return 0;
}

}  // namespace
}  // namespace junctor::bench

int main() {
  return junctor::bench::run();
}
