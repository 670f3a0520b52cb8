#include "net/media_thread.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <string>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <thread>
#include <utility>

#include "net/clock.hpp"
#include "net/epoll_timeout.hpp"
#include "net/port_pool.hpp"
#include "net/socket_address.hpp"
#include "net/thread_role.hpp"
#include "net/udp_socket.hpp"

namespace junctor::net {
namespace {

constexpr std::uint64_t waker_token = ~std::uint64_t{0};
constexpr int events_per_wait = 256;
// How many packets one socket may give in one turn; the rest comes up again in the next one.
constexpr unsigned packets_per_socket = 8;
// The same for refusals of what it sent.
constexpr unsigned refusals_per_socket = 8;
// A worker binds that many pairs per family between two looks at its packets (some 15 µs each).
constexpr std::size_t binds_per_turn = 8;
// An Ethernet frame's worth; what is longer is no media of ours and is dropped.
constexpr std::size_t packet_bytes = 2'048;
// Where nothing came for so many pauses, the last one gathered nothing, and the next one is left out.
constexpr int long_gap_pauses = 2;
// The kernel may end a sleep that much later; the default of 50 µs would be a fifth of the coalescing.
constexpr unsigned long timer_slack_ns = 5'000;

}  // namespace

class MediaThread::Impl final : public PacketSockets {
 public:
  Impl(const MediaThreadSettings& settings, PacketSide& side, Counters& counters)
      : settings_(settings),
        side_(side),
        received_(counters.get("media_received")),
        sent_(counters.get("media_sent")),
        send_errors_(counters.get("media_send_errors")),
        receive_errors_(counters.get("media_receive_errors")),
        truncated_(counters.get("media_truncated")),
        refused_(counters.get("media_refused")),
        pool_(settings, counters),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < packets_per_socket; ++i) {
      vectors_[i] = {packets_[i].data(), packets_[i].size()};
      headers_[i].msg_hdr.msg_iov = &vectors_[i];
      headers_[i].msg_hdr.msg_iovlen = 1;
      headers_[i].msg_hdr.msg_name = &sources_[i];
    }
    on_bound_ = [this](std::uint32_t slot, const SocketPair& sockets) { watch_pair(slot, sockets); };
  }

  Result<void, std::string> prepare() {
    if (!epoll_ || !watch(waker_.fd(), EPOLLIN | EPOLLET, waker_token)) return fail("epoll: " + error_text(errno));
    return pool_.fill(on_bound_, now());
  }

  void start() {
    thread_ = std::thread([this] { run(); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    stop_.store(true);
    waker_.wake();
    thread_.join();
  }

  std::optional<PortPair> take_port(Family family) {
    std::optional<PortPair> pair = pool_.take(family);
    if (pool_.low(family)) waker_.wake();
    return pair;
  }

  void return_port(const PortPair& pair) {
    pool_.give_back(pair);
    // No hurry while others are ready: the worker looks at it when it comes round.
    if (pool_.low(pair.family)) waker_.wake();
  }

  bool send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes) override {
    const SocketPair* sockets = pool_.sockets(slot_of(tag));
    if (sockets == nullptr) return false;
    SocketAddress address;
    const socklen_t length = to_socket_address(to, address);
    const int fd = is_rtcp(tag) ? sockets->rtcp.get() : sockets->rtp.get();
    const auto try_to_send = [&] {
      return ::sendto(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, &address.any, length) >= 0;
    };
    // A refusal of an earlier packet is told once, in place of sending this one.
    if (!try_to_send() && (errno == EAGAIN || !try_to_send())) {
      ++send_errors_now_;
      return false;
    }
    ++sent_now_;
    return true;
  }

  SocketPair release(std::uint32_t slot) override {
    SocketPair sockets = pool_.release(slot);
    for (const Fd* const fd : {&sockets.rtp, &sockets.rtcp})
      if (*fd) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd->get(), nullptr);
    return sockets;
  }

  void adopt(std::uint32_t slot, SocketPair sockets) override {
    watch_pair(slot, sockets);
    pool_.adopt(slot, std::move(sockets));
  }

  PortPool& pool() { return pool_; }
  Waker& waker() { return waker_; }

 private:
  bool watch(int fd, std::uint32_t events, std::uint64_t token) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = token;
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
  }

  // Edge-triggered: the kernel need not look at a socket again only to see that it was emptied.
  static constexpr std::uint32_t watched = EPOLLIN | EPOLLET;

  void watch_pair(std::uint32_t slot, const SocketPair& sockets) {
    watch(sockets.rtp.get(), watched, rtp_tag(slot));
    watch(sockets.rtcp.get(), watched, rtcp_tag(slot));
  }

  // What may be left in the socket comes up in the next turn.
  void watch_again(int fd, std::uint64_t tag) {
    epoll_event event{};
    event.events = watched;
    event.data.u64 = tag;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
  }

  // wait → commands → packets → timers → pool, and so on; the clock is read once before and once after.
  void run() {
    name_thread(("media-" + std::to_string(settings_.worker)).c_str());
    ::prctl(PR_SET_TIMERSLACK, timer_slack_ns, 0, 0, 0);
    side_.on_start(*this);
    TimePoint ended = now();
    bool more = true;
    while (!stop_.load(std::memory_order_relaxed)) {
      const std::size_t count = wait(more, ended);
      const TimePoint start = now();
      const bool gathers = start - ended < long_gap_pauses * settings_.coalescing;
      side_.on_commands(start);
      bool packets = false;
      for (std::size_t i = 0; i < count; ++i) {
        expect_after(i, count);
        const auto [flags, data] = events_[i];
        const std::uint64_t tag = data.u64;
        if (tag == waker_token) continue;
        if ((flags & EPOLLERR) != 0) take_refusals(tag, start);
        drain(tag, start);
        packets = true;
      }
      const std::optional<TimePoint> wake = side_.next_wake();
      if (wake && *wake <= start) side_.on_tick(start);
      more = pool_.refill(binds_per_turn, on_bound_, start);
      publish_counts();
      ended = now();
      if (packets && gathers && !more) coalesce(start, ended);
    }
  }

  std::size_t wait(bool more, TimePoint time) {
    int timeout = 0;
    if (!more) {
      waker_.prepare_sleep();
      // A command that came before the waker was armed has no other herald.
      side_.on_commands(time);
      timeout = stop_.load() ? 0 : epoll_timeout(side_.next_wake(), time);
    }
    const int count = ::epoll_wait(epoll_.get(), events_.data(), events_per_wait, timeout);
    waker_.awake();
    return count < 0 ? 0 : static_cast<std::size_t>(count);
  }

  void expect_after(std::size_t event, std::size_t count) {
    for (std::size_t before = PacketSide::expected_ahead; before > 0; --before) {
      const std::size_t later = event + before;
      if (later < count && events_[later].data.u64 != waker_token) side_.expect(events_[later].data.u64, before);
    }
  }

  static bool is_refusal(int error) {
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN ||
           error == EACCES || error == EMSGSIZE;
  }

  void take_refusals(std::uint64_t tag, TimePoint time) {
    const SocketPair* sockets = pool_.sockets(slot_of(tag));
    if (sockets == nullptr) return;
    const int fd = is_rtcp(tag) ? sockets->rtcp.get() : sockets->rtp.get();
    for (unsigned i = 0; i < refusals_per_socket; ++i) {
      const std::optional<Address> to = take_refusal(fd);
      if (!to) return;
      refused_.add();
      side_.on_unreachable(tag, *to, time);
    }
    watch_again(fd, tag);
  }

  void drain(std::uint64_t tag, TimePoint time) {
    const SocketPair* sockets = pool_.sockets(slot_of(tag));
    if (sockets == nullptr) return;
    const int fd = is_rtcp(tag) ? sockets->rtcp.get() : sockets->rtp.get();
    for (mmsghdr& header : headers_) header.msg_hdr.msg_namelen = sizeof(SocketAddress);
    const int got = ::recvmmsg(fd, headers_.data(), packets_per_socket, MSG_DONTWAIT, nullptr);
    if (got < 0) {
      if (errno == EAGAIN) return;
      // An error is told once, in place of the packets behind it.
      if (errno != EINTR && !is_refusal(errno)) receive_errors_.add();
      return watch_again(fd, tag);
    }
    if (static_cast<std::size_t>(got) == packets_per_socket) watch_again(fd, tag);
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
      ++received_now_;
      if ((headers_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) {
        truncated_.add();
        continue;
      }
      side_.on_datagram(tag, from_socket_address(sources_[i]), {packets_[i].data(), headers_[i].msg_len}, time);
    }
  }

  // Sleeping on until the turn is `coalescing` old gathers several packets for one wake-up; not where they come at once
  // and then nothing for long, which is only woken twice.
  void coalesce(TimePoint start, TimePoint ended) {
    const Duration left = start + settings_.coalescing - ended;
    if (left <= Duration::zero()) return;
    const timespec pause{0, left.count()};
    ::nanosleep(&pause, nullptr);
  }

  void publish_counts() {
    if (received_now_ != 0) received_.add(std::exchange(received_now_, 0));
    if (sent_now_ != 0) sent_.add(std::exchange(sent_now_, 0));
    if (send_errors_now_ != 0) send_errors_.add(std::exchange(send_errors_now_, 0));
  }

  const MediaThreadSettings settings_;
  PacketSide& side_;
  Counter& received_;
  Counter& sent_;
  Counter& send_errors_;
  Counter& receive_errors_;
  Counter& truncated_;
  Counter& refused_;
  std::uint64_t received_now_ = 0, sent_now_ = 0, send_errors_now_ = 0;  // of this turn
  PortPool pool_;
  PortPool::OnBound on_bound_;
  Waker waker_;
  Fd epoll_;
  std::array<epoll_event, events_per_wait> events_;
  std::array<mmsghdr, packets_per_socket> headers_{};
  std::array<iovec, packets_per_socket> vectors_{};
  std::array<SocketAddress, packets_per_socket> sources_{};
  std::array<std::array<std::uint8_t, packet_bytes>, packets_per_socket> packets_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

Result<std::unique_ptr<MediaThread>, std::string> MediaThread::create(const MediaThreadSettings& settings,
                                                                      PacketSide& side, Counters& counters) {
  auto impl = std::make_unique<Impl>(settings, side, counters);
  if (const Result<void, std::string> ready = impl->prepare(); !ready) return fail(ready.error());
  return std::unique_ptr<MediaThread>(new MediaThread(std::move(impl)));
}

MediaThread::MediaThread(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MediaThread::~MediaThread() {
  impl_->stop();
}
void MediaThread::start() {
  impl_->start();
}
void MediaThread::stop() {
  impl_->stop();
}
std::optional<PortPair> MediaThread::take_port(Family family) {
  return impl_->take_port(family);
}
void MediaThread::return_port(const PortPair& pair) {
  impl_->return_port(pair);
}
std::size_t MediaThread::ports_in_use() const {
  return impl_->pool().in_use();
}
bool MediaThread::has_family(Family family) const {
  return impl_->pool().has_family(family);
}
Waker& MediaThread::waker() {
  return impl_->waker();
}

}  // namespace junctor::net
