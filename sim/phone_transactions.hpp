#pragma once
// The transaction behaviour of a scripted phone (RFC 3261 §17), written apart from the hub's so that each checks the
// other. Small on purpose: retransmit, absorb retransmissions, acknowledge, give up after 64*T1.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "sim/random.hpp"
#include "sim/wire.hpp"
#include "sim/world.hpp"
#include "sip/message.hpp"

namespace junctor::sim {

class PhoneTransactions {
 public:
  class User {
   public:
    virtual ~User() = default;
    /// Every new request but ACK and CANCEL.
    virtual void on_request(const sip::Message& request, const Address& from) = 0;
    /// The ACK for a 2xx.
    virtual void on_ack(const sip::Message& ack) = 0;
    /// The CANCEL has got its 200; its INVITE has not been answered yet.
    virtual void on_cancel(const sip::Message& cancel) = 0;
    /// No ACK for the 2xx of this INVITE in 64*T1.
    virtual void on_ack_missing(const sip::Message& invite) = 0;
    /// The peer broke the protocol.
    virtual void complain(std::string what) = 0;
  };
  /// Each 1xx, each 2xx of an INVITE, and one final; null when nobody answered.
  using OnResponse = std::function<void(const sip::Message* response)>;

  PhoneTransactions(World& world, Wire& wire, SeededRandom& random, User& user);
  ~PhoneTransactions() { *alive_ = false; }

  /// Adds Via and sends until answered. The branch names the transaction.
  std::string send(sip::Message request, const Address& to, OnResponse on_response);
  /// CANCELs an INVITE, as soon as a provisional response allows it.
  void cancel(const std::string& branch, std::string_view reason = {});
  /// Adds Via and sends once: the ACK for a 2xx.
  void send_once(sip::Message request, const Address& to);

  /// Answers, and goes on answering as the protocol wants. `request` must have come through here.
  void respond(const sip::Message& request, const sip::Message& response);
  /// The 2xx has been acknowledged.
  void acked(const sip::Message& ack);

  /// A phone that never acknowledges a 3xx-6xx.
  void never_ack(bool yes) { never_ack_ = yes; }
  /// Forgets everything, as after losing power.
  void forget();
  std::size_t pending() const { return clients_.size() + servers_.size(); }

 private:
  struct Client {
    sip::Message request;
    Address to;
    OnResponse on_response;
    Duration interval{};
    World::EventId retransmit, end;
    bool provisional = false, cancelled = false, wants_cancel = false;
    std::string cancel_reason;
    int final_status = 0;
    std::string final_tag;
    std::string ack;  // bytes; empty unless the final was 3xx-6xx of an INVITE
  };
  struct Server {
    sip::Message request;
    Address from;
    std::string response;  // bytes of the last one
    int status = 0;
    Duration interval{};
    World::EventId retransmit, end;
    bool acked = false;
  };

  void on_message(sip::Message&& message, const Address& from);
  void on_response(const sip::Message& response);
  void on_request(sip::Message&& request, const Address& from);
  void take_final(const std::string& key, Client& client, const sip::Message& response);
  void send_cancel(const std::string& branch, Client& client);
  void retransmit_request(const std::string& key);
  void retransmit_response(const std::string& key);
  void keep_for_a_while(const std::string& key, World::EventId& end, bool client);
  std::string add_via(sip::Message& request);
  World::EventId later(Duration delay, std::function<void()> action);
  static std::string client_key(std::string_view branch, sip::Method method);
  static std::string server_key(const sip::Message& request);

  World& world_;
  Wire& wire_;
  SeededRandom& random_;
  User& user_;
  std::unordered_map<std::string, Client> clients_;
  std::unordered_map<std::string, Server> servers_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool never_ack_ = false;
};

}  // namespace junctor::sim
