#pragma once
// Phones as far as a benchmark needs them: they say the next message of a call. What they do is not measured.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "sip/digest.hpp"
#include "sip/message.hpp"

namespace junctor::bench {

class Phone {
 public:
  explicit Phone(std::size_t index);

  const Address& address() const { return address_; }
  const std::string& user() const { return user_; }

  /// With credentials once a challenge was taken.
  std::string register_request();
  std::string invite(std::string_view to);
  /// For the 407.
  std::string ack_refusal(const sip::Message& response) const;
  std::string ack(const sip::Message& ok);
  std::string bye();
  void take_challenge(const sip::Message& response);
  void forget_challenge() { challenges_.clear(); }

  std::string ringing(const sip::Message& invite) const { return respond(invite, 180); }
  std::string answer(const sip::Message& invite) const { return respond(invite, 200); }
  std::string ok(const sip::Message& request) const { return respond(request, 200); }

 private:
  struct Dialog {
    std::string call_id, to, target;
    std::uint32_t cseq = 0;
  };
  std::string respond(const sip::Message& request, int status) const;
  std::string contact() const;
  std::string head(std::string_view method, std::string_view uri, const Dialog& dialog);
  std::string credentials(std::string_view header, std::string_view method, std::string_view uri);
  std::string description() const;

  std::string user_, password_;
  Address address_;
  Dialog registration_, call_;
  std::string invite_branch_, invite_target_;
  std::vector<sip::digest::Challenge> challenges_;
  std::uint32_t branches_ = 0, calls_ = 0, nonce_count_ = 0;
};

}  // namespace junctor::bench
