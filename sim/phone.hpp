#pragma once
// A scripted phone (or carrier): a minimal user agent of its own, so that the hub is checked by something else than
// itself. Uses the sip room for bytes only; transactions, dialogs and timers are its own.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "sim/habits.hpp"
#include "sim/line.hpp"
#include "sim/net.hpp"
#include "sim/phone_transactions.hpp"
#include "sim/wire.hpp"
#include "sip/digest.hpp"

namespace junctor::sim {

struct PhoneSetup {
  std::string user;
  std::string password;  ///< empty: no digest (a trunk known by its address)
  std::string display_name;
  std::string domain;  ///< of its address-of-record
  Address local;       ///< its SIP socket; RTP is on the same IP
  Address hub;         ///< where everything goes that has no route
  Wire::Kind wire = Wire::Kind::udp;
  sip::digest::HashFunctions hashes;
};

class Phone final : private PhoneTransactions::User {
 public:
  Phone(World& world, Net& net, PhoneSetup setup);
  ~Phone() override;

  Habits& habits() { return habits_; }
  const std::string& user() const { return setup_.user; }
  const Address& address() const { return setup_.local; }

  // --- registration
  void register_with_hub(std::uint32_t expires = 3600, std::string_view contact_params = {});
  /// Contact: * with Expires: 0.
  void unregister_all();
  bool registered() const { return registered_; }
  /// The last answer to REGISTER: 0 while waiting, 408 when none came.
  int register_status() const { return register_status_; }
  const std::optional<sip::Message>& register_answer() const { return register_answer_; }

  // --- calls
  /// `to`: a number, or a whole URI.
  Line& dial(std::string_view to, DialOptions options = {});
  /// The newest line; the phone must have one.
  Line& line() { return *lines_.at(lines_.size() - 1); }
  Line& line(std::size_t index) { return *lines_.at(index); }
  bool has_line() const { return !lines_.empty(); }
  const std::vector<std::unique_ptr<Line>>& lines() const { return lines_; }
  std::size_t live_lines() const;
  /// Ended lines are kept for the tests' sake until this.
  void forget_ended_lines();

  /// Called for each call that comes in, instead of what the habits say about ringing and answering.
  void on_incoming(std::function<void(Line&)> script) { incoming_ = std::move(script); }

  // --- of the newest line, for short
  bool ringing() const { return has_line() && lines_.back()->ringing(); }
  bool ringback() const { return has_line() && lines_.back()->ringback(); }
  bool up() const { return has_line() && lines_.back()->up(); }
  bool idle() const { return live_lines() == 0; }
  void ring(RingOptions options = {}) { line().ring(std::move(options)); }
  void answer() { line().answer(); }
  void reject(int status = 486) { line().reject(status); }
  void hang_up() { line().hang_up(); }
  void speak(double hz) { line().speak(hz); }
  bool hears(double hz) const { return has_line() && lines_.back()->hears(hz); }

  // --- outside dialogs
  /// Sends a request to `to` and hands over its final answer; null when none came. Answers a challenge.
  void send(sip::Method method, std::string_view to, std::string_view content_type, std::string_view body,
            std::function<void(const sip::Message*)> then);
  /// Requests outside dialogs that came (MESSAGE, OPTIONS, NOTIFY), newest last.
  const std::vector<sip::Message>& inbox() const { return inbox_; }
  /// Bytes of anybody's making.
  void send_raw(std::string bytes) { wire_.send(setup_.hub, std::move(bytes)); }

  /// Loses power: forgets everything, sends nothing.
  void crash();
  /// What the peer did that the protocol does not allow; empty if it behaved.
  const std::vector<std::string>& complaints() const { return complaints_; }
  std::size_t pending_transactions() const { return transactions_.pending(); }
  PhoneTransactions& transactions() { return transactions_; }

 private:
  friend class Line;

  void on_request(const sip::Message& request, const Address& from) override;
  void on_ack(const sip::Message& ack) override;
  void on_cancel(const sip::Message& cancel) override;
  void on_ack_missing(const sip::Message& invite) override;
  void complain(std::string what) override;

  void send_register(std::optional<std::string> authorization);
  void answer_plain(const sip::Message& request, int status);
  Line* find_line(const sip::Message& in_dialog_request);
  Line* find_replaced(const sip::Message& invite);
  std::string contact() const;
  std::string address_of_record() const;
  std::string uri_of(std::string_view to) const;
  /// Credentials for the challenge in `response`; nothing when we cannot.
  std::optional<std::string> authorize(const sip::Message& response, std::string_view method, std::string_view uri,
                                       std::string_view body);

  World& world_;
  Net& net_;
  PhoneSetup setup_;
  Habits habits_;
  SeededRandom random_;
  Wire wire_;
  PhoneTransactions transactions_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::uint16_t next_rtp_port_ = 20000;
  std::function<void(Line&)> incoming_;

  bool registered_ = false;
  int register_status_ = 0, register_attempts_ = 0;
  std::uint32_t register_cseq_ = 0, register_expires_ = 3600, nonce_count_ = 0;
  std::string register_call_id_, register_contact_, last_nonce_;
  std::optional<sip::Message> register_answer_;

  std::vector<sip::Message> inbox_;
  std::vector<std::string> complaints_;
};

}  // namespace junctor::sim
