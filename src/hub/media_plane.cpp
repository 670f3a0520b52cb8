#include "hub/media_plane.hpp"

#include <algorithm>
#include <thread>
#include <utility>

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

std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  if (!a || (b && *b < *a)) return b;
  return a;
}

}  // namespace

/// One worker: its logic, its thread, and the two channels to it.
class MediaPlane::Lane final : public net::PacketSide, private media::EventSink {
 public:
  Lane(std::uint32_t index, std::size_t slots, net::ControlLoop& control, Counters& counters)
      : index_(index), slots_(slots), counters_(counters), events_(queue_capacity, control.waker()) {
    generations_.resize(slots, 0);
  }

  void set_thread(std::unique_ptr<net::MediaThread> thread) {
    thread_ = std::move(thread);
    commands_ = std::make_unique<net::Channel<media::Command>>(queue_capacity, thread_->waker());
  }
  net::MediaThread& thread() { return *thread_; }
  const net::MediaThread& thread() const { return *thread_; }

  // -- control thread
  std::optional<media::PortLease> take(Family family) {
    const auto pair = thread_->take_port(family);
    if (!pair) return std::nullopt;
    std::uint32_t& generation = generations_[pair->slot];
    if (++generation == 0) generation = 1;
    media::PortLease lease;
    lease.id = media::make_port_id(index_, pair->slot, generation);
    lease.worker = index_;
    lease.family = pair->family;
    lease.rtp_port = pair->rtp_port;
    lease.rtcp_port = static_cast<std::uint16_t>(pair->rtp_port + 1);
    if (pairs_.size() <= pair->slot) pairs_.resize(pair->slot + 1);
    pairs_[pair->slot] = *pair;
    return lease;
  }
  void give_back(PortId id) { thread_->return_port(pairs_[media::slot_of(id)]); }
  void put(media::Command command) {
    (is_unhurried(command) ? unhurried_ : urgent_) = true;
    if (std::holds_alternative<media::Close>(command)) ++closing_;
    commands_->put(std::move(command));
  }
  /// Once a turn: what a turn commands is one wake-up of the worker. When it wants to be called again at the latest.
  std::optional<TimePoint> flush_commands(TimePoint now) {
    if (unhurried_ && !wake_at_) wake_at_ = now + unhurried_delay;
    if (urgent_) wake_at_ = earlier(wake_at_, std::max(now, woken_at_ + wake_interval));
    if (wake_at_ && now >= *wake_at_) {
      commands_->wake();
      urgent_ = unhurried_ = false;
      woken_at_ = now;
      wake_at_.reset();
    }
    std::optional<TimePoint> again = wake_at_;
    if (commands_->backlog() > 0 && commands_->flush() > 0) again = earlier(again, now + milliseconds(1));
    // Closed comes without a wake-up of this thread; between wake_at_ and this it has been written.
    if (closing_ > 0) again = earlier(again, now + unhurried_delay);
    return again;
  }
  std::size_t command_backlog() const { return commands_->backlog(); }
  std::optional<media::Event> receive() {
    auto event = events_.receive();
    if (event && std::holds_alternative<media::Closed>(*event)) --closing_;
    return event;
  }

  // -- worker's thread
  void on_start(DatagramSender& sender) override {
    media::WorkerSettings settings;
    settings.index = index_;
    settings.slots = static_cast<std::uint32_t>(slots_);
    const TimePoint now = net::now();
    media::EventSink& events = *this;
    worker_ = std::make_unique<media::Worker>(settings, sender, events, random_, counters_, now);
    set_wall(now);
  }
  void on_commands(TimePoint now) override {
    while (auto command = commands_->receive()) worker_->on_command(*command, now);
    events_.flush();
    if (now - wall_set_ > seconds(1)) set_wall(now);
  }
  void on_datagram(std::uint64_t tag, const Address& from, std::span<const std::uint8_t> bytes,
                   TimePoint now) override {
    worker_->on_datagram(tag, from, bytes, now);
  }
  void on_unreachable(std::uint64_t tag, const Address& to, TimePoint now) override {
    worker_->on_unreachable(tag, to, now);
  }
  void on_tick(TimePoint now) override { worker_->advance(now); }
  std::optional<TimePoint> next_wake() const override {
    auto wake = worker_->next_wake();
    if (events_.backlog() > 0) {  // the control thread is slow: try again soon
      const TimePoint soon = net::now() + milliseconds(1);
      wake = wake ? std::min(*wake, soon) : soon;
    }
    return wake;
  }

 private:
  void on_event(const media::Event& event) override {
    if (std::holds_alternative<media::Closed>(event)) return events_.put(media::Event(event));
    events_.send(media::Event(event));
  }
  void set_wall(TimePoint now) {
    worker_->set_wall(now, net::wall_now());
    wall_set_ = now;
  }

  const std::uint32_t index_;
  const std::size_t slots_;
  Counters& counters_;
  net::SystemRandom random_;
  std::unique_ptr<media::Worker> worker_;
  TimePoint wall_set_{};
  std::unique_ptr<net::Channel<media::Command>> commands_;
  net::Channel<media::Event> events_;
  bool urgent_ = false, unhurried_ = false;  // commands of which the worker has not been told
  std::optional<TimePoint> wake_at_;         // for what waits
  TimePoint woken_at_{};
  std::size_t closing_ = 0;  // Close went out, Closed has not come
  std::vector<std::uint32_t> generations_;
  std::vector<net::PortPair> pairs_;          // by slot
  std::unique_ptr<net::MediaThread> thread_;  // last: it is stopped before what it uses goes
};

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
  for (const IpAddress& ip : config.address) (ip.family == Family::v4 ? settings.bind_v4 : settings.bind_v6) = ip;
  for (std::uint32_t i = 0; i < settings.workers; ++i) {
    settings.worker = i;
    auto lane = std::make_unique<Lane>(i, settings.max_slots, control, counters);
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
    if (const auto* closed = std::get_if<media::Closed>(&*event)) lane.give_back(closed->id);
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

bool MediaPlane::congested() const {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->command_backlog() > 0; });
}

}  // namespace junctor::hub
