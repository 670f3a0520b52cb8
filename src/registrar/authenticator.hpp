#pragma once
// Digest authentication as a server (RFC 7616, RFC 8760), for REGISTER and every other request alike.
//
// A nonce carries its time and a MAC over it, so that nothing is kept for a challenge that is never answered. Once
// used, its highest nc is kept in a bounded table: each nc counts once, so nothing can be replayed. When the table
// turns over before a nonce has expired, that nonce is answered stale.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/counters.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "registrar/nonces.hpp"
#include "registrar/users.hpp"
#include "sip/digest.hpp"
#include "sip/message.hpp"

namespace junctor::registrar {

/// Registrars and user agents challenge with 401, proxies with 407 (RFC 3261 §22). We are a back-to-back user agent:
/// for REGISTER `user_agent`, for requests that are to be forwarded `proxy` is what phones expect.
enum class Role : std::uint8_t { user_agent, proxy };

enum class AuthResult : std::uint8_t {
  ok,         ///< `user` is set
  challenge,  ///< no credentials for our realm: answer with a challenge; not a failure
  stale,      ///< right password, but a nonce that is old, foreign or used up: a fresh challenge; not a failure
  denied,     ///< unknown user, wrong password, or credentials that cannot be read: a challenge too, and a failure
};

struct AuthVerdict {
  AuthResult result = AuthResult::challenge;
  const User* user = nullptr;  ///< good until the table of users is changed
  std::string_view reason;     ///< of denied and stale, one constant word: "unknown_user", "wrong_password", …
};

struct AuthenticatorSettings {
  /// Beginnings of User-Agent values of phones that give up when they see an algorithm that they do not know (RFC 8760
  /// §2.4 wants it passed over): they are offered MD5 alone.
  std::vector<std::string> md5_only_agents = {"baresip v0", "baresip v1", "baresip v2"};
  std::string realm = "junctor";
  Duration nonce_life = seconds(300);  ///< older ones are stale
  std::size_t nonces_max = 131'072;    ///< nonces in use at once
};

/// Counters: auth_ok, auth_challenged, auth_stale, auth_replayed, auth_unknown_user, auth_wrong_password,
/// auth_malformed.
class Authenticator {
 public:
  /// `users`, `random` and `counters` outlive this.
  Authenticator(AuthenticatorSettings settings, const Users& users, const sip::digest::HashFunctions& hashes, Mac mac,
                Random& random, Counters& counters);

  /// Looks at Authorization or Proxy-Authorization, by role. Using up the nonce's nc, each request is verified once.
  AuthVerdict verify(const sip::Message& request, Role role, TimePoint now);

  /// The 401 or 407 with its challenges, SHA-256 before MD5 (stale=true after AuthResult::stale). To has no tag yet.
  /// The same for everybody, user or not: see docs/adr/0011.
  sip::Message challenge(const sip::Message& request, Role role, AuthResult why, TimePoint now);

  const std::string& realm() const { return settings_.realm; }

 private:
  AuthVerdict check(const sip::digest::Credentials& credentials, const sip::Message& request, TimePoint now);
  AuthVerdict denied(std::string_view reason, Counter& counter);

  AuthenticatorSettings settings_;
  const Users& users_;
  sip::digest::HashFunctions hashes_;
  Nonces nonces_;
  Counter& ok_;
  Counter& challenged_;
  Counter& stale_;
  Counter& replayed_;
  Counter& unknown_user_;
  Counter& wrong_password_;
  Counter& malformed_;
};

}  // namespace junctor::registrar
