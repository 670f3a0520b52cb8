#pragma once
// The control loop's UDP sockets: received in batches, served round robin, so that no socket starves another.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "base/address.hpp"
#include "base/counters.hpp"
#include "base/io.hpp"
#include "base/result.hpp"
#include "net/fd.hpp"
#include "net/socket_address.hpp"

namespace junctor::net {

class UdpListeners {
 public:
  explicit UdpListeners(Counters& counters);

  /// The new socket's descriptor, to be watched for input (level-triggered).
  Result<int, std::string> add(ListenerIndex index, const Address& address, DatagramSink& sink, int receive_buffer);
  Address local_address(ListenerIndex index) const;

  void on_readable(ListenerIndex index);
  /// Hands one datagram to its sink; false when nothing waits on any socket known to be readable.
  bool deliver_one(TimePoint now);
  bool send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes);

 private:
  static constexpr std::size_t batch = 64;
  static constexpr std::size_t datagram_bytes = 65'536;

  struct Listener {
    Fd fd;
    DatagramSink* sink = nullptr;
    bool readable = false;
  };

  bool receive();

  Counter& received_;
  Counter& sent_;
  Counter& send_errors_;
  Counter& receive_errors_;
  std::vector<Listener> listeners_;  // by ListenerIndex; those without a socket are gaps
  std::size_t turn_ = 0;             // the listener that was served last

  // One batch, received and not yet handed on. The memory behind a large datagram is only ever touched if one comes.
  ListenerIndex batch_of_ = 0;
  std::size_t batch_at_ = 0, batch_size_ = 0;
  std::array<mmsghdr, batch> headers_{};
  std::array<iovec, batch> vectors_{};
  std::array<SocketAddress, batch> sources_{};
  std::unique_ptr<std::uint8_t[]> bytes_;
};

}  // namespace junctor::net
