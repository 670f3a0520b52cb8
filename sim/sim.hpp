#pragma once
// A whole world for a test: one hub, as many phones as it likes, the network between them and the disk, all from a
// seed.
//
//   Sim sim{Seed{7}};
//   Phone& alice = sim.phone("1001");
//   Phone& bob = sim.phone("1002");
//   sim.link(alice).loss(0.05).delay(40ms, 10ms);
//   alice.dial("1002");
//   ASSERT_TRUE(sim.until(5s, [&] { return bob.ringing(); }));
//   ...
//   EXPECT_THAT(sim.close(), IsEmpty());
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/audit.hpp"
#include "sim/hub.hpp"
#include "sim/names.hpp"
#include "sim/net.hpp"
#include "sim/phone.hpp"
#include "sim/trace.hpp"
#include "sim/world.hpp"
#include "store/memory_store.hpp"

namespace junctor::sim {

/// Users 1001 to 1040 exist, "secret-1001" being the password of 1001. The trunk "carrier" is 10.3.0.1; numbers that
/// begin with 0 go there, and its number +4930123456 rings 1001.
constexpr std::string_view carrier_number = "+4930123456";
constexpr int first_user = 1001, last_user = 1040;

struct SimSettings {
  std::string config;  ///< TOML on top of that
  std::string fault;   ///< a planted one; empty: none
  std::string trace;   ///< prints messages in which this occurs; empty: none
};

struct PhoneOptions {
  Wire::Kind wire = Wire::Kind::udp;
  bool registers = true;  ///< and is registered when phone() returns
  bool remote = false;    ///< outside the hub's local networks
  std::string password;   ///< another than the right one
};

class Sim {
 public:
  explicit Sim(Seed seed, SimSettings settings = {});
  ~Sim();

  /// A new phone of that user. The same user may have several.
  Phone& phone(std::string_view user, PhoneOptions options = {});
  /// A SIP trunk's far end, at 10.3.0.`host`.
  Phone& carrier(std::uint8_t host = 1);
  /// Neither user nor trunk.
  Phone& guest(std::string_view name);
  Link& link(const Phone& phone) { return net_.link(phone.address().ip); }

  World& world() { return world_; }
  Net& net() { return net_; }
  Names& names() { return names_; }
  Hub& hub() { return *hub_; }
  store::MemoryDisk& disk() { return disk_; }
  /// Sounds and recordings; they outlive the hub's process, too.
  audio::MemoryDisk& files() { return files_; }
  const Audit& audit() const { return *audit_; }
  TimePoint now() const { return world_.now(); }
  const std::vector<std::unique_ptr<Phone>>& phones() const { return phones_; }

  bool until(Duration patience, const std::function<bool()>& done) { return world_.until(patience, done); }
  void run_for(Duration duration) { world_.run_for(duration); }

  /// kill -9: what is on the disk stays, everything else is gone.
  void crash_hub();
  void start_hub();

  /// The record of the call that `line` made or received; null: none, or more than one.
  const store::CallRecord* record_of(const Line& line) const;

  /// Ends everything: lines are healed, phones hang up and unregister, time passes until nothing happens any more. Then
  /// whatever anybody has to complain about, and whatever is left over. Empty in a world in order.
  std::vector<std::string> close();
  /// What this phone complains of is not the hub's fault.
  void excuse(const Phone& phone) { excused_.push_back(&phone); }

 private:
  Phone& add(PhoneSetup setup);
  void check_audio(std::vector<std::string>& out) const;

  World world_;
  Net net_;
  Names names_;
  SimSettings settings_;
  config::Snapshot config_;
  store::MemoryDisk disk_;
  audio::MemoryDisk files_;
  std::unique_ptr<Audit> audit_;
  std::unique_ptr<Trace> trace_;
  std::unique_ptr<Hub> hub_;
  std::vector<std::unique_ptr<Phone>> phones_;
  std::vector<const Phone*> excused_;
  std::uint8_t next_local_host_ = 1, next_remote_host_ = 1;
  bool crashed_once_ = false;
};

}  // namespace junctor::sim
