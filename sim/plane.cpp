#include "sim/plane.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "media/port.hpp"

namespace junctor::sim {
namespace {

constexpr Duration crossing_max = microseconds(500);  // from one thread to the other
constexpr Duration move_max = milliseconds(2);        // of a port, from the one that hands it over to the other

}  // namespace

/// One media worker with what net gives it: sockets by tag, a way for its events, a turn when it asks for one.
class Plane::Thread final : public DatagramSender, public media::EventSink, public Clockwork {
 public:
  Thread(Plane& plane, std::uint32_t index, std::uint32_t slots, Counters& counters)
      : plane_(plane),
        random_(plane.random_.fork()),
        worker_({.index = index, .slots = slots}, *this, *this, random_, counters, plane.world_.now()),
        slots_(slots),
        sockets_(slots) {
    plane_.world_.drive(*this);
  }
  ~Thread() override { plane_.world_.drop(*this); }

  bool send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes) override {
    const auto& [rtp, rtcp] = sockets_.at(media::slot_of_tag(tag));
    std::string text(text_of(bytes));
    if (media::channel_of_tag(tag) == media::Channel::rtp && plane_.fault_) plane_.fault_->rtp_out(text);
    plane_.net_.send(media::channel_of_tag(tag) == media::Channel::rtp ? rtp : rtcp, to, bytes_of(text));
    return true;
  }
  void on_event(const media::Event& event) override { plane_.deliver(event); }
  std::optional<TimePoint> next_wake() const override { return worker_.next_wake(); }
  void advance(TimePoint now) override { worker_.advance(now); }

  void use(std::uint32_t slot, const Address& rtp, const Address& rtcp) {
    if (slot >= sockets_.size()) sockets_.resize(slot + 1);
    sockets_[slot] = {rtp, rtcp};
  }
  std::uint32_t take_guest_slot() {
    if (free_guests_.empty()) free_guests_.push_back(slots_ + guests_++);
    const std::uint32_t slot = free_guests_.front();
    free_guests_.pop_front();
    return slot;
  }
  void free_slot(std::uint32_t slot) {
    if (slot >= slots_) free_guests_.push_back(slot);
  }
  media::Worker& worker() { return worker_; }
  TimePoint last_command{};

 private:
  Plane& plane_;
  SeededRandom random_;
  media::Worker worker_;
  std::uint32_t slots_, guests_ = 0;
  std::vector<std::pair<Address, Address>> sockets_;
  std::deque<std::uint32_t> free_guests_;
};

Plane::Plane(World& world, Net& net, PlaneSettings settings, Counters& counters)
    : world_(world), net_(net), settings_(std::move(settings)), random_(world.random().fork()) {
  std::vector<std::uint32_t> slots(settings_.workers);
  for (const IpAddress& ip : settings_.addresses) {
    std::uint32_t worker = 0;
    for (std::uint32_t port = settings_.port_min; port < settings_.port_max; port += 2) {
      free_[{ip.family, worker}].push_back({static_cast<std::uint16_t>(port), slots[worker]++});
      worker = (worker + 1) % settings_.workers;
    }
  }
  for (std::uint32_t i = 0; i < settings_.workers; ++i) {
    threads_.push_back(std::make_unique<Thread>(*this, i, slots[i], counters));
  }
}

Plane::~Plane() {
  *alive_ = false;
  for (const auto& [id, lease] : leases_) net_.unbind(lease.sockets->rtp), net_.unbind(lease.sockets->rtcp);
}

std::optional<media::PortLease> Plane::take_port(Family family, std::optional<std::uint32_t> wanted) {
  const std::uint32_t worker = wanted ? *wanted : next_worker_++ % settings_.workers;
  auto& free = free_[{family, worker}];
  const auto ip = std::ranges::find(settings_.addresses, family, &IpAddress::family);
  if (free.empty() || ip == settings_.addresses.end()) return std::nullopt;
  const Free pair = free.front();
  free.pop_front();
  const auto rtcp_port = static_cast<std::uint16_t>(pair.rtp_port + 1);
  media::PortLease lease{media::make_port_id(worker, pair.slot, next_generation_++), worker, family, pair.rtp_port,
                         rtcp_port};
  auto sockets = std::make_shared<Sockets>();
  sockets->rtp = {*ip, pair.rtp_port};
  sockets->rtcp = {*ip, rtcp_port};
  sockets->reader = lease.id;
  leases_[lease.id] = {lease, worker, pair, sockets};
  threads_[worker]->use(pair.slot, sockets->rtp, sockets->rtcp);
  for (const media::Channel channel : {media::Channel::rtp, media::Channel::rtcp}) {
    const Address& socket = channel == media::Channel::rtp ? sockets->rtp : sockets->rtcp;
    net_.bind(socket, [this, sockets, channel](const Address& from, std::span<const std::uint8_t> bytes) {
      receive(*sockets, channel, from, bytes);
    });
    net_.on_refused(socket, [this, sockets, channel](const Address& to) {
      if (!sockets->reader) return;
      const std::uint64_t tag = media::make_tag(media::slot_of(*sockets->reader), channel);
      threads_[media::worker_of(*sockets->reader)]->worker().on_unreachable(tag, to, world_.now());
    });
  }
  if (fault_) fault_->port_taken(lease);
  return lease;
}

void Plane::give_back(PortId id) {
  const auto at = leases_.find(id);
  JUNCTOR_CHECK(at != leases_.end());  // one Closed for each lease
  const Lease& entry = at->second;
  net_.unbind(entry.sockets->rtp);
  net_.unbind(entry.sockets->rtcp);
  threads_[entry.lease.worker]->free_slot(media::slot_of(id));
  free_[{entry.lease.family, entry.home}].push_back(entry.pair);
  leases_.erase(at);
}

void Plane::receive(Sockets& sockets, media::Channel channel, const Address& from,
                    std::span<const std::uint8_t> bytes) {
  if (!sockets.reader) return sockets.waiting.push_back({channel, from, std::string(text_of(bytes))});
  const std::uint64_t tag = media::make_tag(media::slot_of(*sockets.reader), channel);
  threads_[media::worker_of(*sockets.reader)]->worker().on_datagram(tag, from, bytes, world_.now());
}

media::PortLease Plane::move_port(const media::PortLease& lease, std::uint32_t worker) {
  JUNCTOR_CHECK(worker != lease.worker);
  auto node = leases_.extract(lease.id);
  JUNCTOR_CHECK(!node.empty());
  Thread& from = *threads_.at(lease.worker);
  Thread& to = *threads_.at(worker);
  media::PortLease moved = lease;
  moved.worker = worker;
  moved.id = media::make_port_id(worker, to.take_guest_slot(), next_generation_++);
  from.free_slot(media::slot_of(lease.id));
  const auto sockets = node.mapped().sockets;
  node.mapped().lease = moved;
  node.key() = moved.id;
  leases_.insert(std::move(node));

  struct Transit {
    std::unique_ptr<media::Port> port;
  };
  const auto transit = std::make_shared<Transit>();
  from.last_command = std::max(from.last_command, world_.now() + random_.between({}, crossing_max));
  to.last_command = std::max(to.last_command, from.last_command + random_.between({}, move_max));
  on_the_way_ += 2;
  world_.at(from.last_command, [this, &from, id = lease.id, transit, sockets, alive = alive_] {
    if (!*alive) return;
    --on_the_way_;
    transit->port = from.worker().hand_over(id);
    sockets->reader.reset();
  });
  world_.at(to.last_command, [this, &to, id = moved.id, transit, sockets, alive = alive_] {
    if (!*alive) return;
    --on_the_way_;
    to.use(media::slot_of(id), sockets->rtp, sockets->rtcp);
    to.worker().take_over(id, std::move(transit->port), world_.now());
    sockets->reader = id;
    for (const auto& each : std::exchange(sockets->waiting, {}))
      receive(*sockets, each.channel, each.from, bytes_of(each.bytes));
  });
  return moved;
}

void Plane::command(std::uint32_t worker, media::Command command) {
  if (fault_ && !fault_->media_command(command)) return;
  Thread& thread = *threads_.at(worker);
  thread.last_command = std::max(thread.last_command, world_.now() + random_.between({}, crossing_max));
  ++on_the_way_;
  world_.at(thread.last_command, [this, &thread, command, alive = alive_] {
    if (!*alive) return;
    --on_the_way_;
    thread.worker().on_command(command, world_.now());
  });
}

void Plane::deliver(media::Event event) {
  if (fault_ && !fault_->media_event(event)) return;
  last_event_ = std::max(last_event_, world_.now() + random_.between({}, crossing_max));
  ++on_the_way_;
  world_.at(last_event_, [this, event = std::move(event), alive = alive_] {
    if (!*alive) return;
    --on_the_way_;
    if (const auto* closed = std::get_if<media::Closed>(&event)) give_back(closed->id);
    if (handler_) handler_(event);
  });
}

std::size_t Plane::open_ports() const {
  std::size_t sum = 0;
  for (const auto& thread : threads_) sum += thread->worker().open_ports();
  return sum;
}

std::size_t Plane::worker_timers() const {
  std::size_t sum = 0;
  for (const auto& thread : threads_) sum += thread->worker().pending_timers();
  return sum;
}

}  // namespace junctor::sim
