#include "store/database.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "store/sqlite.hpp"
#include "store/test_rows.hpp"

namespace junctor::store {
namespace {

using testing::HasSubstr;

Database open(const std::string& path) {
  auto database = Database::open(path, Sync::normal);
  EXPECT_TRUE(database) << (database ? "" : database.error());
  return std::move(*database);
}

void apply(Database& database, std::vector<Write> writes) {
  const auto result = database.apply(writes);
  ASSERT_TRUE(result) << result.error();
}

class DatabaseTest : public testing::Test {
 protected:
  TempFolder folder;
  std::string path = folder.file("junctor.db");
};

TEST_F(DatabaseTest, KeepsTheWholeRecordOfACall) {
  Database database = open(path);
  apply(database, {call_start("n1-1-1"), call_answer("n1-1-1"), call_end("n1-1-1")});
  const auto found = database.find_call("n1-1-1");
  ASSERT_TRUE(found && *found);
  const CallRow& call = (*found)->call;
  EXPECT_EQ(call.disposition, Disposition::answered);
  EXPECT_EQ(call.direction, Direction::inbound);
  EXPECT_EQ(call.from_name, "Alice");
  EXPECT_EQ(call.to_answered, "1002");
  EXPECT_EQ(call.trunk, "carrier");
  EXPECT_EQ(call.route, "main number");
  EXPECT_EQ(call.start_ms, 1'800'000'000'000);
  EXPECT_EQ(call.ring_ms, 1'800'000'001'000);
  EXPECT_EQ(call.answer_ms, 1'800'000'002'000);
  EXPECT_EQ(call.end_ms, 1'800'000'062'000);
  EXPECT_EQ(call.hangup_by, "caller");
  EXPECT_EQ(call.sip_status, 200);
  EXPECT_EQ(call.q850, 16);
  EXPECT_EQ(call.reason, "Normal call clearing");
  EXPECT_EQ(call.variables, R"({"campaign":"x"})");
  EXPECT_EQ(call.recordings, R"([{"id":"r1"}])");
  const auto& legs = (*found)->legs;
  ASSERT_EQ(legs.size(), 2u);
  EXPECT_EQ(legs[1].leg, 2u);
  EXPECT_EQ(legs[1].kind, "device");
  EXPECT_EQ(legs[1].codec, "PCMA");
  EXPECT_EQ(legs[1].address, "192.0.2.10:4000");
  EXPECT_EQ(legs[1].packets_received, 2990u);
  EXPECT_EQ(legs[1].packets_lost, 10u);
  EXPECT_DOUBLE_EQ(legs[1].jitter_ms, 1.5);
  EXPECT_DOUBLE_EQ(legs[1].mos, 4.375);
  EXPECT_EQ(legs[1].verdict, "one_way");
  EXPECT_EQ(legs[1].quality, R"({"in":{}})");

  apply(database, {CallRecordings{"n1-1-1", R"([{"id":"r2"}])"}, CallRecordings{"n1-1-2", "[]"}});
  EXPECT_EQ(database.find_call("n1-1-1").value()->call.recordings, R"([{"id":"r2"}])");
  EXPECT_FALSE(database.find_call("n1-1-2").value()) << "it makes no record";
}

TEST_F(DatabaseTest, AReplayedWriteNeitherDoublesNorReopens) {
  Database database = open(path);
  apply(database, {call_start("a"), call_end("a")});
  CallEnd second = call_end("a");
  second.call.disposition = Disposition::failed;
  second.legs[0].packets_sent = 1;
  apply(database, {call_start("a"), call_answer("a"), second});
  const auto all = database.list_calls({});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ(all->front().call.disposition, Disposition::answered);
  EXPECT_EQ(all->front().call.end_ms, 1'800'000'062'000);
  ASSERT_EQ(all->front().legs.size(), 2u);
  EXPECT_EQ(all->front().legs[0].packets_sent, 3000u);
}

TEST_F(DatabaseTest, ATranscriptBelongsToItsCall) {
  Database database = open(path);
  const auto said = [](std::uint32_t number, std::int64_t from_ms, std::string text) {
    return AddTranscript{"a", {number, "text", "caller", from_ms, from_ms + 900, 0.5, std::move(text)}};
  };
  apply(database, {call_start("a", 1000), said(1, 2000, "second"), said(2, 100, "first"), said(1, 0, "again"),
                   call_end("a", 1000), said(3, 4000, "after the end")});
  const auto found = database.find_call("a");
  ASSERT_TRUE(found && *found);
  const auto& rows = (*found)->transcript;
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].text, "first");
  EXPECT_EQ(rows[1].text, "second");
  EXPECT_EQ(rows[1].from_ms, 2000);
  EXPECT_EQ(rows[1].to_ms, 2900);
  EXPECT_EQ(rows[1].side, "caller");
  EXPECT_EQ(rows[1].kind, "text");
  EXPECT_DOUBLE_EQ(rows[1].confidence, 0.5);
  EXPECT_EQ(rows[2].text, "after the end");
  apply(database, {PruneCalls{.before_ms = 2000}});
  EXPECT_EQ(Connection::open(path, busy_timeout_ms)->number("SELECT count(*) FROM transcripts"), 0);
}

TEST_F(DatabaseTest, AnEndWithoutAStartIsARecordToo) {
  Database database = open(path);
  apply(database, {call_end("only-end")});
  const auto found = database.find_call("only-end");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->legs.size(), 2u);
}

TEST_F(DatabaseTest, AGroupIsAllOrNothing) {
  Database database = open(path);
  ASSERT_TRUE(Connection::open(path, 0)->execute("DROP TABLE users"));
  const std::vector<Write> writes = {call_start("a"), PutUser{user_row("1001")}};
  EXPECT_FALSE(database.apply(writes));
  EXPECT_TRUE(database.list_calls({})->empty());
  apply(database, {call_start("c")});
  EXPECT_EQ(database.list_calls({})->size(), 1u);
}

TEST_F(DatabaseTest, CallsCutByARestartAreInterruptedExactlyOnce) {
  {
    Database database = open(path);
    EXPECT_EQ(database.interrupted(), 0u);
    apply(database, {call_start("cut"), call_answer("cut"), call_start("done"), call_end("done")});
  }
  {
    Database database = open(path);
    EXPECT_EQ(database.interrupted(), 1u);
    const auto cut = database.find_call("cut");
    ASSERT_TRUE(cut && *cut);
    EXPECT_EQ((*cut)->call.disposition, Disposition::interrupted);
    EXPECT_EQ((*cut)->call.end_ms, 0);
    EXPECT_EQ((*cut)->call.answer_ms, 1'800'000'002'000);
    EXPECT_EQ((*cut)->legs.size(), 2u);
    EXPECT_EQ((*database.find_call("done"))->call.disposition, Disposition::answered);
  }
  EXPECT_EQ(open(path).interrupted(), 0u);
}

TEST_F(DatabaseTest, ListsNewestFirstAndFilters) {
  Database database = open(path);
  for (int i = 1; i <= 5; ++i) {
    CallEnd end = call_end("c" + std::to_string(i), 1000 * i);
    if (i == 3) end.call.to = "9196", end.call.to_answered = "", end.call.disposition = Disposition::busy;
    apply(database, {end});
  }
  const auto ids = [&](const CallFilter& filter) {
    std::vector<std::string> out;
    const auto records = database.list_calls(filter);
    EXPECT_TRUE(records) << records.error();
    for (const CallRecord& record : *records) out.push_back(record.call.call_id);
    return out;
  };
  EXPECT_EQ(ids({}), (std::vector<std::string>{"c5", "c4", "c3", "c2", "c1"}));
  EXPECT_EQ(ids({.limit = 2}), (std::vector<std::string>{"c5", "c4"}));
  EXPECT_EQ(ids({.from_ms = 2000, .before_ms = 4000}), (std::vector<std::string>{"c3", "c2"}));
  EXPECT_EQ(ids({.from_ms = 2000, .before_ms = 3000, .before_id = "c3"}), (std::vector<std::string>{"c2"}));
  EXPECT_EQ(ids({.from_ms = 2000, .before_ms = 3000, .before_id = "c4"}), (std::vector<std::string>{"c3", "c2"}));
  EXPECT_EQ(ids({.number = "9196"}), (std::vector<std::string>{"c3"}));
  EXPECT_EQ(ids({.disposition = Disposition::busy}), (std::vector<std::string>{"c3"}));
  EXPECT_FALSE(*database.find_call("c9"));
}

TEST_F(DatabaseTest, PrunesOldRecordsInSteps) {
  Database database = open(path);
  for (int i = 1; i <= 5; ++i) apply(database, {call_end("c" + std::to_string(i), 1000 * i)});
  apply(database, {call_start("running", 500)});
  apply(database, {PruneCalls{3500, 2}});
  EXPECT_EQ(database.list_calls({})->size(), 4u);
  EXPECT_FALSE(*database.find_call("c1"));
  EXPECT_FALSE(*database.find_call("c2"));
  apply(database, {PruneCalls{3500, 2}});
  EXPECT_FALSE(*database.find_call("c3"));
  EXPECT_TRUE(*database.find_call("c4"));
  EXPECT_TRUE(*database.find_call("running"));
}

TEST_F(DatabaseTest, BindingsSurviveAndExpire) {
  {
    Database database = open(path);
    BindingRow brief = binding_row("1001", "sip:1001@192.0.2.11");
    brief.expires_ms = 1'800'000'100'000;
    apply(database, {UpdateBindings{"1001", false, {}, {binding_row("1001", "sip:1001@192.0.2.10"), brief}},
                     UpdateBindings{"1002", false, {}, {binding_row("1002", "sip:1002@192.0.2.12")}}});
  }
  Database database = open(path);
  auto rows = database.load_bindings(wall(1'800'000'100'000));
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2u);
  const BindingRow& row = rows->front();
  EXPECT_EQ(row.contact, "sip:1001@192.0.2.10");
  EXPECT_EQ(row.protocol, 1);
  EXPECT_EQ(row.received, "192.0.2.10:40001");
  EXPECT_EQ(row.local, "192.0.2.1:5060");
  EXPECT_EQ(row.listener, 3u);
  EXPECT_EQ(row.path, "<sip:edge.example;lr>");
  EXPECT_EQ(row.q_milli, 500);
  EXPECT_EQ(row.expires_ms, 1'800'000'600'000);
  EXPECT_EQ(row.call_id, "reg-1");
  EXPECT_EQ(row.cseq, 7u);
  EXPECT_EQ(row.reg_id, 1u);
  EXPECT_EQ(row.user_agent, "phone/1");
  EXPECT_EQ(row.instance, "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>");

  apply(database, {UpdateBindings{"1001", false, {"sip:1001@192.0.2.10"}, {binding_row("1001", "sip:new")}}});
  rows = database.load_bindings(wall(1'800'000'100'000));
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(rows->front().contact, "sip:new");
  apply(database, {UpdateBindings{"1001", true, {}, {}}});
  EXPECT_EQ(database.load_bindings(wall(0))->size(), 1u);
}

TEST_F(DatabaseTest, UsersAreKept) {
  {
    Database database = open(path);
    apply(database, {PutUser{user_row("1001")}, PutUser{user_row("1002")}, RemoveUser{"1002"}, RemoveUser{"1003"}});
    UserRow changed = user_row("1001");
    changed.ring_secs = 41;
    apply(database, {PutUser{changed}});
  }
  const auto users = open(path).load_users();
  ASSERT_TRUE(users);
  ASSERT_EQ(users->size(), 1u);
  EXPECT_EQ(users->front().display_name, user_row("1001").display_name);
  EXPECT_EQ(users->front().ha1_md5, user_row("1001").ha1_md5);
  EXPECT_EQ(users->front().ring_secs, 41u);
  EXPECT_FALSE(users->front().voicemail);
  EXPECT_EQ(users->front().forward_busy, "voicemail:1001");
}

TEST_F(DatabaseTest, OneClearLineWhenItCannotBeOpened) {
  const std::string missing = folder.file("no/such/folder/junctor.db");
  const auto nowhere = Database::open(missing, Sync::normal);
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error(), HasSubstr(missing + ": unable to open database file"));

  std::ofstream(path) << std::string(8192, 'x');
  const auto garbage = Database::open(path, Sync::normal);
  ASSERT_FALSE(garbage);
  EXPECT_THAT(garbage.error(), HasSubstr(path + ": file is not a database"));
  EXPECT_EQ(garbage.error().find('\n'), std::string::npos);
}

TEST_F(DatabaseTest, FullSyncOpensToo) {
  auto database = Database::open(path, Sync::full);
  ASSERT_TRUE(database);
  apply(*database, {call_end("a")});
}

}  // namespace
}  // namespace junctor::store
