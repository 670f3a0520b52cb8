#include "sim/net.hpp"

#include <algorithm>
#include <array>
#include <deque>

#include "base/check.hpp"

namespace junctor::sim {
namespace {

constexpr Duration stream_retry = milliseconds(200);  // what one lost segment costs a stream
constexpr Duration stream_patience = seconds(20);     // of silence before a stream gives up
constexpr std::size_t largest_segment = 1400;

}  // namespace

void Net::bind(const Address& address, Receiver receiver) {
  const bool fresh = sockets_.emplace(address, std::move(receiver)).second;
  JUNCTOR_CHECK(fresh);
}

Duration Net::passage(const Link& link) {
  Duration delay = link.delay_ + random_.between(-link.jitter_, link.jitter_);
  if (random_.chance(link.reorder_)) delay += random_.between({}, link.reorder_by_);
  return std::max(delay, Duration{});
}

void Net::deliver(const Address& from, const Address& to, std::string bytes, Duration delay) {
  world_.after(delay, [this, from, to, bytes = std::move(bytes)] {
    const auto socket = sockets_.find(to);
    if (socket == sockets_.end()) return;
    const Receiver receiver = socket->second;  // it may unbind itself
    receiver(from, bytes_of(bytes));
  });
}

void Net::refuse(const Address& sender, const Address& addressed) {
  const Address to = as_reached(addressed);
  const bool there = std::ranges::any_of(sockets_, [&](const auto& socket) { return socket.first.ip == to.ip; });
  if (!there || bound(to) || cut(sender.ip, to.ip)) return;
  world_.after(passage(link(sender.ip)) + passage(link(to.ip)), [this, sender, addressed] {
    const auto handler = refusals_.find(sender);
    if (handler != refusals_.end()) handler->second(addressed);
  });
}

Address Net::as_reached(const Address& address) const {
  return address.ip == outside_ ? Address{inside_, address.port} : address;
}

Address Net::as_seen(const Address& address, const IpAddress& by) const {
  return address.ip == inside_ && !near_.contains(by) ? Address{outside_, address.port} : address;
}

void Net::send(const Address& from, const Address& addressed, std::span<const std::uint8_t> bytes) {
  ++sent_;
  const Address to = as_reached(addressed);
  const Link& first = link(from.ip);
  const Link& second = link(to.ip);
  if (cut(from.ip, to.ip) || random_.chance(first.loss_) || random_.chance(second.loss_)) {
    ++lost_;
    return;
  }
  const int copies = random_.chance(first.duplicate_) || random_.chance(second.duplicate_) ? 2 : 1;
  for (int i = 0; i < copies; ++i)
    deliver(as_seen(from, to.ip), to, std::string(text_of(bytes)), passage(first) + passage(second));
  if (!bound(to) && refusals_.contains(from)) refuse(from, addressed);
}

/// Both ends keep a share of the pipe; what has been written waits in it until it has crossed.
class StreamEnd final : public Stream {
 public:
  struct Pipe {
    struct Side {
      Address address;
      StreamEnd* end = nullptr;
      std::deque<std::string> waiting;  // has crossed, in order; for a partition to heal or for its reader
      TimePoint last_arrival{};         // nothing overtakes
      TimePoint stuck_since{};
      bool retrying = false;
    };
    std::array<Side, 2> sides;
    bool open = true;
  };

  StreamEnd(Net& net, std::shared_ptr<Pipe> pipe, std::size_t side) : net_(net), pipe_(std::move(pipe)), side_(side) {
    mine().end = this;
  }
  ~StreamEnd() override {
    mine().end = nullptr;
    if (pipe_->open) hang_up(net_, pipe_, 1 - side_, "closed by peer");
  }
  StreamEnd(const StreamEnd&) = delete;
  StreamEnd& operator=(const StreamEnd&) = delete;

  Address local() const override { return mine().address; }
  Address remote() const override { return net_.as_seen(pipe_->sides[1 - side_].address, mine().address.ip); }

  void write(std::string bytes) override {
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = std::min<std::size_t>(bytes.size() - at, 1 + net_.random_.below(largest_segment));
      cross(net_, pipe_, 1 - side_, bytes.substr(at, size));
      at += size;
    }
  }

  static void cross(Net& net, const std::shared_ptr<Pipe>& pipe, std::size_t side, std::string bytes) {
    auto& to = pipe->sides[side];
    const Link& first = net.link(pipe->sides[1 - side].address.ip);
    const Link& second = net.link(to.address.ip);
    Duration delay = net.passage(first) + net.passage(second);
    while (net.random_.chance(first.loss_) || net.random_.chance(second.loss_)) delay += stream_retry;
    to.last_arrival = std::max(to.last_arrival, net.world_.now() + delay);
    net.world_.at(to.last_arrival, [&net, pipe, side, bytes = std::move(bytes)]() mutable {
      auto& here = pipe->sides[side];
      if (here.waiting.empty()) here.stuck_since = net.world_.now();
      here.waiting.push_back(std::move(bytes));
      if (!here.retrying) hand_on(net, pipe, side);
    });
  }

  static void hand_on(Net& net, const std::shared_ptr<Pipe>& pipe, std::size_t side) {
    auto& here = pipe->sides[side];
    here.retrying = false;
    while (pipe->open && !here.waiting.empty()) {
      if (net.cut(pipe->sides[0].address.ip, pipe->sides[1].address.ip) || !here.end || !here.end->on_bytes) {
        if (net.world_.now() - here.stuck_since > stream_patience) return hang_up_both(net, pipe, "timed out");
        here.retrying = true;
        net.world_.after(stream_retry, [&net, pipe, side] { hand_on(net, pipe, side); });
        return;
      }
      const std::string bytes = std::move(here.waiting.front());
      here.waiting.pop_front();
      here.end->on_bytes(bytes);
    }
  }

  static void hang_up(Net& net, const std::shared_ptr<Pipe>& pipe, std::size_t side, std::string reason) {
    auto& to = pipe->sides[side];
    to.last_arrival = std::max(to.last_arrival, net.world_.now() + milliseconds(1));
    net.world_.at(to.last_arrival, [pipe, side, reason = std::move(reason)] {
      pipe->open = false;
      StreamEnd* end = pipe->sides[side].end;
      if (end && end->on_closed) end->on_closed(reason);
    });
  }

  static void hang_up_both(Net& net, const std::shared_ptr<Pipe>& pipe, const char* reason) {
    pipe->open = false;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) hang_up(net, pipe, side, reason);
  }

 private:
  Pipe::Side& mine() const { return pipe_->sides[side_]; }

  Net& net_;
  std::shared_ptr<Pipe> pipe_;
  std::size_t side_;
};

std::unique_ptr<Stream> Net::connect(const IpAddress& from, const Address& addressed) {
  const Address to = as_reached(addressed);
  auto pipe = std::make_shared<StreamEnd::Pipe>();
  pipe->sides[0].address = {from, next_ephemeral_port_};
  pipe->sides[1].address = to;
  next_ephemeral_port_ =
      next_ephemeral_port_ == 60000 ? std::uint16_t{30000} : static_cast<std::uint16_t>(next_ephemeral_port_ + 1);
  auto mine = std::make_unique<StreamEnd>(*this, pipe, 0);
  const Duration crossing = passage(link(from)) + passage(link(to.ip));
  pipe->sides[1].last_arrival = world_.now() + crossing;  // nothing that is written overtakes the handshake
  world_.after(crossing, [this, pipe, to] {
    const auto listener = listeners_.find(to);
    if (cut(pipe->sides[0].address.ip, to.ip)) {
      world_.after(stream_patience, [this, pipe] { StreamEnd::hang_up_both(*this, pipe, "timed out"); });
    } else if (listener == listeners_.end()) {
      StreamEnd::hang_up_both(*this, pipe, "refused");
    } else {
      listener->second(std::make_unique<StreamEnd>(*this, pipe, 1));
    }
  });
  return mine;
}

}  // namespace junctor::sim
