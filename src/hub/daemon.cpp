#include "hub/daemon.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>

#include "audio/disk.hpp"
#include "config/without_effect.hpp"
#include "control/local_server.hpp"
#include "control/probes.hpp"
#include "control/rest.hpp"
#include "control/web_router.hpp"
#include "hub/checked_config.hpp"
#include "hub/core.hpp"
#include "hub/media_plane.hpp"
#include "hub/operator.hpp"
#include "hub/programs.hpp"
#include "hub/sound_fetcher.hpp"
#include "hub/speech_driver.hpp"
#include "hub/tables.hpp"
#include "hub/tls_files.hpp"
#include "net/background_thread.hpp"
#include "net/clock.hpp"
#include "net/control_loop.hpp"
#include "net/edge.hpp"
#include "net/hashes.hpp"
#include "net/job_pool.hpp"
#include "net/local_address.hpp"
#include "net/process.hpp"
#include "net/resolver.hpp"
#include "net/system_random.hpp"
#include "net/web_server.hpp"
#include "net/web_socket_thread.hpp"
#include "recording/recorder.hpp"
#include "store/sqlite_store.hpp"
#include "stream/dialled_programs.hpp"
#include "transcription/transcriber.hpp"
#include "transport/framer.hpp"

namespace junctor::hub {
namespace {

constexpr Duration bye_grace = seconds(2);  ///< for the BYEs of calls that a stop ends, and for trunks to let us go

/// transport's questions, asked of net's resolver.
class DnsAdapter final : public transport::Resolver {
 public:
  void set(net::Resolver& resolver, std::function<void(transport::QueryId, const transport::Answer&, TimePoint)> sink) {
    resolver_ = &resolver;
    sink_ = std::move(sink);
  }

  bool start(transport::QueryId id, transport::RecordType type, std::string_view name) override {
    const net::DnsType asked = type == transport::RecordType::a      ? net::DnsType::a
                               : type == transport::RecordType::aaaa ? net::DnsType::aaaa
                               : type == transport::RecordType::srv  ? net::DnsType::srv
                                                                     : net::DnsType::naptr;
    return resolver_->query(asked, std::string(name), [this, id, type](net::DnsAnswer&& answer, TimePoint now) {
      sink_(id, convert(answer, type), now);
    });
  }

 private:
  static transport::Answer convert(const net::DnsAnswer& answer, transport::RecordType type) {
    transport::Answer out;
    switch (answer.status) {
      case net::DnsStatus::ok:
      case net::DnsStatus::no_data:
        out.status = transport::AnswerStatus::found;
        break;
      case net::DnsStatus::no_name:
        out.status = transport::AnswerStatus::no_such_name;
        break;
      case net::DnsStatus::failed:
        out.status = transport::AnswerStatus::failed;
        break;
    }
    for (const IpAddress& ip : answer.addresses) {
      transport::Record record;
      record.type = type;
      record.ttl = answer.ttl;
      record.ip = ip;
      out.records.push_back(std::move(record));
    }
    for (const net::SrvRecord& srv : answer.srv) {
      transport::Record record;
      record.type = type;
      record.ttl = answer.ttl;
      record.priority = srv.priority;
      record.weight = srv.weight;
      record.port = srv.port;
      record.target = srv.target;
      out.records.push_back(std::move(record));
    }
    for (const net::NaptrRecord& naptr : answer.naptr) {
      if (naptr.flags != "s" && naptr.flags != "S") continue;
      transport::Record record;
      record.type = type;
      record.ttl = answer.ttl;
      record.priority = naptr.order;
      record.weight = naptr.preference;
      record.target = naptr.replacement;
      record.service = naptr.service;
      out.records.push_back(std::move(record));
    }
    return out;
  }

  net::Resolver* resolver_ = nullptr;
  std::function<void(transport::QueryId, const transport::Answer&, TimePoint)> sink_;
};

/// Listeners are bound before the Core exists that they deliver to.
class LateSinks final : public DatagramSink, public StreamSink {
 public:
  Core* core = nullptr;

  void on_datagram(std::uint64_t tag, const Address& from, std::span<const std::uint8_t> bytes,
                   TimePoint now) override {
    core->on_datagram(tag, from, bytes, now);
  }
  void on_open(ConnectionId id, ListenerIndex listener, const Address& local, const Address& remote,
               TimePoint now) override {
    core->on_open(id, listener, local, remote, now);
  }
  void on_message(ConnectionId id, std::string&& message, TimePoint now) override {
    core->on_message(id, std::move(message), now);
  }
  void on_close(ConnectionId id, std::string_view reason, TimePoint now) override { core->on_close(id, reason, now); }
};

/// The control socket is served by an object that needs the Core too.
class LateLocal final : public StreamSink {
 public:
  control::LocalServer* server = nullptr;

  void on_open(ConnectionId id, ListenerIndex listener, const Address& local, const Address& remote,
               TimePoint now) override {
    server->on_open(id, listener, local, remote, now);
  }
  void on_message(ConnectionId id, std::string&& message, TimePoint now) override {
    server->on_message(id, std::move(message), now);
  }
  void on_close(ConnectionId id, std::string_view reason, TimePoint now) override { server->on_close(id, reason, now); }
};

/// Everything that runs, in the order in which it is built; taken down in the opposite order.
class Daemon {
 public:
  Daemon(config::Snapshot config, RunOptions options)
      : config_(std::move(config)), options_(std::move(options)), timers_(net::now()) {
    wall_.set(net::now(), net::wall_now());
  }

  Result<void, std::string> start();
  int run();

 private:
  Result<void, std::string> open_store();
  Result<void, std::string> open_listeners();
  Result<void, std::string> listen(transport::Protocol protocol, std::string_view name,
                                   const std::vector<Address>& addresses);
  Result<void, std::string> listen_http();
  void prepare_outgoing(transport::Protocol protocol, net::Security security);
  bool serves_https() const { return !config_->http.certificate_file.empty(); }
  std::vector<std::string> take_certificates(const config::Config& config);
  std::function<std::unique_ptr<StreamFramer>()> sip_framer() const;
  Result<void, std::string> open_background();
  void build_core();
  void build_web();
  void on_signal(net::Signal signal, TimePoint now);
  void reload(TimePoint now);
  void begin_drain(seconds timeout, TimePoint now);
  std::optional<TimePoint> check_drained(TimePoint now);

  config::Snapshot config_;
  RunOptions options_;
  TimerWheel timers_;
  WallClock wall_;
  Counters counters_;
  net::SystemRandom random_;
  net::LocalAddresses local_addresses_;
  std::unique_ptr<net::LogWriter> log_;
  std::unique_ptr<net::ControlLoop> loop_;
  LateSinks sinks_;
  LateLocal local_;
  DnsAdapter dns_;
  std::unique_ptr<net::Edge> edge_;
  std::unique_ptr<net::HttpServer> http_;
  std::unique_ptr<net::Resolver> resolver_;
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<net::BackgroundThread> store_thread_;
  std::unique_ptr<MediaPlane> media_;
  audio::RealDisk disk_;
  std::unique_ptr<net::JobPool> jobs_;
  std::unique_ptr<recording::Recorder> recorder_;
  std::unique_ptr<net::BackgroundThread> recorder_thread_;
  std::unique_ptr<net::WebSocketThread> transcriber_thread_;
  std::unique_ptr<transcription::Transcriber> transcriber_;
  std::unique_ptr<net::WebSocketThread> dialled_thread_;
  std::unique_ptr<stream::DialledPrograms> dialled_;
  std::vector<transport::Listener> listeners_;
  std::vector<std::string> listener_names_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<Operator> operator_;
  std::unique_ptr<control::LocalServer> local_server_;
  std::unique_ptr<control::Probes> probes_;
  std::unique_ptr<control::Rest> rest_;
  std::unique_ptr<control::WebRouter> router_;
  std::uint32_t last_epoch_ = 0;  // of the newest call in the store
  std::optional<TimePoint> drain_until_;
  TimePoint farewell_until_{};  // a dead trunk does not hold us up longer
  bool store_due_ = false;
  bool hung_up_ = false;
  bool told_to_stop_ = false;
};

std::function<std::unique_ptr<StreamFramer>()> Daemon::sip_framer() const {
  transport::FramerBounds bounds;
  bounds.body_bytes = config_->sip.message_bytes_max;
  return [bounds] { return std::make_unique<transport::SipFramer>(bounds); };
}

control::DurationCounts counts_of(const net::DurationHistogram& histogram) {
  control::DurationCounts out;
  for (std::size_t i = 0; i + 1 < net::DurationHistogram::buckets; ++i)
    out.buckets.push_back({microseconds(std::int64_t{1} << i), histogram.count(i)});
  out.longer = histogram.count(net::DurationHistogram::buckets - 1);
  out.total = std::chrono::floor<microseconds>(histogram.total());
  return out;
}

bool is_missing_family(const Address& address, const std::string& error) {
  return address.ip.family == Family::v6 && address.ip.is_any() &&
         (error.find("family not supported") != std::string::npos ||
          error.find("assign requested") != std::string::npos);
}

Result<void, std::string> Daemon::listen(transport::Protocol protocol, std::string_view name,
                                         const std::vector<Address>& addresses) {
  const auto framer = sip_framer();
  for (const Address& wanted : addresses) {
    const auto index = static_cast<ListenerIndex>(listeners_.size());
    net::StreamService service;
    service.framer = framer;
    service.sink = &sinks_;
    service.idle_timeout = config_->sip.connection_idle_secs;
    if (protocol == transport::Protocol::tls) service.security = net::Security::tls;
    const auto bound = protocol == transport::Protocol::udp ? loop_->listen_udp(index, wanted, sinks_)
                                                            : edge_->listen_tcp(index, wanted, std::move(service));
    if (!bound) {
      if (!is_missing_family(wanted, bound.error())) return fail(bound.error());
      log_->warning("no IPv6 on this host: not listening", {{"address", to_string(wanted)}});
      continue;
    }
    listeners_.push_back({index, protocol, *bound});
    listener_names_.push_back(std::string(name) + ' ' + to_string(*bound));
  }
  return {};
}

Result<void, std::string> Daemon::listen_http() {
  for (const Address& wanted : config_->http.listen) {
    const auto bound = http_->listen(wanted, serves_https());
    if (!bound) {
      if (!is_missing_family(wanted, bound.error())) return fail("http.listen: " + bound.error());
      log_->warning("no IPv6 on this host: not listening", {{"address", to_string(wanted)}});
      continue;
    }
    listener_names_.push_back((serves_https() ? "https " : "http ") + to_string(*bound));
  }
  return {};
}

void Daemon::prepare_outgoing(transport::Protocol protocol, net::Security security) {
  ListenerIndex outgoing = 0;
  for (const transport::Listener& listener : listeners_)
    if (listener.protocol == protocol) outgoing = listener.index;
  net::StreamService service;
  service.framer = sip_framer();
  service.sink = &sinks_;
  service.idle_timeout = config_->sip.connection_idle_secs;
  service.security = security;
  edge_->set_outgoing(outgoing, std::move(service));
}

/// Certificates and keys as the files have them now, for connections from now on.
std::vector<std::string> Daemon::take_certificates(const config::Config& config) {
  const auto fault_of = [](const TlsFileFault& fault) { return fault.path + ": " + fault.message; };
  auto contexts = load_tls_files(config);
  if (!contexts) return {fault_of(contexts.error())};
  if (serves_https()) {
    auto https = load_http_tls_files(config_->http);  // its files are those of the start
    if (!https) return {fault_of(https.error())};
    http_->set_tls(std::move(*https));
  }
  edge_->set_tls(std::move(*contexts));
  return {};
}

Result<void, std::string> Daemon::open_listeners() {
  if (auto done = listen(transport::Protocol::udp, "udp", config_->sip.udp); !done) return done;
  if (auto done = listen(transport::Protocol::tcp, "tcp", config_->sip.tcp); !done) return done;
  if (auto done = listen(transport::Protocol::tls, "tls", config_->sip.tls); !done) return done;
  if (auto done = listen_http(); !done) return done;
  prepare_outgoing(transport::Protocol::tcp, net::Security::none);
  prepare_outgoing(transport::Protocol::tls, net::Security::tls);
  if (const auto faults = take_certificates(*config_); !faults.empty()) return fail(faults.front());

  net::StreamService local;
  local.framer = [] { return std::make_unique<control::LineFramer>(); };
  local.sink = &local_;
  const std::string path = config_->hub.data_dir + "/control.sock";
  return edge_->listen_local(net::ControlLoop::max_listeners, path, std::move(local));
}

Result<void, std::string> Daemon::open_store() {
  auto database =
      store::Database::open(config_->hub.data_dir + "/junctor.db",
                            config_->store.sync == config::Sync::full ? store::Sync::full : store::Sync::normal);
  if (!database) return fail(std::move(database.error()));
  if (database->interrupted() > 0)
    log_->warning("calls were cut by the last stop", {{"calls", std::to_string(database->interrupted())}});
  const auto newest = database->list_calls({.limit = 1});
  if (!newest) return fail(newest.error());
  if (!newest->empty()) last_epoch_ = parse_call_id(newest->front().call.call_id).epoch;
  store::Wakes wakes;
  wakes.database = [this] { store_due_ = true; };  // once a turn, below
  wakes.control = [this] { loop_->waker().wake(); };
  store_ = std::make_unique<store::SqliteStore>(std::move(*database), std::move(wakes), *log_, counters_);
  store_thread_ = std::make_unique<net::BackgroundThread>(
      "database", [this](TimePoint now) { return store_->writer().run_once(now); },
      [this] { store_->writer().finish(); });
  loop_->add_source([this](TimePoint now) { return store_->writer().deliver(now); });
  loop_->add_turn_end([this](TimePoint now) -> std::optional<TimePoint> {
    const auto again = store_->writer().flush(now);
    if (std::exchange(store_due_, false)) store_thread_->rouse();
    return again;
  });
  return {};
}

/// Threads for files that are played, for what is recorded, for what is transcribed, and for programs that are dialled.
Result<void, std::string> Daemon::open_background() {
  jobs_ = std::make_unique<net::JobPool>(net::JobPoolSettings{}, *loop_, counters_);
  recording::Wakes wakes;
  wakes.recorder = [this] { recorder_thread_->rouse(); };
  wakes.control = [this] { loop_->waker().wake(); };
  recorder_ = std::make_unique<recording::Recorder>(disk_, std::move(wakes), *log_, counters_);
  recorder_thread_ = std::make_unique<net::BackgroundThread>(
      "recorder", [this](TimePoint now) { return recorder_->run_once(now); }, [this] { recorder_->finish(); });
  recorder_->repair(recordings_folder(*config_));
  loop_->add_source([this](TimePoint now) { return core_->deliver_recordings(now); });
  auto web_sockets = net::WebSocketThread::create("transcriber", counters_);
  if (!web_sockets) return fail(std::move(web_sockets.error()));
  transcriber_thread_ = std::move(*web_sockets);
  transcriber_ = std::make_unique<transcription::Transcriber>(
      *transcriber_thread_,
      transcription::Wakes{.transcriber = [this] { transcriber_thread_->rouse(); },
                           .control = [this] { loop_->waker().wake(); }},
      *log_, counters_);
  loop_->add_source([this](TimePoint now) { return core_->deliver_transcriptions(now); });
  auto program_sockets = net::WebSocketThread::create("programs", counters_);
  if (!program_sockets) return fail(std::move(program_sockets.error()));
  dialled_thread_ = std::move(*program_sockets);
  dialled_ = std::make_unique<stream::DialledPrograms>(*dialled_thread_, [this] { dialled_thread_->rouse(); });
  loop_->add_source([this](TimePoint now) { return core_->deliver_streams(now); });
  return {};
}

void Daemon::build_core() {
  const TimePoint now = net::now();
  sip::digest::HashFunctions hashes{net::md5_hex, net::sha256_hex, net::sha512_256_hex};
  Outside outside{timers_,
                  wall_,
                  random_,
                  *log_,
                  counters_,
                  *loop_,
                  *edge_,
                  dns_,
                  *media_,
                  *jobs_,
                  disk_,
                  *recorder_,
                  *transcriber_,
                  *store_,
                  hashes,
                  net::hmac_sha256,
                  listeners_,
                  [this](const IpAddress& remote) {
                    return local_addresses_.find(remote, net::now()).value_or(IpAddress::v4(127, 0, 0, 1));
                  },
                  last_epoch_,
                  http_.get(),
                  edge_.get(),
                  dialled_.get(),
                  [this] { loop_->waker().wake(); },
                  make_speech_driver,
                  make_sound_fetcher()};
  core_ = std::make_unique<Core>(config_, std::move(outside), now);
  sinks_.core = core_.get();
  dns_.set(*resolver_, [this](transport::QueryId id, const transport::Answer& answer, TimePoint then) {
    core_->on_resolved(id, answer, then);
  });
  media_->set_sink([this](const media::Event& event, TimePoint then) { core_->on_media_event(event, then); });

  Operator::Process process;
  process.longest_turn = [this] { return std::chrono::floor<microseconds>(loop_->turns().longest()); };
  process.longest_work = [this] { return std::chrono::floor<microseconds>(loop_->work().longest()); };
  process.turns = [this] { return counts_of(loop_->turns()); };
  process.work = [this] { return counts_of(loop_->work()); };
  process.ticks = [this] { return counts_of(media_->tick_lateness()); };
  process.load_config = [this] { return load_checked(options_.config); };
  process.take_certificates = [this](const config::Config& config) { return take_certificates(config); };
  process.drain = [this](seconds timeout, TimePoint then) { begin_drain(timeout, then); };
  process.listeners = listener_names_;
  process.config_files = config::find_files(options_.config);
  process.started = net::wall_now();
  process.started_at = now;
  process.pid = static_cast<std::uint32_t>(::getpid());
  operator_ = std::make_unique<Operator>(*core_, std::move(process));
  core_->set_ended_hook([this](const call::Call& call, TimePoint then) { operator_->on_ended(call, then); });
  local_server_ = std::make_unique<control::LocalServer>(*operator_, *edge_, counters_);
  local_.server = local_server_.get();
  build_web();
}

/// Who answers what over HTTP.
void Daemon::build_web() {
  router_ = std::make_unique<control::WebRouter>(*http_);
  probes_ = std::make_unique<control::Probes>(*http_, *operator_, [this] { return core_->config().metrics.allow; });
  for (const char* path : {"/livez", "/readyz", "/metrics"}) router_->serve(path, *probes_);
  rest_ = std::make_unique<control::Rest>(*http_, *operator_, core_->programs().gateway().tokens(), counters_);
  router_->serve(std::string(control::Rest::prefix), *rest_);
  router_->serve(std::string(control::Gateway::prefix), core_->programs().gateway());
}

Result<void, std::string> Daemon::start() {
  (void)net::raise_open_files_limit();
  net::LogWriterSettings log;
  log.format = options_.log_format;
  log.level = options_.log_level;

  auto loop = net::ControlLoop::create({}, timers_, counters_);
  if (!loop) return fail(std::move(loop.error()));
  loop_ = std::move(*loop);
  if (auto done = loop_->handle_signals([this](net::Signal s, TimePoint now) { on_signal(s, now); }); !done)
    return done;
  log_ = std::make_unique<net::LogWriter>(log, counters_);  // the first thread: signals are blocked by now

  net::EdgeLimits limits;
  limits.connections = config_->sip.connections_max;
  auto edge = net::Edge::create(limits, *loop_, counters_);
  if (!edge) return fail(std::move(edge.error()));
  edge_ = std::move(*edge);
  net::WebLimits web;
  web.connections = config_->http.connections_max;
  auto http = net::HttpServer::create(web, *loop_, *log_, counters_);
  if (!http) return fail(std::move(http.error()));
  http_ = std::move(*http);
  auto resolver = net::Resolver::create({}, *loop_, counters_);
  if (!resolver) return fail(std::move(resolver.error()));
  resolver_ = std::move(*resolver);

  std::error_code error;
  std::filesystem::create_directories(config_->hub.data_dir, error);
  if (error) return fail(config_->hub.data_dir + ": " + error.message());
  // The control socket before the database: a second hub on the same folder stops here, and touches nothing.
  for (const std::string& key : config::without_effect(*config_)) log_->warning("no effect yet", {{"key", key}});
  if (auto done = open_listeners(); !done) return done;
  if (auto done = open_store(); !done) return done;
  auto media = MediaPlane::create(config_->rtp, *loop_, counters_);
  if (!media) return fail(std::move(media.error()));
  media_ = std::move(*media);
  if (auto done = open_background(); !done) return done;
  build_core();
  if (auto done = core_->load(net::now()); !done) return done;
  loop_->add_turn_end([this, next = TimePoint{}](TimePoint now) mutable -> std::optional<TimePoint> {
    if (now >= next) {
      wall_.set(now, net::wall_now());
      next = now + seconds(1);
    }
    return check_drained(now);
  });
  store_thread_->start();
  recorder_thread_->start();
  transcriber_thread_->start([this](TimePoint now) { return transcriber_->run_once(now); },
                             [this] { transcriber_->finish(); });
  dialled_thread_->start([this](TimePoint now) { return dialled_->run_once(now); }, [this] { dialled_->finish(); });
  media_->start();
  edge_->start();
  http_->start(*router_);
  return {};
}

void Daemon::reload(TimePoint now) {
  operator_->reload(
      [this](const Result<control::ReloadReport, control::Failure>& report) {
        if (!report) return log_->error("reload refused", {{"fault", report.error().message}});
        for (const std::string& fault : report->faults) log_->error("reload refused", {{"fault", fault}});
        for (const std::string& key : report->needs_restart) log_->warning("waits for a restart", {{"key", key}});
        if (report->faults.empty()) log_->info("configuration reloaded");
      },
      now);
}

void Daemon::on_signal(net::Signal signal, TimePoint now) {
  if (signal == net::Signal::hangup) return reload(now);
  if (hung_up_) return loop_->stop();        // the third one: no wait for the answers to BYE
  if (std::exchange(told_to_stop_, true)) {  // the second one: no wait for the calls, which get BYE now
    drain_until_ = now;
  } else if (!drain_until_) {
    begin_drain(core_->config().hub.drain_secs, now);
  }
}

void Daemon::begin_drain(seconds timeout, TimePoint now) {
  net::notify_service_manager("STOPPING=1");
  log_->info("draining", {{"calls", std::to_string(core_->ledger().calls)}, {"secs", std::to_string(timeout.count())}});
  core_->drain(timeout, now);
  drain_until_ = now + timeout;
  farewell_until_ = now + bye_grace;
}

std::optional<TimePoint> Daemon::check_drained(TimePoint now) {
  if (!drain_until_) return std::nullopt;
  const Ledger ledger = core_->ledger();
  if (ledger.calls == 0) {
    // The last words of calls that were transcribed: they come soon, or never.
    if (ledger.transcriptions != 0 && now < *drain_until_) return now + transcription::Transcriber::interval;
    if (ledger.unregistering != 0 && now < farewell_until_) return farewell_until_;
    // Nobody waits for the last rows, so that their commit wakes nobody either.
    if (ledger.unwritten != 0) return now + store::unwaited_delay_max;
    loop_->stop();
    return std::nullopt;
  }
  if (now >= *drain_until_) {
    if (hung_up_) {
      loop_->stop();
      return std::nullopt;
    }
    hung_up_ = true;
    std::vector<CallId> left;
    core_->calls().for_each([&](const call::Call& call) { left.push_back(call.id()); });
    for (const CallId id : left) core_->calls().hang_up(id, {503, 41, "the hub stops"}, now);
    drain_until_ = now + bye_grace;
  }
  return *drain_until_;
}

int Daemon::run() {
  std::string ready = "ready";
  for (const std::string& name : listener_names_) ready += ' ' + name;
  std::puts(ready.c_str());
  std::fflush(stdout);
  net::notify_service_manager("READY=1");
  loop_->run();
  core_->programs().gateway().close(net::now());
  http_->stop();
  media_->stop();
  edge_->stop();
  recorder_thread_->stop();  // what is recorded ends, and can be played
  transcriber_thread_->stop();
  dialled_thread_->stop();
  jobs_->stop();
  store_->writer().flush_all();
  store_thread_->stop();  // what waits is committed
  log_->info("stopped");
  return 0;
}

}  // namespace

int run(const RunOptions& options) {
  auto config = load_checked(options.config);
  if (!config) {
    for (const std::string& line : config.error()) std::fprintf(stderr, "%s\n", line.c_str());
    return 3;
  }
  Daemon daemon(std::move(*config), options);
  if (const auto started = daemon.start(); !started) {
    std::fprintf(stderr, "junctor: %s\n", started.error().c_str());
    return 1;
  }
  return daemon.run();
}

}  // namespace junctor::hub
