#pragma once
// The hub's SIP sockets in the simulated network: its DatagramSender and StreamSender. Everything that the hub says or
// hears passes here, so this is where an audit watches, and where a planted fault changes what the hub seems to say.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/io.hpp"
#include "sim/net.hpp"
#include "sim/world.hpp"
#include "transport/advertise.hpp"
#include "transport/framer.hpp"

namespace junctor::sim {

/// Sees every SIP message that crosses the border. A datagram that the network loses was sent all the same.
class BorderWatch {
 public:
  virtual ~BorderWatch() = default;
  virtual void on_sent(const Address& to, std::string_view bytes, bool reliable) = 0;
  virtual void on_received(const Address& from, std::string_view bytes) = 0;
};

class Border final : public DatagramSender, public StreamSender {
 public:
  /// Stands between hub and network: may pass `bytes` on, once, often, altered or not at all.
  using Pass = std::function<void(std::string bytes)>;
  using Filter = std::function<void(std::string bytes, const Pass& pass)>;

  Border(World& world, Net& net, std::vector<transport::Listener> listeners);
  ~Border() override;
  Border(const Border&) = delete;
  Border& operator=(const Border&) = delete;

  /// The sinks outlive this. Nothing is received before.
  void open(DatagramSink& datagrams, StreamSink& streams);
  void watch(BorderWatch& watch) { watches_.push_back(&watch); }
  void filter(Filter filter) { filter_ = std::move(filter); }

  bool send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes) override;
  ConnectionId connect(const Address& to) override;
  bool write(ConnectionId connection, std::string&& bytes) override;
  void close(ConnectionId connection) override;

  const std::vector<transport::Listener>& listeners() const { return listeners_; }
  std::size_t connections() const { return connections_.size(); }

 private:
  struct Connection {
    std::unique_ptr<Stream> stream;
    transport::SipFramer framer;
    bool closing = false;
  };

  void adopt(ConnectionId id, ListenerIndex listener, std::unique_ptr<Stream> stream);
  void on_bytes(ConnectionId id, std::string_view bytes);
  void end(ConnectionId id, std::string reason);
  void out(std::string bytes, const Pass& pass);
  World::EventId soon(std::function<void()> action);
  const transport::Listener& first_stream_listener() const;

  World& world_;
  Net& net_;
  std::vector<transport::Listener> listeners_;
  DatagramSink* datagram_sink_ = nullptr;
  StreamSink* stream_sink_ = nullptr;
  std::vector<BorderWatch*> watches_;
  Filter filter_;
  std::unordered_map<ConnectionId, Connection> connections_;
  std::uint64_t next_connection_ = 1;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace junctor::sim
