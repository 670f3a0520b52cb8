#pragma once
// Digest access authentication (RFC 7616, RFC 8760; RFC 2617 and RFC 2069 peers understood), both sides, as data.
// Hashes are passed in. Nonces, their age and their nc belong to the caller (the registrar).
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace junctor::sip::digest {

inline constexpr std::size_t max_parameters = 64;  ///< of one challenge or one set of credentials
inline constexpr std::size_t max_challenges = 16;  ///< in one header value

enum class HashName : std::uint8_t { md5, sha256, sha512_256 };

/// Bytes in, lower-case hexadecimal out.
using Hash = std::string (*)(std::string_view bytes);
/// A null pointer is a hash that this process does not support.
struct HashFunctions {
  Hash md5 = nullptr;
  Hash sha256 = nullptr;
  Hash sha512_256 = nullptr;

  Hash get(HashName name) const;
};

/// "MD5", "SHA-256-sess", …
struct Algorithm {
  HashName hash = HashName::md5;
  bool session = false;  ///< -sess

  bool operator==(const Algorithm&) const = default;
};
std::string_view to_string(Algorithm algorithm);
/// Without case; nothing for an algorithm that we do not know.
std::optional<Algorithm> parse_algorithm(std::string_view text);

struct Parameter {
  std::string name;
  std::string value;    ///< without quotes and escapes
  bool quoted = false;  ///< written as a quoted string

  bool operator==(const Parameter&) const = default;
};

/// What is wrong with a header value; a constant text.
struct Error {
  std::string_view reason;

  bool operator==(const Error&) const = default;
};

/// One challenge of a WWW-Authenticate or Proxy-Authenticate header.
struct Challenge {
  std::string realm;
  std::string nonce;
  std::optional<std::string> opaque;
  std::string algorithm;  ///< as written; empty means MD5
  std::string qop;        ///< list as written, e.g. "auth,auth-int"; empty: none (RFC 2069)
  bool stale = false;
  bool userhash = false;
  std::vector<Parameter> other;  ///< domain, charset and unknown ones, in order

  bool operator==(const Challenge&) const = default;
  bool offers(std::string_view qop_value) const;
};

/// Credentials of an Authorization or Proxy-Authorization header.
struct Credentials {
  std::string username;  ///< with userhash: hexadecimal H(username:realm); username* is decoded (RFC 5987, UTF-8)
  bool username_extended = false;  ///< written as username*
  std::string realm;
  std::string nonce;
  std::string uri;
  std::string response;
  std::string algorithm;  ///< as written; empty means MD5
  std::optional<std::string> opaque;
  std::string qop;  ///< "auth", "auth-int" or empty
  std::string cnonce;
  std::optional<std::uint32_t> nc;
  bool userhash = false;
  std::vector<Parameter> other;

  bool operator==(const Credentials&) const = default;
};

/// All Digest challenges of one header value, in order; other schemes are passed over.
Result<std::vector<Challenge>, Error> parse_challenges(std::string_view header_value);
/// Fails for another scheme, and when username, realm, nonce, uri or response is missing or there twice.
Result<Credentials, Error> parse_credentials(std::string_view header_value);
/// Header values. Control characters in a value are left out.
std::string to_string(const Challenge& challenge);
std::string to_string(const Credentials& credentials);

/// H(username:realm:password): what is stored of a user, one per hash.
std::string make_ha1(Hash hash, std::string_view username, std::string_view realm, std::string_view password);
/// H(username:realm): the username that is sent when the challenge asks for userhash.
std::string make_userhash(Hash hash, std::string_view username, std::string_view realm);

enum class Verdict : std::uint8_t {
  ok,
  wrong_response,         ///< wrong password, method, URI or body
  unsupported_algorithm,  ///< unknown, or its hash is not there
  malformed,              ///< unknown qop; qop without nc or cnonce; -sess without cnonce
};

/// Server side. `ha1` is make_ha1() with the hash of the credentials' algorithm (-sess is worked in here). The caller
/// has checked realm, nonce, opaque, nc, and that `uri` names what the request asks for.
Verdict verify(const Credentials& credentials, std::string_view ha1, std::string_view method, std::string_view body,
               const HashFunctions& hashes);

/// What a client knows: a password, or HA1 for one hash.
struct Account {
  std::string username;
  std::string password;  ///< not looked at when `ha1` is there
  std::string ha1;       ///< empty: use the password
  HashName ha1_hash = HashName::md5;
};

/// The request that is to be authenticated.
struct Request {
  std::string_view method;
  std::string_view uri;
  std::string_view body;
  std::uint32_t nc = 1;     ///< how often this nonce was used, this time included
  std::string_view cnonce;  ///< random
};

/// The challenge to answer: the first one whose algorithm, qop and account we can do (RFC 8760 §2.4: the server puts
/// its favourite first). Null when there is none.
const Challenge* choose(std::span<const Challenge> challenges, const Account& account, const HashFunctions& hashes);
/// Client side: answers the chosen challenge. qop auth is taken where offered, auth-int where it is the only one.
std::optional<Credentials> respond(std::span<const Challenge> challenges, const Account& account,
                                   const Request& request, const HashFunctions& hashes);

}  // namespace junctor::sip::digest
