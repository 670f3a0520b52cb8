#include <array>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "net/fd.hpp"
#include "net/log_format.hpp"
#include "net/log_writer.hpp"

namespace junctor::net {
namespace {

constexpr WallTime time{milliseconds(1'787'652'000'123)};

std::string text(std::string_view message, std::initializer_list<LogField> fields) {
  return format_text(time, LogLevel::info, message, {fields.begin(), fields.size()});
}
std::string json(std::string_view message, std::initializer_list<LogField> fields) {
  return format_json(time, LogLevel::warning, message, {fields.begin(), fields.size()});
}

TEST(LogFormat, Text) {
  EXPECT_EQ(text("registered", {{"aor", "alice"}, {"contact", "sip:a b"}, {"empty", ""}}),
            "2026-08-25T10:00:00.123Z info    registered aor=alice contact=\"sip:a b\" empty=\"\"\n");
}

TEST(LogFormat, Json) {
  EXPECT_EQ(json("registered", {{"aor", "alice"}}),
            "{\"time\":\"2026-08-25T10:00:00.123Z\",\"level\":\"warning\",\"message\":\"registered\","
            "\"aor\":\"alice\"}\n");
}

TEST(LogFormat, ValuesCannotBreakALineOrATerminal) {
  const std::string nasty = "a\nb\r\t\"\\\x1b[31m\x7f";
  EXPECT_NE(text("m", {{"v", nasty}}).find("v=\"a\\nb\\r\\t\\\"\\\\\\u001b[31m\\u007f\"\n"), std::string::npos);
  EXPECT_NE(json("m", {{"v", nasty}}).find("\"v\":\"a\\nb\\r\\t\\\"\\\\\\u001b[31m\\u007f\"}"), std::string::npos);
}

TEST(LogFormat, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_NE(json("m", {{"v", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"}}).find("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"),
            std::string::npos);
  for (const std::string bad : {"\xff", "\xC0\x80", "\xED\xA0\x80", "\xC3", "\xF4\x90\x80\x80"}) {
    const std::string line = json("m", {{"v", bad}});
    EXPECT_NE(line.find("\xEF\xBF\xBD"), std::string::npos);
    EXPECT_EQ(line.find(bad), std::string::npos);
  }
}

std::string read_all(int fd) {
  std::string out;
  std::array<char, 4096> buffer;
  for (ssize_t got; (got = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return out;
}

TEST(LogWriter, WritesEverythingBeforeItStops) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  Fd read_end(ends[0]), write_end(ends[1]);
  std::string seen;
  std::thread reader([&] { seen = read_all(read_end.get()); });
  Counters counters;
  {
    LogWriter log({.level = LogLevel::warning, .backlog = 100'000, .fd = write_end.get()}, counters);
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i) {
      writers.emplace_back([&log] {
        for (int n = 0; n < 2'000; ++n) {
          log.info("not shown");
          log.warning("shown", {{"n", std::to_string(n)}});
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
  }
  write_end.reset();
  reader.join();
  EXPECT_EQ(std::count(seen.begin(), seen.end(), '\n'), 8'000);
  EXPECT_EQ(seen.find("not shown"), std::string::npos);
  EXPECT_EQ(counters.get("log_lines_dropped").value(), 0u);
}

TEST(LogWriter, ASlowReaderCostsLinesNotTime) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0);
  Fd read_end(ends[0]), write_end(ends[1]);
  Counters counters;
  LogWriter log({.backlog = 64, .fd = write_end.get()}, counters);
  const std::string value(1'000, 'x');
  for (int n = 0; n < 1'000; ++n) log.info("line", {{"v", value}});
  EXPECT_GT(counters.get("log_lines_dropped").value(), 0u);
  read_end.reset();  // the writer sees a broken pipe and ends
}

TEST(LogLevelName, Parse) {
  EXPECT_EQ(parse_log_level("debug"), LogLevel::debug);
  EXPECT_EQ(parse_log_level("warn"), LogLevel::warning);
  EXPECT_EQ(parse_log_level("loud"), std::nullopt);
}

}  // namespace
}  // namespace junctor::net
