#include "net/thread_role.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include "base/check.hpp"

namespace junctor::net {

void name_thread(const char* name) {
  const int error = ::pthread_setname_np(::pthread_self(), name);
  JUNCTOR_CHECK(error == 0);  // the name is too long
}

bool raise_thread(int nice) {
  // Linux keeps a nice value per thread, and 0 is the calling one.
  if (::setpriority(PRIO_PROCESS, 0, nice) != 0) return false;
  const sched_param ordinary{};
  ::sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &ordinary);
  return true;
}

}  // namespace junctor::net
