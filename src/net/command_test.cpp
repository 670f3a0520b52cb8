// Other programs: what goes in and comes out, and that none outlives its time.
#include "net/command.hpp"

#include <array>
#include <cerrno>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/clock.hpp"

namespace junctor::net {
namespace {

Command shell(const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script}};
}

TEST(Command, InputAndArgumentsArriveAsTheyAre) {
  Command command{.argv = {"sh", "-c", "cat; printf '<%s>' \"$@\"", "sh", "a b", "$(id)", "'; exit 1"}};
  command.input = "line\n$HOME `id`";
  EXPECT_EQ(run(command).value(), "line\n$HOME `id`<a b><$(id)><'; exit 1>");
}

TEST(Command, MoreThanAPipeHoldsGoesThrough) {
  Command command{.argv = {"cat"}};
  command.input = std::string(3'000'000, 'x');
  EXPECT_EQ(run(command).value().size(), 3'000'000u);
  command.argv = {"true"};  // and nobody minds that it is not read
  EXPECT_EQ(run(command).value(), "");
}

TEST(Command, FailuresAreTold) {
  EXPECT_EQ(run(shell("echo no; exit 3")).error(), "/bin/sh ended with status 3");
  EXPECT_EQ(run(shell("kill -9 $$")).error(), "/bin/sh was ended by signal 9");
  EXPECT_EQ(run({.argv = {"/nowhere/to-be-found"}}).error(), "/nowhere/to-be-found: no such file or directory");
}

TEST(Command, OutputIsBounded) {
  Command command = shell("cat /dev/zero");
  command.output_max = 100'000;
  EXPECT_EQ(run(command).error(), "/bin/sh wrote more than 100000 bytes");
}

/// A pipe that the script and all that it starts hold open as long as they live tells of their end.
void expect_nothing_left(const std::string& script) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);  // handed down on purpose
  Command command = shell(script);
  command.timeout = milliseconds(300);
  const TimePoint before = now();
  EXPECT_EQ(run(command).error(), "/bin/sh took too long");
  EXPECT_LT(now() - before, seconds(10));
  ::close(ends[1]);
  char byte;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0) << "somebody still holds it";
  ::close(ends[0]);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Command, WhatTakesTooLongIsKilledWithAllThatItStarted) {
  expect_nothing_left("sleep 1000 & sleep 1000");
  expect_nothing_left("exec >&-; sleep 1000");             // it has said all, and stays
  expect_nothing_left("trap '' TERM HUP; sleep 1000; :");  // and does not listen
  expect_nothing_left("sleep 1000 & exit 0");              // its child holds the output
}

TEST(Command, WhatItLeavesBehindIsKilled) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  EXPECT_EQ(run(shell("sleep 1000 >/dev/null & echo well")).value(), "well\n");
  ::close(ends[1]);
  char byte;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);
  ::close(ends[0]);
}

}  // namespace
}  // namespace junctor::net
