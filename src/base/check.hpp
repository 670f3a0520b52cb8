#pragma once
// Our own mistakes stop the process, in production too: records are on disk, and a restart is honest where going on is
// not.
#include <cstdio>
#include <cstdlib>

namespace junctor {

[[noreturn]] inline void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "junctor: check failed: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace junctor

#define JUNCTOR_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::junctor::check_failed(#condition, __FILE__, __LINE__))
