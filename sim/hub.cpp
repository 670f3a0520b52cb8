#include "sim/hub.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/check.hpp"
#include "hub/programs.hpp"
#include "net/hashes.hpp"
#include "sim/voice.hpp"

namespace junctor::sim {
namespace {

constexpr ListenerIndex udp_listener = 0, tcp_listener = 1;

// 2026-01-01T00:00:00Z at the simulated second 0.
constexpr WallTime simulated_epoch{milliseconds(1'767'225'600'000)};

std::vector<transport::Listener> listeners() {
  return {{udp_listener, transport::Protocol::udp, hub_address()},
          {tcp_listener, transport::Protocol::tcp, hub_address()}};
}

PlaneSettings plane_settings(const config::Config& config) {
  PlaneSettings settings;
  settings.addresses = {hub_address().ip};
  settings.port_min = config.rtp.port_min;
  settings.port_max = config.rtp.port_max;
  if (config.rtp.workers != 0) settings.workers = config.rtp.workers;
  return settings;
}

}  // namespace

Address hub_address() {
  return {*IpAddress::parse(hub_ip), 5060};
}

/// Work of the background happens at once and its result arrives a little later.
class Hub::Jobs final : public JobRunner {
 public:
  explicit Jobs(World& world) : world_(world) {}
  ~Jobs() override { *alive_ = false; }
  bool submit(Job job) override {
    ++pending_;
    world_.after(milliseconds(1), [this, job = std::move(job), alive = alive_] {
      if (!*alive) return;
      --pending_;
      job()(world_.now());
    });
    return true;
  }
  std::size_t pending() const { return pending_; }

 private:
  World& world_;
  std::size_t pending_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// The recorder's thread: it wakes when it is roused and when it wants to.
class Hub::Recorder final {
 public:
  Recorder(World& world, audio::Disk& disk, Log& log, Counters& counters, std::function<void()> wake_control)
      : world_(world),
        recorder_(disk, {.recorder = [this] { wake_at(world_.now()); }, .control = std::move(wake_control)}, log,
                  counters) {}
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder() { world_.cancel(next_); }

  recording::Recorder& get() { return recorder_; }

 private:
  void wake_at(TimePoint when) {
    if (next_ && next_.at <= when) return;
    world_.cancel(next_);
    next_ = world_.at(when, [this] {
      next_ = {};
      if (const auto again = recorder_.run_once(world_.now())) wake_at(*again);
    });
  }

  World& world_;
  World::EventId next_;
  recording::Recorder recorder_;
};

/// The transcriber's thread, and the engine at the other end of its connections.
class Hub::Transcriber final {
 public:
  Transcriber(World& world, Log& log, Counters& counters, std::function<void()> wake_control)
      : engine(world),
        world_(world),
        transcriber_(engine, {.transcriber = [this] { wake_at(world_.now()); }, .control = std::move(wake_control)},
                     log, counters) {}
  Transcriber(const Transcriber&) = delete;
  Transcriber& operator=(const Transcriber&) = delete;
  ~Transcriber() { world_.cancel(next_); }

  transcription::Transcriber& get() { return transcriber_; }

  Engine engine;

 private:
  void wake_at(TimePoint when) {
    if (next_ && next_.at <= when) return;
    world_.cancel(next_);
    next_ = world_.at(when, [this] {
      next_ = {};
      if (const auto again = transcriber_.run_once(world_.now())) wake_at(*again);
    });
  }

  World& world_;
  World::EventId next_;
  transcription::Transcriber transcriber_;
};

/// The thread of programs that are dialled.
class Hub::Dialled final {
 public:
  Dialled(World& world, Web& web) : world_(world), programs_(web, [this] { wake_at(world_.now()); }) {}
  Dialled(const Dialled&) = delete;
  Dialled& operator=(const Dialled&) = delete;
  ~Dialled() { world_.cancel(next_); }

  stream::DialledPrograms& get() { return programs_; }

 private:
  void wake_at(TimePoint when) {
    if (next_ && next_.at <= when) return;
    world_.cancel(next_);
    next_ = world_.at(when, [this] {
      next_ = {};
      if (const auto again = programs_.run_once(world_.now())) wake_at(*again);
    });
  }

  World& world_;
  World::EventId next_;
  stream::DialledPrograms programs_;
};

class Hub::Wheel final : public Clockwork {
 public:
  Wheel(World& world, TimerWheel& wheel) : world_(world), wheel_(wheel) { world_.drive(*this); }
  ~Wheel() override { world_.drop(*this); }
  std::optional<TimePoint> next_wake() const override { return wheel_.next_wake(); }
  void advance(TimePoint now) override { wheel_.advance(now); }

 private:
  World& world_;
  TimerWheel& wheel_;
};

Hub::Hub(World& world, Net& net, Names& names, store::MemoryDisk& disk, audio::MemoryDisk& files,
         config::Snapshot config, Audit& audit, std::string_view fault)
    : world_(world),
      random_(world.random().fork()),
      timers_(world.now()),
      disk_timers_(world.now()),
      drive_(std::make_unique<Wheel>(world, timers_)),
      disk_drive_(std::make_unique<Wheel>(world, disk_timers_)),
      border_(world, net, listeners()),
      plane_(world, net, plane_settings(*config), counters_),
      names_(names),
      store_(disk, disk_timers_, random_),
      jobs_(std::make_unique<Jobs>(world)),
      recorder_(std::make_unique<Recorder>(world, files, log_, counters_, [this] { wake_for_recordings(); })),
      transcriber_(std::make_unique<Transcriber>(world, log_, counters_, [this] { wake_for_transcriptions(); })),
      web_(world),
      dialled_(std::make_unique<Dialled>(world, web_)) {
  wall_.set(TimePoint{}, simulated_epoch);
  border_.watch(audit);
  store::Store* store = &store_;
  if (!fault.empty()) {
    fault_ = plant(fault, timers_, world_);
    JUNCTOR_CHECK(fault_ != nullptr);
    border_.filter([this](std::string bytes, const Border::Pass& pass) { fault_->sip_out(std::move(bytes), pass); });
    plane_.plant(*fault_);
    store_behind_fault_ = std::make_unique<StoreBehindFault>(store_, *fault_);
    store = store_behind_fault_.get();
  }
  hub::Outside outside{.timers = timers_,
                       .wall = wall_,
                       .random = random_,
                       .log = log_,
                       .counters = counters_,
                       .datagrams = border_,
                       .streams = border_,
                       .resolver = names_,
                       .media = plane_,
                       .jobs = *jobs_,
                       .disk = files,
                       .recorder = recorder_->get(),
                       .transcriber = transcriber_->get(),
                       .store = *store,
                       .hashes = {&net::md5_hex, &net::sha256_hex, &net::sha512_256_hex},
                       .mac = &net::hmac_sha256,
                       .listeners = listeners(),
                       .local_address_for = [](const IpAddress&) { return hub_address().ip; },
                       .web = &web_,
                       .dialled = &dialled_->get(),
                       .wake = [this] { wake_for_streams(); },
                       .speech_driver = make_voice,
                       .fetch_sound = [this](const std::string& url) -> Result<std::string, std::string> {
                         const auto at = web_sounds.find(url);
                         return at == web_sounds.end() ? fail(std::string("the server answered 404")) : at->second;
                       }};
  core_ = std::make_unique<hub::Core>(std::move(config), std::move(outside), world_.now());
  router_ = std::make_unique<control::WebRouter>(web_);
  router_->serve(std::string(control::Gateway::prefix), core_->programs().gateway());
  web_.set_sink(*router_);
  names_.on_answer([this](transport::QueryId query, const transport::Answer& answer) {
    core_->on_resolved(query, answer, world_.now());
  });
  recorder_->get().repair("recordings");
  const auto loaded = core_->load(world_.now());
  JUNCTOR_CHECK(loaded.has_value());
  plane_.on_event([this](const media::Event& event) { core_->on_media_event(event, world_.now()); });
  border_.open(*core_, *core_);
}

void Hub::wake_for_recordings() {
  world_.after(milliseconds(1), [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) core_->deliver_recordings(world_.now());
  });
}

void Hub::wake_for_transcriptions() {
  world_.after(milliseconds(1), [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) core_->deliver_transcriptions(world_.now());
  });
}

void Hub::wake_for_streams() {
  world_.after(milliseconds(1), [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) core_->deliver_streams(world_.now());
  });
}

Engine& Hub::engine() {
  return transcriber_->engine;
}

Hub::~Hub() {
  names_.on_answer(nullptr);
  plane_.on_event(nullptr);
}

bool Hub::quiet() const {
  const hub::Ledger ledger = core_->ledger();
  return ledger.total() - ledger.timers + plane_.ports_in_use() + plane_.on_the_way() + jobs_->pending() == 0;
}

std::vector<std::string> Hub::leftovers() const {
  std::vector<std::string> out;
  const auto note = [&](std::string_view what, std::size_t count) {
    if (count != 0) out.push_back("left over: " + std::to_string(count) + ' ' + std::string(what));
  };
  const hub::Ledger ledger = core_->ledger();
  note("calls", ledger.calls);
  note("legs", ledger.legs);
  note("media ports of legs", ledger.ports);
  note("dialogs", ledger.dialogs);
  note("dials", ledger.dials);
  note("transcriptions", ledger.transcriptions);
  note("streams and others of programs", ledger.programs);
  note("transactions", ledger.transactions);
  note("timers", ledger.timers);
  note("unwritten rows", ledger.unwritten);
  note("jobs", jobs_->pending());
  note("media ports taken", plane_.ports_in_use());
  note("media ports open", plane_.open_ports());
  note("timers of media workers", plane_.worker_timers());
  return out;
}

}  // namespace junctor::sim
