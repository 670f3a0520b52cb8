#pragma once
// Planted faults: the world around the hub, broken in one way, so that it looks as if the hub had that bug. They prove
// that the soak's audit would find it. Nothing of the hub knows of them; all sit in the interfaces that it is built
// from.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/timer_wheel.hpp"
#include "media/media.hpp"
#include "sim/world.hpp"
#include "store/store.hpp"

namespace junctor::sim {

/// The seams. The default of each passes everything on.
class Fault {
 public:
  using PassBytes = std::function<void(std::string bytes)>;
  using PassWrite = std::function<void(store::Write write)>;

  virtual ~Fault() = default;
  /// A SIP message on its way out.
  virtual void sip_out(std::string bytes, const PassBytes& pass) { pass(std::move(bytes)); }
  /// False: it gets lost.
  virtual bool media_command(media::Command&) { return true; }
  virtual bool media_event(const media::Event&) { return true; }
  virtual void rtp_out(std::string& bytes) { static_cast<void>(bytes); }
  virtual void port_taken(media::PortLease&) {}
  virtual void store_write(store::Write write, const PassWrite& pass) { pass(std::move(write)); }
  /// False: the acknowledgement gets lost.
  virtual bool store_ack(const store::Write&) { return true; }
};

struct FaultInfo {
  std::string_view name;
  std::string_view what;
};
std::span<const FaultInfo> all_faults();

/// Null for a name that is none. `timers` is the hub's wheel and outlives the fault.
std::unique_ptr<Fault> plant(std::string_view name, TimerWheel& timers, const World& world);

/// A Store behind the fault's seam.
class StoreBehindFault final : public store::Store {
 public:
  StoreBehindFault(store::Store& inner, Fault& fault) : inner_(inner), fault_(fault) {}

  void write(store::Write write, store::AckTarget* target, std::uint64_t token, TimePoint now) override;
  bool backlog_full() const override { return inner_.backlog_full(); }
  std::size_t backlog() const override { return inner_.backlog(); }
  Result<std::vector<store::BindingRow>, std::string> load_bindings(WallTime now) override {
    return inner_.load_bindings(now);
  }
  Result<std::vector<store::UserRow>, std::string> load_users() override { return inner_.load_users(); }
  Result<std::map<std::string, std::uint64_t>, std::string> load_sequences() override {
    return inner_.load_sequences();
  }
  void list_calls(store::CallFilter filter, store::Answer<std::vector<store::CallRecord>> answer,
                  TimePoint now) override {
    inner_.list_calls(std::move(filter), std::move(answer), now);
  }
  void find_call(std::string call_id, store::Answer<std::optional<store::CallRecord>> answer, TimePoint now) override {
    inner_.find_call(std::move(call_id), std::move(answer), now);
  }

 private:
  store::Store& inner_;
  Fault& fault_;
};

}  // namespace junctor::sim
