#pragma once
// How net meets the rest: net knows these interfaces and nothing of SIP, RTP or calls; hub plugs the rooms in.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace junctor {

/// Names one bound UDP socket or TCP listener of the process; an index given out by net, stable for the life of the
/// process.
using ListenerIndex = std::uint32_t;

/// Takes datagrams as they arrive: SIP over UDP on the control thread, RTP and RTCP on a media worker.
class DatagramSink {
 public:
  virtual ~DatagramSink() = default;
  /// `bytes` is only valid during the call. `tag` is what the socket was registered with (a ListenerIndex for SIP; a
  /// port's token on a worker).
  virtual void on_datagram(std::uint64_t tag, const Address& from, std::span<const std::uint8_t> bytes,
                           TimePoint now) = 0;
};

/// Sends datagrams; the opposite of DatagramSink. False when the kernel's buffer is full or the peer is unreachable:
/// the caller counts, and goes on as if the packet was lost.
class DatagramSender {
 public:
  virtual ~DatagramSender() = default;
  virtual bool send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes) = 0;
};

/// Cuts a byte stream into messages; one instance per connection, used on the edge thread only.
class StreamFramer {
 public:
  virtual ~StreamFramer() = default;
  /// Appends `bytes` and calls `message` for each complete unit. An error text ends the connection; it is counted by
  /// net.
  virtual const char* on_bytes(std::string_view bytes, const std::function<void(std::string&&)>& message) = 0;
  /// Is the beginning of a message waiting for its rest? net closes the connection when that lasts too long. Bytes
  /// between messages (keep-alive line ends) are not a beginning.
  virtual bool partial() const = 0;
};

/// What happens on connections, delivered on the control thread.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual void on_open(ConnectionId, ListenerIndex, const Address& local, const Address& remote, TimePoint now) = 0;
  virtual void on_message(ConnectionId, std::string&& message, TimePoint now) = 0;
  /// Also when an outgoing connection could not be made; `reason` is one short line.
  virtual void on_close(ConnectionId, std::string_view reason, TimePoint now) = 0;
};

/// Opens, writes to and closes connections; called on the control thread, never blocks.
class StreamSender {
 public:
  virtual ~StreamSender() = default;
  /// The connection is usable at once: what is written before it is up is kept (bounded) and sent then.
  virtual ConnectionId connect(const Address& to) = 0;
  /// False when the connection is gone or its output bound is passed (it is then being closed).
  virtual bool write(ConnectionId, std::string&& bytes) = 0;
  virtual void close(ConnectionId) = 0;
};

/// Work that blocks or burns. `run` happens on a background thread; what it returns is called on the control thread.
using Job = std::function<std::function<void(TimePoint now)>()>;

class JobRunner {
 public:
  virtual ~JobRunner() = default;
  /// False when the backlog is full: the caller answers as if the work had failed.
  virtual bool submit(Job job) = 0;
};

}  // namespace junctor
