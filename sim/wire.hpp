#pragma once
// A scripted phone's connection to the network: a UDP socket, or streams that are opened when they are needed. Whole
// SIP messages in and out.
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/address.hpp"
#include "sim/net.hpp"
#include "sim/world.hpp"
#include "sip/message.hpp"

namespace junctor::sim {

class Wire {
 public:
  enum class Kind : std::uint8_t { udp, tcp };
  using OnMessage = std::function<void(sip::Message&& message, const Address& from)>;

  Wire(World& world, Net& net, Kind kind, const Address& local);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void on_message(OnMessage handler) { on_message_ = std::move(handler); }
  void send(const Address& to, std::string bytes);

  const Address& local() const { return local_; }
  Kind kind() const { return kind_; }
  bool reliable() const { return kind_ != Kind::udp; }
  /// What arrived and was no SIP message.
  std::uint64_t garbage() const { return garbage_; }
  /// Drops every stream, as a phone does that loses its power.
  void drop_streams();

 private:
  struct Connection {
    std::unique_ptr<Stream> stream;
    std::string unread;
  };

  void adopt(std::unique_ptr<Stream> stream);
  void on_bytes(const Address& peer, std::string_view bytes);
  void take(std::string bytes, const Address& from);
  void forget(const Address& peer);

  World& world_;
  Net& net_;
  Kind kind_;
  Address local_;
  OnMessage on_message_;
  std::map<Address, Connection> connections_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::uint64_t garbage_ = 0;
};

}  // namespace junctor::sim
