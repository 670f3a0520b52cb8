#pragma once
// What stands around hub::Core here instead of sockets, media threads, a resolver and a disk: the least that answers.
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audio/disk.hpp"
#include "base/io.hpp"
#include "base/web_socket.hpp"
#include "hub/core.hpp"
#include "recording/recorder.hpp"
#include "transcription/transcriber.hpp"

namespace junctor::bench {

class SeededRandom final : public Random {
 public:
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_{1};
};

struct Datagram {
  Address to;
  std::string bytes;
};

/// Keeps what the hub sends; there are no streams.
class Network final : public DatagramSender, public StreamSender {
 public:
  bool send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes) override;
  ConnectionId connect(const Address&) override { return {}; }
  bool write(ConnectionId, std::string&&) override { return false; }
  void close(ConnectionId) override {}

  std::vector<Datagram> sent;
};

class NoNames final : public transport::Resolver {
 public:
  bool start(transport::QueryId, transport::RecordType, std::string_view) override { return false; }
};

/// Leases ports and answers commands; no audio flows.
class Ports final : public media::Plane {
 public:
  std::optional<media::PortLease> take_port(Family family, std::optional<std::uint32_t> worker) override;
  void command(std::uint32_t worker, media::Command command) override;
  media::PortLease move_port(const media::PortLease& lease, std::uint32_t) override { return lease; }  // one worker

  std::vector<media::Event> events;  ///< not delivered yet

 private:
  std::vector<std::uint32_t> free_;
  std::uint32_t slots_ = 0, leases_ = 0;
};

/// Takes writes and forgets them, as the control thread does once they are queued for the database's thread.
class Queue final : public store::Store {
 public:
  void write(store::Write write, store::AckTarget* target, std::uint64_t token, TimePoint now) override;
  bool backlog_full() const override { return false; }
  std::size_t backlog() const override { return acks.size(); }
  Result<std::vector<store::BindingRow>, std::string> load_bindings(WallTime) override {
    return std::vector<store::BindingRow>{};
  }
  Result<std::vector<store::UserRow>, std::string> load_users() override { return std::move(users); }
  Result<std::map<std::string, std::uint64_t>, std::string> load_sequences() override { return {}; }
  void list_calls(store::CallFilter, store::Answer<std::vector<store::CallRecord>>, TimePoint) override {}
  void find_call(std::string, store::Answer<std::optional<store::CallRecord>>, TimePoint) override {}

  std::vector<store::UserRow> users;  ///< what load_users() finds, once
  std::vector<std::pair<store::AckTarget*, std::uint64_t>> acks;
  std::uint64_t writes = 0;
};

constexpr std::string_view hub_realm = "junctor";
std::string username_of(std::size_t index);
std::string password_of(std::size_t index);

/// A hub with so many users. Time stands still but for pass().
/// Nothing here needs the background.
class NoJobs final : public JobRunner {
 public:
  bool submit(Job) override { return false; }
};

/// Nor is anything transcribed.
class NoWebSockets final : public WebSockets {
 public:
  WebSocketId open(const WebSocketRequest&, WebSocketSink&) override { return {}; }
  void send_text(WebSocketId, std::string) override {}
  void send_binary(WebSocketId, std::string) override {}
  std::size_t unsent(WebSocketId) const override { return 0; }
  void close(WebSocketId) override {}
};

class Hub {
 public:
  explicit Hub(std::size_t users);

  /// One turn of the control loop: a datagram, and whatever follows at once from workers and the disk.
  void receive(const Address& from, std::string_view bytes);
  /// Time passes in small steps; timers fire.
  void pass(Duration span);
  std::vector<Datagram> take_sent() { return std::exchange(network_.sent, {}); }
  hub::Core& core() { return *core_; }
  std::uint64_t writes() const { return store_.writes; }

 private:
  void settle();

  TimePoint now_{hours(1)};
  TimerWheel timers_{now_};
  WallClock wall_;
  SeededRandom random_;
  NullLog log_;
  Counters counters_;
  Network network_;
  NoNames names_;
  Ports ports_;
  audio::MemoryDisk disk_;
  NoJobs jobs_;
  recording::Recorder recorder_{disk_, {.recorder = [] {}, .control = [] {}}, log_, counters_};
  NoWebSockets web_sockets_;
  transcription::Transcriber transcriber_{web_sockets_, {.transcriber = [] {}, .control = [] {}}, log_, counters_};
  Queue store_;
  std::unique_ptr<hub::Core> core_;
};

Address hub_address();

}  // namespace junctor::bench
