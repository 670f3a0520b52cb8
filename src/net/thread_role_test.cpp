#include "net/thread_role.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>

namespace junctor::net {
namespace {

int nice_of_this_thread() {
  return ::getpriority(PRIO_PROCESS, 0);
}

TEST(ThreadRoleTest, ARaisedThreadMakesOrdinaryOnes) {
  std::thread([] {
    const int before = nice_of_this_thread();
    const bool raised = raise_thread(control_nice);
    EXPECT_EQ(nice_of_this_thread(), raised ? control_nice : before);
    std::thread([] { EXPECT_GE(nice_of_this_thread(), 0); }).join();
  }).join();
  EXPECT_GE(nice_of_this_thread(), 0);
}

TEST(ThreadRoleTest, AThreadHasItsName) {
  std::thread([] {
    name_thread("fifteen letters");
    char name[16] = {};
    ASSERT_EQ(::pthread_getname_np(::pthread_self(), name, sizeof name), 0);
    EXPECT_STREQ(name, "fifteen letters");
  }).join();
}

}  // namespace
}  // namespace junctor::net
