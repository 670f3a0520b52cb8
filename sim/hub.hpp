#pragma once
// One run of the hub's process in the simulated world: hub::Core, the same that main() runs, with simulated sockets,
// media workers, disk, names, clock and random numbers. Destroying it is kill -9.
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audio/disk.hpp"
#include "base/counters.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "base/timer_wheel.hpp"
#include "config/config.hpp"
#include "control/web_router.hpp"
#include "hub/core.hpp"
#include "sim/audit.hpp"
#include "sim/border.hpp"
#include "sim/engine.hpp"
#include "sim/faults.hpp"
#include "sim/names.hpp"
#include "sim/plane.hpp"
#include "sim/web.hpp"
#include "sim/world.hpp"
#include "store/memory_store.hpp"

namespace junctor::sim {

/// Where the hub is in the simulated network, SIP over UDP and TCP on port 5060.
constexpr std::string_view hub_ip = "10.0.0.1";
/// As which phones outside 10.0.0.0/8 know it: it stands behind a router.
constexpr std::string_view hub_public_ip = "203.0.113.1";
Address hub_address();

class Hub {
 public:
  Hub(World& world, Net& net, Names& names, store::MemoryDisk& disk, audio::MemoryDisk& files, config::Snapshot config,
      Audit& audit, std::string_view fault);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  hub::Core& core() { return *core_; }
  Counters& counters() { return counters_; }
  /// Its newest log lines: the message and its fields, "audit action=record.start …".
  const std::deque<std::string>& log_lines() const { return log_.lines; }
  std::map<std::string, Result<std::string, std::string>> web_sounds;  ///< what servers have, by URL
  store::MemoryStore& store() { return store_; }
  Plane& plane() { return plane_; }
  Border& border() { return border_; }
  Engine& engine();
  Web& web() { return web_; }
  TimerWheel& timers() { return timers_; }

  /// Nothing goes on: no call, transaction, port, command on its way, unwritten row.
  bool quiet() const;
  /// What is left over, one line each; empty when nothing is.
  std::vector<std::string> leftovers() const;

 private:
  struct KeptLog final : Log {
    static constexpr std::size_t lines_max = 1'000;
    std::deque<std::string> lines;
    void write(LogLevel, std::string_view message, std::initializer_list<LogField> fields) override {
      std::string line(message);
      for (const LogField& field : fields) line.append(" ").append(field.key).append("=").append(field.value);
      lines.push_back(std::move(line));
      if (lines.size() > lines_max) lines.pop_front();
    }
  };
  class Jobs;
  class Recorder;
  class Transcriber;
  class Dialled;
  class Wheel;

  void wake_for_recordings();
  void wake_for_transcriptions();
  void wake_for_streams();

  World& world_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Counters counters_;
  KeptLog log_;
  WallClock wall_;
  SeededRandom random_;
  TimerWheel timers_;       // the hub's
  TimerWheel disk_timers_;  // the disk's: no business of the hub
  std::unique_ptr<Wheel> drive_, disk_drive_;
  std::unique_ptr<Fault> fault_;
  Border border_;
  Plane plane_;
  Names& names_;
  store::MemoryStore store_;
  std::unique_ptr<StoreBehindFault> store_behind_fault_;
  std::unique_ptr<Jobs> jobs_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Transcriber> transcriber_;
  Web web_;
  std::unique_ptr<Dialled> dialled_;
  std::unique_ptr<hub::Core> core_;
  std::unique_ptr<control::WebRouter> router_;
};

}  // namespace junctor::sim
