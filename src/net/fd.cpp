#include "net/fd.hpp"

#include <unistd.h>

namespace junctor::net {

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace junctor::net
