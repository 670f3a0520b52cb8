#pragma once
// The client's side of digest authentication toward one server, over as many requests as it likes: challenges of 401
// and 407 are kept, each apart, and answered in every request from then on (RFC 7616 §3.6, RFC 3261 §22).
#include <cstdint>
#include <optional>
#include <string>

#include "sip/digest.hpp"
#include "sip/message.hpp"

namespace junctor::sip {

class ClientDigest {
 public:
  /// How often one request is answered for, at a server and at a proxy each: its nonce may have aged meanwhile.
  static constexpr int rounds_max = 2;

  enum class Taken : std::uint8_t {
    answerable,  ///< send the request again, with authorize()
    refused,     ///< what was answered before was not taken: the account is wrong
    unknown,     ///< there is no challenge that we have algorithm, qop and account for
  };

  /// A new request, not the repetition of one.
  void begin() { www_.rounds = proxy_.rounds = 0; }
  /// A 401 or 407 to the last request. `cnonce` is random.
  Taken take(const Message& response, const digest::Account& account, const digest::HashFunctions& hashes,
             std::string cnonce);
  /// Puts Authorization and Proxy-Authorization, as far as there were challenges, in the place of those that it has.
  void authorize(Message& request, const digest::Account& account, const digest::HashFunctions& hashes);

 private:
  struct Side {
    std::optional<digest::Challenge> challenge;
    std::string cnonce;    // the same as long as the nonce, as -sess wants it
    std::uint32_t nc = 0;  // of the last request
    int rounds = 0;
  };

  static void answer(Side& side, HeaderId header, Message& request, const digest::Account& account,
                     const digest::HashFunctions& hashes);

  Side www_, proxy_;
};

}  // namespace junctor::sip
