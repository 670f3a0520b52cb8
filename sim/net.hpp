#pragma once
// The simulated network: hosts by IP address, each behind one Link. A datagram passes the sender's link and then the
// receiver's; each may lose, delay, duplicate or overtake it. Streams lose nothing: there loss is delay, and a
// partition that lasts ends the connection.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/address.hpp"
#include "base/io.hpp"
#include "sim/world.hpp"

namespace junctor::sim {

/// How one host is connected. All settings may change at any time and act on what is sent from then on.
class Link {
 public:
  /// Probability (0..1) that a datagram is lost.
  Link& loss(double p) { return loss_ = p, *this; }
  /// One way; each datagram takes delay ± jitter, so that jitter alone reorders when it exceeds the spacing.
  Link& delay(Duration mean, Duration jitter = {}) { return delay_ = mean, jitter_ = jitter, *this; }
  /// Probability that a datagram arrives twice.
  Link& duplicate(double p) { return duplicate_ = p, *this; }
  /// Probability that a datagram is held back, by up to `by`, so that later ones overtake it.
  Link& reorder(double p, Duration by = milliseconds(50)) { return reorder_ = p, reorder_by_ = by, *this; }
  /// A partition: nothing passes until it is healed.
  Link& cut() { return cut_ = true, *this; }
  Link& heal() { return cut_ = false, *this; }
  /// Back to a perfect line with a millisecond of delay.
  Link& perfect() { return *this = Link(); }

 private:
  friend class Net;
  friend class StreamEnd;
  double loss_ = 0, duplicate_ = 0, reorder_ = 0;
  Duration delay_ = milliseconds(1), jitter_{}, reorder_by_{};
  bool cut_ = false;
};

/// One side of a stream connection; owned by whoever holds it, closed when it is destroyed.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual void write(std::string bytes) = 0;
  virtual Address local() const = 0;
  virtual Address remote() const = 0;
  /// Bytes as they come, cut anywhere. Neither handler may destroy the Stream.
  std::function<void(std::string_view)> on_bytes;
  std::function<void(std::string_view reason)> on_closed;
};

class Net {
 public:
  using Receiver = std::function<void(const Address& from, std::span<const std::uint8_t> bytes)>;
  using Refused = std::function<void(const Address& to)>;
  using Acceptor = std::function<void(std::unique_ptr<Stream>)>;

  explicit Net(World& world) : world_(world), random_(world.random().fork()) {}

  Link& link(const IpAddress& host) { return links_[host]; }

  /// An address is bound at most once; check bound() first.
  void bind(const Address& address, Receiver receiver);
  void unbind(const Address& address) { sockets_.erase(address), refusals_.erase(address); }
  /// Called when what a bound address sent finds nobody at that port of a host that is there (ICMP).
  void on_refused(const Address& address, Refused handler) { refusals_[address] = std::move(handler); }
  bool bound(const Address& address) const { return sockets_.contains(address); }
  void send(const Address& from, const Address& to, std::span<const std::uint8_t> bytes);

  void listen(const Address& address, Acceptor acceptor) { listeners_[address] = std::move(acceptor); }
  void stop_listening(const Address& address) { listeners_.erase(address); }
  /// Never fails at once: a connection that is refused or has no way through closes later.
  std::unique_ptr<Stream> connect(const IpAddress& from, const Address& to);

  /// A router: what is sent to `outside` reaches `inside`, and what `inside` sends to hosts that are not `near` seems
  /// to come from `outside`. Ports stay as they are.
  void forward(const IpAddress& outside, const IpAddress& inside, const Network& near) {
    outside_ = outside, inside_ = inside, near_ = near;
  }

  std::size_t sockets() const { return sockets_.size(); }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t lost() const { return lost_; }

 private:
  friend class StreamEnd;
  Duration passage(const Link& link);
  Address as_reached(const Address& address) const;
  Address as_seen(const Address& address, const IpAddress& by) const;
  void deliver(const Address& from, const Address& to, std::string bytes, Duration delay);
  void refuse(const Address& sender, const Address& addressed);
  bool cut(const IpAddress& a, const IpAddress& b) { return link(a).cut_ || link(b).cut_; }

  World& world_;
  SeededRandom random_;
  std::map<IpAddress, Link> links_;
  std::unordered_map<Address, Receiver> sockets_;
  std::unordered_map<Address, Refused> refusals_;
  std::map<Address, Acceptor> listeners_;
  IpAddress outside_, inside_;
  Network near_;
  std::uint16_t next_ephemeral_port_ = 30000;
  std::uint64_t sent_ = 0, lost_ = 0;
};

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace junctor::sim
