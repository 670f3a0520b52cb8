#pragma once
// The media plane in the simulated world: the hub's own media workers in the one thread there is, on sockets of the
// simulated network, with a pool of ports and its books. Commands and events cross with a small delay, in order, as
// they do between threads.
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.hpp"
#include "media/media.hpp"
#include "media/worker.hpp"
#include "sim/faults.hpp"
#include "sim/net.hpp"
#include "sim/world.hpp"

namespace junctor::sim {

struct PlaneSettings {
  std::vector<IpAddress> addresses;  ///< at most one per family
  std::uint16_t port_min = 16384, port_max = 32767;
  std::uint32_t workers = 2;
};

class Plane final : public media::Plane {
 public:
  Plane(World& world, Net& net, PlaneSettings settings, Counters& counters);
  ~Plane() override;
  Plane(const Plane&) = delete;
  Plane& operator=(const Plane&) = delete;

  void on_event(std::function<void(const media::Event&)> handler) { handler_ = std::move(handler); }

  /// What passes here passes `fault` first; it outlives this.
  void plant(Fault& fault) { fault_ = &fault; }

  std::optional<media::PortLease> take_port(Family family, std::optional<std::uint32_t> worker) override;
  void command(std::uint32_t worker, media::Command command) override;
  media::PortLease move_port(const media::PortLease& lease, std::uint32_t worker) override;

  // All zero when nothing is going on.
  std::size_t ports_in_use() const { return leases_.size(); }
  std::size_t open_ports() const;
  std::size_t worker_timers() const;
  std::size_t on_the_way() const { return on_the_way_; }

 private:
  class Thread;
  /// Who reads a pair's sockets; while that is nobody, what arrives waits in them.
  struct Sockets {
    struct Waiting {
      media::Channel channel;
      Address from;
      std::string bytes;
    };
    Address rtp, rtcp;
    std::optional<PortId> reader;
    std::vector<Waiting> waiting;
  };
  struct Free {
    std::uint16_t rtp_port;
    std::uint32_t slot;
  };
  struct Lease {
    media::PortLease lease;
    std::uint32_t home = 0;  // worker
    Free pair;
    std::shared_ptr<Sockets> sockets;
  };

  void receive(Sockets& sockets, media::Channel channel, const Address& from, std::span<const std::uint8_t> bytes);

  void give_back(PortId id);
  void deliver(media::Event event);

  World& world_;
  Net& net_;
  PlaneSettings settings_;
  SeededRandom random_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::function<void(const media::Event&)> handler_;
  Fault* fault_ = nullptr;
  std::map<PortId, Lease> leases_;
  std::map<std::pair<Family, std::uint32_t>, std::deque<Free>> free_;  // by family and worker, oldest first
  std::uint32_t next_generation_ = 1, next_worker_ = 0;
  std::size_t on_the_way_ = 0;
  TimePoint last_event_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace junctor::sim
