#include "net/waker.hpp"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.hpp"

namespace junctor::net {

Waker::Waker() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  JUNCTOR_CHECK(fd_ >= 0);
}

Waker::~Waker() {
  if (fd_ >= 0) ::close(fd_);
}

void Waker::signal() {
  if (signal_) return signal_();
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then the descriptor is readable anyway.
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
}

void Waker::drain() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd_, &count, sizeof count);
}

}  // namespace junctor::net
