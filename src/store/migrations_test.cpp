#include "store/migrations.hpp"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.hpp"
#include "store/sqlite.hpp"
#include "store/test_rows.hpp"

namespace junctor::store {
namespace {

/// What a database of schema version n holds in the table that step n added. Written as plain SQL of that time.
constexpr std::array<std::string_view, 6> contents = {
    "INSERT INTO users VALUES ('1001', 'junctor', 'Alice', 'aa', 'bb', 'cc', 1, 25, '', '', '', '')",
    "INSERT INTO bindings VALUES ('1001', 'sip:1001@192.0.2.10', 0, '192.0.2.10:5060', '192.0.2.1:5060', 0, '', 1000,"
    " 1800000600000, 'reg-1', 1, '', 0, '')",
    "INSERT INTO calls VALUES ('n1-1-1', 'internal', 'answered', '1001', '', '1002', '1002', '', '', 1000, 1001, 1002,"
    " 1003, 'caller', 200, 16, '', '', '')",
    "INSERT INTO legs VALUES ('n1-1-1', 0, 'device', '', '', 'PCMA', '', 1000, 1002, 1003, 50, 50, 0, 0.5, 4.4, '',"
    " '{}')",
    "INSERT INTO transcripts VALUES ('n1-1-1', 1, 'text', 'caller', 100, 900, 0.5, 'hello')",
    "INSERT INTO sequences VALUES ('bot', 1000)",
};

void make_version(const std::string& path, std::size_t version) {
  auto connection = Connection::open(path, busy_timeout_ms);
  ASSERT_TRUE(connection);
  for (std::size_t step = 0; step < version; ++step) {
    ASSERT_TRUE(connection->execute(migrations()[step]));
    ASSERT_TRUE(connection->execute(contents.at(step)));
  }
  ASSERT_TRUE(connection->execute("PRAGMA user_version = " + std::to_string(version)));
}

TEST(Migrations, ComeFromEachEarlierVersionWithTheirContents) {
  ASSERT_EQ(migrations().size(), contents.size()) << "a new step needs its contents here";
  for (std::size_t version = 0; version <= migrations().size(); ++version) {
    const TempFolder folder;
    const std::string path = folder.file("junctor.db");
    make_version(path, version);
    {
      auto database = Database::open(path, Sync::normal);
      ASSERT_TRUE(database) << database.error();
      EXPECT_EQ(database->load_users()->size(), version >= 1 ? 1u : 0u);
      EXPECT_EQ(database->load_bindings(wall(0))->size(), version >= 2 ? 1u : 0u);
      EXPECT_EQ(database->list_calls({})->size(), version >= 3 ? 1u : 0u);
      const std::vector<Write> writes = {call_start("x"), call_end("x"), PutUser{user_row("u")},
                                         UpdateBindings{"u", false, {}, {binding_row("u", "sip:u@192.0.2.1")}}};
      EXPECT_TRUE(database->apply(writes));
    }
    EXPECT_EQ(Connection::open(path, busy_timeout_ms)->number("PRAGMA user_version"),
              static_cast<std::int64_t>(migrations().size()));
  }
}

TEST(Migrations, ANewerSchemaIsLeftAlone) {
  const TempFolder folder;
  const std::string path = folder.file("junctor.db");
  {
    auto connection = Connection::open(path, busy_timeout_ms);
    ASSERT_TRUE(connection->execute("CREATE TABLE future (x); PRAGMA user_version = 99"));
  }
  const auto database = Database::open(path, Sync::normal);
  ASSERT_FALSE(database);
  EXPECT_THAT(database.error(), testing::HasSubstr("made by a newer junctor: its schema is 99"));
  EXPECT_EQ(Connection::open(path, busy_timeout_ms)->number("PRAGMA user_version"), 99);
}

TEST(Migrations, AStepThatFailsLeavesTheVersionBefore) {
  const TempFolder folder;
  const std::string path = folder.file("junctor.db");
  make_version(path, 1);
  {
    // In the way of step 3, after its first statement.
    auto connection = Connection::open(path, busy_timeout_ms);
    ASSERT_TRUE(connection->execute("CREATE TABLE legs (x)"));
  }
  const auto database = Database::open(path, Sync::normal);
  ASSERT_FALSE(database);
  EXPECT_THAT(database.error(), testing::HasSubstr("schema step 3: table legs already exists"));
  auto connection = Connection::open(path, busy_timeout_ms);
  EXPECT_EQ(connection->number("PRAGMA user_version"), 2);
  EXPECT_EQ(connection->number("SELECT count(*) FROM sqlite_master WHERE name = 'calls'"), 0);
}

}  // namespace
}  // namespace junctor::store
