#include "hub/media_plane.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <variant>

#include "base/check.hpp"
#include "media/port.hpp"
#include "media/worker.hpp"
#include "net/channel.hpp"
#include "net/clock.hpp"
#include "net/media_thread.hpp"
#include "net/system_random.hpp"

namespace junctor::hub {
namespace {

// Opening and closing ports is in nobody's hearing: it waits this long for something that is, to share its wake-up.
constexpr Duration unhurried_delay = milliseconds(20);
// The least time between two wake-ups of a worker: a command after a quiet moment is told at once.
constexpr Duration wake_interval = milliseconds(5);

bool is_unhurried(const media::Command& command) {
  return std::holds_alternative<media::OpenPort>(command) || std::holds_alternative<media::Close>(command);
}

/// A port between two workers: the one that it leaves fills this, the one that it comes to empties it.
struct Transit {
  std::unique_ptr<media::Port> port;
  net::SocketPair sockets;
  std::atomic<bool> filled{false};
};
struct HandOver {
  PortId id;
  std::shared_ptr<Transit> to;
  net::Waker* receiver = nullptr;
};
/// What comes after it waits until it can be done.
struct TakeOver {
  PortId id;
  std::shared_ptr<Transit> from;
};
/// What a worker is told. Every TakeOver is told after its HandOver, by one thread; so two workers never wait for each
/// other.
using Order = std::variant<media::Command, HandOver, TakeOver>;

std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  if (!a || (b && *b < *a)) return b;
  return a;
}

}  // namespace

/// One worker: its logic, its thread, and the two channels to it.
class MediaPlane::Lane final : public net::PacketSide, private media::EventSink {
 public:
  Lane(std::uint32_t index, std::size_t slots, net::ControlLoop& control, Counters& counters,
       net::DurationHistogram& tick_lateness)
      : index_(index),
        slots_(slots),
        counters_(counters),
        tick_lateness_(tick_lateness),
        events_(queue_capacity, control.waker()) {}

  void set_thread(std::unique_ptr<net::MediaThread> thread) {
    thread_ = std::move(thread);
    orders_ = std::make_unique<net::Channel<Order>>(queue_capacity, thread_->waker());
  }
  net::MediaThread& thread() { return *thread_; }
  const net::MediaThread& thread() const { return *thread_; }

  // -- control thread
  std::optional<media::PortLease> take(Family family) {
    const auto pair = thread_->take_port(family);
    if (!pair) return std::nullopt;
    media::PortLease lease;
    lease.id = new_id(pair->slot, *pair);
    lease.worker = index_;
    lease.family = pair->family;
    lease.rtp_port = pair->rtp_port;
    lease.rtcp_port = static_cast<std::uint16_t>(pair->rtp_port + 1);
    return lease;
  }
  /// For the sockets of `pair`, which come from another lane.
  PortId add_guest(const net::PortPair& pair) {
    if (free_guests_.empty()) {
      JUNCTOR_CHECK(guests_ < media::guest_slots);
      free_guests_.push_back(static_cast<std::uint32_t>(slots_) + guests_++);
    }
    const std::uint32_t slot = free_guests_.back();
    free_guests_.pop_back();
    return new_id(slot, pair);
  }
  /// The port left or is closed. Its sockets' pair, which a pool has to get back once the port is closed.
  net::PortPair forget(PortId id) {
    const std::uint32_t slot = media::slot_of(id);
    if (slot >= slots_) free_guests_.push_back(slot);
    return places_[slot].pair;
  }
  void put(media::Command command) {
    (is_unhurried(command) ? unhurried_ : urgent_) = true;
    if (std::holds_alternative<media::Close>(command)) ++closing_;
    orders_->put(std::move(command));
  }
  void put_move(Order order) {
    urgent_ = true;
    orders_->put(std::move(order));
  }
  /// Once a turn: what a turn commands is one wake-up of the worker. When it wants to be called again at the latest.
  std::optional<TimePoint> flush_commands(TimePoint now) {
    if (unhurried_ && !wake_at_) wake_at_ = now + unhurried_delay;
    if (urgent_) wake_at_ = earlier(wake_at_, std::max(now, woken_at_ + wake_interval));
    if (wake_at_ && now >= *wake_at_) {
      orders_->wake();
      urgent_ = unhurried_ = false;
      woken_at_ = now;
      wake_at_.reset();
    }
    std::optional<TimePoint> again = wake_at_;
    if (orders_->backlog() > 0 && orders_->flush() > 0) again = earlier(again, now + milliseconds(1));
    // Closed comes without a wake-up of this thread; between wake_at_ and this it has been written.
    if (closing_ > 0) again = earlier(again, now + unhurried_delay);
    return again;
  }
  std::size_t command_backlog() const { return orders_->backlog(); }
  std::optional<media::Event> receive() {
    auto event = events_.receive();
    if (event && std::holds_alternative<media::Closed>(*event)) --closing_;
    return event;
  }

  // -- worker's thread
  void on_start(net::PacketSockets& sockets) override {
    sockets_ = &sockets;
    media::WorkerSettings settings;
    settings.index = index_;
    settings.slots = static_cast<std::uint32_t>(slots_);
    const TimePoint now = net::now();
    media::EventSink& events = *this;
    worker_ = std::make_unique<media::Worker>(settings, sockets, events, random_, counters_, now);
    set_wall(now);
  }
  void on_commands(TimePoint now) override {
    while (order_ || (order_ = orders_->receive())) {
      const bool obeyed = std::visit([&](auto& order) { return obey(order, now); }, *order_);
      if (!obeyed) break;
      order_.reset();
    }
    events_.flush();
    if (now - wall_set_ > seconds(1)) set_wall(now);
  }
  static_assert(expected_ahead == 3);  // the steps that Worker::expect() goes in
  void expect(std::uint64_t tag, std::size_t before) override { worker_->expect(tag, before); }
  void on_datagram(std::uint64_t tag, const Address& from, std::span<const std::uint8_t> bytes,
                   TimePoint now) override {
    worker_->on_datagram(tag, from, bytes, now);
  }
  void on_unreachable(std::uint64_t tag, const Address& to, TimePoint now) override {
    worker_->on_unreachable(tag, to, now);
  }
  void on_tick(TimePoint now) override {
    const std::optional<TimePoint> due = worker_->next_tick();
    worker_->advance(now);
    if (due && *due <= now) tick_lateness_.add(net::now() - *due);
  }
  std::optional<TimePoint> next_wake() const override {
    auto wake = worker_->next_wake();
    if (events_.backlog() > 0) {  // the control thread is slow: try again soon
      const TimePoint soon = net::now() + milliseconds(1);
      wake = wake ? std::min(*wake, soon) : soon;
    }
    return wake;
  }

 private:
  // -- control thread
  PortId new_id(std::uint32_t slot, const net::PortPair& pair) {
    if (slot >= places_.size()) places_.resize(slot + 1);
    Place& place = places_[slot];
    if (++place.generation == 0) place.generation = 1;
    place.pair = pair;
    return media::make_port_id(index_, slot, place.generation);
  }

  // -- worker's thread
  bool obey(const media::Command& command, TimePoint now) {
    worker_->on_command(command, now);
    return true;
  }
  bool obey(HandOver& order, TimePoint) {
    order.to->port = worker_->hand_over(order.id);
    order.to->sockets = sockets_->release(media::slot_of(order.id));
    order.to->filled.store(true, std::memory_order_release);
    order.receiver->wake();
    return true;
  }
  bool obey(TakeOver& order, TimePoint now) {
    if (!order.from->filled.load(std::memory_order_acquire)) return false;
    sockets_->adopt(media::slot_of(order.id), std::move(order.from->sockets));
    worker_->take_over(order.id, std::move(order.from->port), now);
    return true;
  }
  void on_event(const media::Event& event) override {
    const auto* const closed = std::get_if<media::Closed>(&event);
    if (closed == nullptr) return events_.send(media::Event(event));
    // A guest's sockets are closed here, so that the pool that they came from can bind them again.
    if (media::slot_of(closed->id) >= slots_) sockets_->release(media::slot_of(closed->id));
    events_.put(media::Event(event));
  }
  void set_wall(TimePoint now) {
    worker_->set_wall(now, net::wall_now());
    wall_set_ = now;
  }

  const std::uint32_t index_;
  const std::size_t slots_;
  Counters& counters_;
  net::DurationHistogram& tick_lateness_;
  net::SystemRandom random_;
  std::unique_ptr<media::Worker> worker_;
  TimePoint wall_set_{};
  net::PacketSockets* sockets_ = nullptr;
  std::optional<Order> order_;  // the next one, as long as it waits
  std::unique_ptr<net::Channel<Order>> orders_;
  net::Channel<media::Event> events_;
  bool urgent_ = false, unhurried_ = false;  // commands of which the worker has not been told
  std::optional<TimePoint> wake_at_;         // for what waits
  TimePoint woken_at_{};
  std::size_t closing_ = 0;  // Close went out, Closed has not come
  struct Place {
    std::uint32_t generation = 0;
    net::PortPair pair;  // of another lane, where it is a guest's place
  };
  std::vector<Place> places_;  // by slot
  std::vector<std::uint32_t> free_guests_;
  std::uint32_t guests_ = 0;                  // slots that guests ever had
  std::unique_ptr<net::MediaThread> thread_;  // last: it is stopped before what it uses goes
};

// Legs that find a port although they begin together, before any worker has had a turn.
constexpr std::size_t legs_at_once = 512;

MediaPlane::MediaPlane() = default;

MediaPlane::~MediaPlane() {
  stop();
}

Result<std::unique_ptr<MediaPlane>, std::string> MediaPlane::create(const config::Rtp& config,
                                                                    net::ControlLoop& control, Counters& counters) {
  std::unique_ptr<MediaPlane> plane(new MediaPlane);
  net::MediaThreadSettings settings;
  settings.workers = config.workers != 0 ? config.workers : std::max(1u, std::thread::hardware_concurrency());
  settings.port_min = config.port_min;
  settings.port_max = config.port_max;
  settings.bind_v4.reset();
  settings.bind_v6.reset();
  settings.ready_pairs = std::max(settings.ready_pairs, legs_at_once / settings.workers);
  for (const IpAddress& ip : config.address) (ip.family == Family::v4 ? settings.bind_v4 : settings.bind_v6) = ip;
  for (std::uint32_t i = 0; i < settings.workers; ++i) {
    settings.worker = i;
    auto lane = std::make_unique<Lane>(i, settings.max_slots, control, counters, plane->tick_lateness_);
    auto thread = net::MediaThread::create(settings, *lane, counters);
    if (!thread) return fail(std::move(thread.error()));
    lane->set_thread(std::move(*thread));
    plane->lanes_.push_back(std::move(lane));
  }
  MediaPlane& made = *plane;
  control.add_source([&made](TimePoint now) { return made.take_event(now); });
  control.add_turn_end([&made](TimePoint now) -> std::optional<TimePoint> {
    std::optional<TimePoint> again;
    for (auto& lane : made.lanes_) again = earlier(again, lane->flush_commands(now));
    return again;
  });
  return plane;
}

void MediaPlane::set_sink(std::function<void(const media::Event&, TimePoint)> sink) {
  sink_ = std::move(sink);
}

void MediaPlane::start() {
  for (auto& lane : lanes_) lane->thread().start();
}

void MediaPlane::stop() {
  for (auto& lane : lanes_) lane->thread().stop();
}

bool MediaPlane::take_event(TimePoint now) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = *lanes_[next_event_lane_++ % lanes_.size()];
    const auto event = lane.receive();
    if (!event) continue;
    if (const auto* closed = std::get_if<media::Closed>(&*event)) {
      const net::PortPair pair = lane.forget(closed->id);
      lanes_[pair.worker]->thread().return_port(pair);
    }
    if (sink_) sink_(*event, now);
    return true;
  }
  return false;
}

std::optional<media::PortLease> MediaPlane::take_port(Family family, std::optional<std::uint32_t> worker) {
  if (worker) return *worker < lanes_.size() ? lanes_[*worker]->take(family) : std::nullopt;
  const auto idlest = std::min_element(lanes_.begin(), lanes_.end(), [](const auto& a, const auto& b) {
    return a->thread().ports_in_use() < b->thread().ports_in_use();
  });
  return (*idlest)->take(family);
}

void MediaPlane::command(std::uint32_t worker, media::Command command) {
  lanes_[worker]->put(std::move(command));
}

media::PortLease MediaPlane::move_port(const media::PortLease& lease, std::uint32_t worker) {
  JUNCTOR_CHECK(worker != lease.worker);
  Lane& from = *lanes_[lease.worker];
  Lane& to = *lanes_[worker];
  media::PortLease moved = lease;
  moved.worker = worker;
  moved.id = to.add_guest(from.forget(lease.id));
  auto transit = std::make_shared<Transit>();
  from.put_move(HandOver{lease.id, transit, &to.thread().waker()});
  to.put_move(TakeOver{moved.id, std::move(transit)});
  return moved;
}

bool MediaPlane::congested() const {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->command_backlog() > 0; });
}

}  // namespace junctor::hub
