#include "net/system_random.hpp"

#include <cerrno>
#include <sys/random.h>
#include <utility>

#include "base/check.hpp"

namespace junctor::net {

std::uint64_t SystemRandom::next() {
  if (used_ == block_.size()) {
    char* at = reinterpret_cast<char*>(block_.data());
    for (std::size_t left = sizeof block_; left > 0;) {
      const ssize_t got = ::getrandom(at, left, 0);
      JUNCTOR_CHECK(got > 0 || errno == EINTR);
      if (got <= 0) continue;
      at += got;
      left -= static_cast<std::size_t>(got);
    }
    used_ = 0;
  }
  // What was handed out is forgotten here, so that a later look at this memory shows no tag already in use.
  return std::exchange(block_[used_++], 0);
}

}  // namespace junctor::net
