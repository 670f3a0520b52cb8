#pragma once
// One media worker thread: an epoll loop over the RTP and RTCP sockets of its ports and a pool of bound port pairs.
// What the packets mean is the PacketSide's business (hub puts a media::Worker behind it).
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/address.hpp"
#include "base/counters.hpp"
#include "base/io.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/fd.hpp"
#include "net/waker.hpp"

namespace junctor::net {

/// A bound pair of sockets, taken from a worker's pool: RTP on the even `rtp_port`, RTCP on the next. `slot` names it
/// on its worker, below MediaThreadSettings::max_slots, and is reused after the pair went back.
struct PortPair {
  std::uint32_t worker = 0;
  std::uint32_t slot = 0;
  Family family = Family::v4;
  std::uint16_t rtp_port = 0;
};

/// The tags under which a pair's datagrams arrive at PacketSide::on_datagram and leave by the DatagramSender.
constexpr std::uint64_t rtp_tag(std::uint32_t slot) {
  return std::uint64_t{slot} << 1;
}
constexpr std::uint64_t rtcp_tag(std::uint32_t slot) {
  return std::uint64_t{slot} << 1 | 1;
}
constexpr std::uint32_t slot_of(std::uint64_t tag) {
  return static_cast<std::uint32_t>(tag >> 1);
}
constexpr bool is_rtcp(std::uint64_t tag) {
  return (tag & 1) != 0;
}

/// The sockets of a pair.
struct SocketPair {
  Fd rtp, rtcp;
  Family family = Family::v4;
  explicit operator bool() const { return static_cast<bool>(rtp); }
};

/// A worker's sockets, for what runs there and on its thread only. Sends out of the socket that the tag names.
class PacketSockets : public DatagramSender {
 public:
  /// The pair leaves this worker; what has arrived and was not read stays in it. Nothing at a slot without a pair.
  virtual SocketPair release(std::uint32_t slot) = 0;
  /// A pair that came from elsewhere gets a slot, from max_slots on; what waits in it arrives with the next turn.
  virtual void adopt(std::uint32_t slot, SocketPair sockets) = 0;
};

/// What runs on a worker. All calls come on its thread. Idle pairs stay in the poll set, so datagrams for slots that
/// are not in use arrive too and are the side's to drop; a pair that is taken has nothing stale waiting in its sockets.
class PacketSide : public DatagramSink {
 public:
  /// Once, before anything else.
  virtual void on_start(PacketSockets& sockets) = 0;
  /// A datagram under `tag` comes after `before` others, 1 to `expected_ahead`: what it will need can be brought into
  /// the caches by then. Told for each number in turn, the largest first.
  virtual void expect(std::uint64_t tag, std::size_t before) = 0;
  static constexpr std::size_t expected_ahead = 3;
  /// Once in each turn, before the packets: reads the commands that wait.
  virtual void on_commands(TimePoint now) = 0;
  /// When next_wake() has come.
  virtual void on_tick(TimePoint now) = 0;
  /// When on_tick() is wanted next, to the millisecond.
  virtual std::optional<TimePoint> next_wake() const = 0;
  /// What was sent under `tag` to `to` was refused, or there is no way there (ICMP).
  virtual void on_unreachable(std::uint64_t tag, const Address& to, TimePoint now) = 0;
};

struct MediaThreadSettings {
  std::uint32_t worker = 0;   ///< this one's number
  std::uint32_t workers = 1;  ///< pair number n of the range belongs to worker n % workers
  std::uint16_t port_min = 16'384;
  std::uint16_t port_max = 32'767;
  std::optional<IpAddress> bind_v4 = IpAddress{};                ///< nothing: no IPv4 media
  std::optional<IpAddress> bind_v6 = IpAddress{{}, Family::v6};  ///< nothing: no IPv6 media
  std::size_t ready_pairs = 64;                                  ///< bound ahead of need, per family
  std::size_t idle_pairs = 1'024;  ///< freed pairs kept bound for reuse, per family; more are closed
  std::size_t max_slots = 16'384;  ///< pairs of this worker at once, both families
  Duration coalescing{100'000};    ///< turns with packets begin so far apart while that gathers any; 0: at once
};

/// Counters, shared by all workers: media_received, media_sent, media_send_errors, media_receive_errors,
/// media_truncated, media_refused (ICMP), media_pool_empty, media_bind_errors.
class MediaThread {
 public:
  /// Binds the first ready_pairs of each family before it returns; a family that the host lacks is left out. The error
  /// is one line ("no media port could be bound in 16384-32767: …").
  static Result<std::unique_ptr<MediaThread>, std::string> create(const MediaThreadSettings& settings, PacketSide& side,
                                                                  Counters& counters);
  /// Stops first.
  ~MediaThread();

  void start();
  /// Joins; then closes every socket. Idempotent.
  void stop();

  // Any thread.

  /// The pair that is free for longest, without a round trip; nothing (counted) when the pool is empty.
  std::optional<PortPair> take_port(Family family);
  /// A pair that was taken goes back to the pool, to be reused after all that are free longer. One whose sockets were
  /// released, and are closed by now, is bound again when its turn comes.
  void return_port(const PortPair& pair);
  /// Taken and not back yet: zero when no call is left.
  std::size_t ports_in_use() const;
  bool has_family(Family family) const;

  /// For channels to this worker.
  Waker& waker();

 private:
  class Impl;
  explicit MediaThread(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::net
