#include "net/control_loop.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/queue.hpp"
#include "net/clock.hpp"
#include "net/epoll_timeout.hpp"
#include "net/thread_role.hpp"
#include "net/udp_listeners.hpp"

namespace junctor::net {
namespace {

// What epoll tells apart besides the listeners, which are known by their index.
constexpr std::uint64_t waker_token = ControlLoop::max_listeners;
constexpr std::uint64_t signal_token = waker_token + 1;

bool watch(int epoll, int fd, std::uint32_t events, std::uint64_t token) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

class ControlLoop::Impl {
 public:
  Impl(const ControlLoopSettings& settings, TimerWheel& timers, Counters& counters)
      : settings_(settings),
        timers_(timers),
        inbox_full_(counters.get("control_inbox_full")),
        listeners_(counters),
        inbox_(settings.inbox_capacity),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

  bool usable() const { return epoll_ && watch(epoll_.get(), waker_.fd(), EPOLLIN | EPOLLET, waker_token); }

  Result<Address, std::string> listen_udp(ListenerIndex index, const Address& address, DatagramSink& sink) {
    JUNCTOR_CHECK(index < max_listeners);
    const Result<int, std::string> fd = listeners_.add(index, address, sink, settings_.receive_buffer_bytes);
    if (!fd) return fail(fd.error());
    if (!watch(epoll_.get(), *fd, EPOLLIN, index)) return fail(socket_error("udp", to_string(address), errno));
    return listeners_.local_address(index);
  }

  Result<void, std::string> handle_signals(std::function<void(Signal, TimePoint)> handler) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    if (error != 0) return fail("signals: " + error_text(error));
    signals_ = Fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!signals_ || !watch(epoll_.get(), signals_.get(), EPOLLIN, signal_token)) {
      return fail("signals: " + error_text(errno));
    }
    on_signal_ = std::move(handler);
    return {};
  }

  void run() {
    raise_thread(control_nice);
    bool more = true;  // the waker is not armed yet
    while (!stop_.load(std::memory_order_relaxed)) {
      wait(more);
      const Duration work_before = thread_cpu_time();
      const TimePoint start = now();
      more = turn(start);
      const TimePoint ended = now();
      turns_.add(ended - start);
      work_.add(thread_cpu_time() - work_before);
      if (!more) more = rest(start, ended);
    }
  }

  void stop() {
    stop_.store(true);
    waker_.wake();
  }

  bool post(Task&& task) {
    if (!inbox_.push(std::move(task))) {
      inbox_full_.add();
      waker_.wake();
      return false;
    }
    waker_.wake();
    return true;
  }

  const ControlLoopSettings settings_;
  TimerWheel& timers_;
  Counter& inbox_full_;
  UdpListeners listeners_;
  BoundedQueue<Task> inbox_;
  Waker waker_;
  Fd epoll_;
  Fd signals_;
  std::function<void(Signal, TimePoint)> on_signal_;
  std::vector<std::function<bool(TimePoint)>> sources_;
  std::vector<std::function<std::optional<TimePoint>(TimePoint)>> turn_ends_;
  DurationHistogram turns_, work_;
  std::atomic<bool> stop_{false};

 private:
  static constexpr int events_per_wait = 64;

  // Each of the three kinds of work gets a third of the budget, and what the kinds before it left over.
  bool turn(TimePoint start) {
    // Where timers lag behind, everything in this turn is told the time that they have come to: it never runs back.
    const TimePoint time = run_timers(start, start + settings_.turn_budget / 3);
    bool more = time < start;
    served_ = 0;
    const auto serve = [&](TimePoint end, auto&& one) {
      while (one()) {
        ++served_;
        if (now() >= end) {
          more = true;
          return;
        }
      }
    };
    serve(start + settings_.turn_budget * 2 / 3, [&] { return listeners_.deliver_one(time); });
    serve(start + settings_.turn_budget, [&] { return take_posted(time); });
    wake_at_.reset();
    for (const auto& hook : turn_ends_) {
      const std::optional<TimePoint> at = hook(time);
      if (at && (!wake_at_ || *at < *wake_at_)) wake_at_ = at;
    }
    return more;
  }

  // Whether the next rest will gather anything is seen from those before: with one item in each turn, as when somebody
  // waits for each answer before the next question, it delays all and spares no wake-up. Then it is only tried now and
  // then, and when two things have come at a time.
  bool shall_rest() {
    constexpr std::uint32_t barren_max = 8, tried_every = 64;
    barren_ = served_ > 1 ? 0 : barren_ + 1;
    return barren_ < barren_max || barren_ % tried_every == 0;
  }

  // Sleeping on until the turn is `coalescing` old gathers several datagrams for one turn: a wake-up costs more than
  // most messages do. True when there is work already, so that the next wait must not sleep.
  bool rest(TimePoint start, TimePoint ended) {
    if (const Duration left = start + settings_.coalescing - ended; shall_rest() && left > Duration::zero()) {
      const timespec pause{0, left.count()};
      ::nanosleep(&pause, nullptr);
    }
    waker_.prepare_sleep();
    return take_posted(reached_) || stop_.load();
  }

  TimePoint run_timers(TimePoint until, TimePoint end) {
    for (;;) {
      const std::optional<TimePoint> next = timers_.next_wake();
      const bool last = !next || *next > until;
      reached_ = last ? until : std::max(*next, reached_);
      timers_.advance(reached_);
      if (last || now() >= end) return reached_;
    }
  }

  // One item of each source and one task; false when there was nothing at all.
  bool take_posted(TimePoint time) {
    bool any = false;
    for (const auto& take_one : sources_) any = take_one(time) || any;
    if (std::optional<Task> task = inbox_.pop()) {
      (*task)(time);
      any = true;
    }
    return any;
  }

  void wait(bool more) {
    int timeout = 0;
    if (!more) {
      std::optional<TimePoint> wake = timers_.next_wake();
      if (wake_at_ && (!wake || *wake_at_ < *wake)) wake = wake_at_;
      timeout = epoll_timeout(wake, now());
    }
    std::array<epoll_event, events_per_wait> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), events_per_wait, timeout);
    waker_.awake();
    for (int i = 0; i < count; ++i) {
      const std::uint64_t token = events[static_cast<std::size_t>(i)].data.u64;
      if (token < max_listeners) {
        listeners_.on_readable(static_cast<ListenerIndex>(token));
      } else if (token == signal_token) {
        read_signals();
      }
    }
  }

  void read_signals() {
    signalfd_siginfo info;
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      const Signal signal = info.ssi_signo == SIGTERM  ? Signal::terminate
                            : info.ssi_signo == SIGINT ? Signal::interrupt
                                                       : Signal::hangup;
      on_signal_(signal, now());
    }
  }

  std::uint64_t served_ = 0;  // in this turn, besides timers
  std::uint32_t barren_ = 0;  // turns in a row that served one item at most
  std::optional<TimePoint> wake_at_;
  TimePoint reached_{};  // what run_timers() came to last
};

Result<std::unique_ptr<ControlLoop>, std::string> ControlLoop::create(const ControlLoopSettings& settings,
                                                                      TimerWheel& timers, Counters& counters) {
  auto impl = std::make_unique<Impl>(settings, timers, counters);
  if (!impl->usable()) return fail("epoll: " + error_text(errno));
  return std::unique_ptr<ControlLoop>(new ControlLoop(std::move(impl)));
}

ControlLoop::ControlLoop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlLoop::~ControlLoop() = default;

Result<Address, std::string> ControlLoop::listen_udp(ListenerIndex index, const Address& address, DatagramSink& sink) {
  return impl_->listen_udp(index, address, sink);
}
Result<void, std::string> ControlLoop::handle_signals(std::function<void(Signal, TimePoint)> handler) {
  return impl_->handle_signals(std::move(handler));
}
void ControlLoop::add_source(std::function<bool(TimePoint)> take_one) {
  impl_->sources_.push_back(std::move(take_one));
}
void ControlLoop::add_turn_end(std::function<std::optional<TimePoint>(TimePoint)> hook) {
  impl_->turn_ends_.push_back(std::move(hook));
}
void ControlLoop::run() {
  impl_->run();
}
void ControlLoop::stop() {
  impl_->stop();
}
bool ControlLoop::post(Task&& task) {
  return impl_->post(std::move(task));
}
Waker& ControlLoop::waker() {
  return impl_->waker_;
}
bool ControlLoop::send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes) {
  return impl_->listeners_.send(tag, to, bytes);
}
const DurationHistogram& ControlLoop::turns() const {
  return impl_->turns_;
}
const DurationHistogram& ControlLoop::work() const {
  return impl_->work_;
}

}  // namespace junctor::net
