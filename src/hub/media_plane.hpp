#pragma once
// The media plane over real threads: one media::Worker on each net::MediaThread, commands and events through channels.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/counters.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "media/media.hpp"
#include "net/control_loop.hpp"
#include "net/duration_histogram.hpp"

namespace junctor::hub {

class MediaPlane final : public media::Plane {
 public:
  static constexpr std::size_t queue_capacity = 4'096;  ///< commands or events under way, per worker

  /// Binds the first ports. The error is one line.
  static Result<std::unique_ptr<MediaPlane>, std::string> create(const config::Rtp& settings, net::ControlLoop& control,
                                                                 Counters& counters);
  ~MediaPlane() override;

  /// Events go there, on the control thread. Before start().
  void set_sink(std::function<void(const media::Event&, TimePoint)> sink);
  void start();
  void stop();

  std::optional<media::PortLease> take_port(Family family, std::optional<std::uint32_t> worker) override;
  void command(std::uint32_t worker, media::Command command) override;
  media::PortLease move_port(const media::PortLease& lease, std::uint32_t worker) override;

  bool congested() const override;

  /// Of all workers: how long after its time each tick of the mixers was done. Any thread.
  const net::DurationHistogram& tick_lateness() const { return tick_lateness_; }

 private:
  class Lane;
  MediaPlane();
  bool take_event(TimePoint now);

  net::DurationHistogram tick_lateness_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::function<void(const media::Event&, TimePoint)> sink_;
  std::size_t next_event_lane_ = 0;
};

}  // namespace junctor::hub
