#include "registrar/authenticator.hpp"

#include <algorithm>
#include <utility>

#include "sip/headers.hpp"

namespace junctor::registrar {
namespace {

using sip::HeaderId;
namespace digest = sip::digest;

HeaderId credentials_header(Role role) {
  return role == Role::proxy ? HeaderId::proxy_authorization : HeaderId::authorization;
}

/// Who is called must be who the credentials were made for. The host is not compared: a proxy in front, or a phone that
/// adds a port, writes it differently.
bool names_target(std::string_view credentials_uri, std::string_view request_uri) {
  if (credentials_uri == request_uri) return true;
  const auto a = sip::Uri::parse(credentials_uri);
  const auto b = sip::Uri::parse(request_uri);
  return a && b && a->user == b->user && a->is_sip() && b->is_sip();
}

}  // namespace

Authenticator::Authenticator(AuthenticatorSettings settings, const Users& users,
                             const sip::digest::HashFunctions& hashes, Mac mac, Random& random, Counters& counters)
    : settings_(std::move(settings)),
      users_(users),
      hashes_(hashes),
      nonces_(settings_.nonce_life, settings_.nonces_max, mac, random),
      ok_(counters.get("auth_ok")),
      challenged_(counters.get("auth_challenged")),
      stale_(counters.get("auth_stale")),
      replayed_(counters.get("auth_replayed")),
      unknown_user_(counters.get("auth_unknown_user")),
      wrong_password_(counters.get("auth_wrong_password")),
      malformed_(counters.get("auth_malformed")) {}

AuthVerdict Authenticator::denied(std::string_view reason, Counter& counter) {
  counter.add();
  return {AuthResult::denied, nullptr, reason};
}

AuthVerdict Authenticator::verify(const sip::Message& request, Role role, TimePoint now) {
  bool unreadable = false;
  for (const sip::HeaderField field : request.headers(credentials_header(role))) {
    const auto credentials = digest::parse_credentials(field.value);
    if (!credentials) {
      unreadable = true;
    } else if (credentials->realm == settings_.realm) {
      return check(*credentials, request, now);
    }
  }
  if (unreadable) return denied("malformed", malformed_);
  return {AuthResult::challenge, nullptr, {}};
}

AuthVerdict Authenticator::check(const digest::Credentials& credentials, const sip::Message& request, TimePoint now) {
  const auto algorithm =
      credentials.algorithm.empty() ? digest::Algorithm{} : digest::parse_algorithm(credentials.algorithm);
  if (!algorithm) return denied("unsupported_algorithm", malformed_);
  const User* user = users_.find(credentials.username);
  if (user == nullptr || credentials.userhash) return denied("unknown_user", unknown_user_);
  const std::string ha1 = user->ha1(algorithm->hash);
  if (ha1.empty()) return denied("no_hash", malformed_);
  if (!names_target(credentials.uri, request.request_uri())) return denied("other_uri", malformed_);
  switch (digest::verify(credentials, ha1, request.method_name(), request.body(), hashes_)) {
    case digest::Verdict::ok:
      break;
    case digest::Verdict::wrong_response:
      return denied("wrong_password", wrong_password_);
    case digest::Verdict::unsupported_algorithm:
      return denied("unsupported_algorithm", malformed_);
    case digest::Verdict::malformed:
      return denied("malformed", malformed_);
  }
  // Without qop (RFC 2069) there is no nc: such a nonce is good once.
  const std::uint32_t nc = credentials.qop.empty() ? 1 : credentials.nc.value_or(0);
  switch (nonces_.use(credentials.nonce, nc, now)) {
    case NonceResult::fresh:
      ok_.add();
      return {AuthResult::ok, user, {}};
    case NonceResult::replayed:
      replayed_.add();
      return {AuthResult::stale, nullptr, "replayed"};
    case NonceResult::stale:
      stale_.add();
      return {AuthResult::stale, nullptr, "expired"};
    case NonceResult::foreign:  // usually one of before our last start
      stale_.add();
      return {AuthResult::stale, nullptr, "foreign"};
  }
  return denied("malformed", malformed_);
}

sip::Message Authenticator::challenge(const sip::Message& request, Role role, AuthResult why, TimePoint now) {
  challenged_.add();
  sip::Message response = sip::Message::response(request, role == Role::proxy ? 407 : 401);
  digest::Challenge challenge;
  challenge.realm = settings_.realm;
  challenge.nonce = nonces_.make(now);
  challenge.qop = "auth";
  challenge.stale = why == AuthResult::stale;
  // Nobody must be asked for a hash under which the password is not known, and nobody for less than a stranger, or user
  // names could be told: everybody is asked for what all users have. Without anything in common it is everything.
  const auto shared = [&](digest::HashName hash) { return hashes_.get(hash) != nullptr && users_.all_have(hash); };
  const bool common = shared(digest::HashName::sha256) || shared(digest::HashName::md5);
  const auto has = [&](digest::HashName hash) {
    return common ? shared(hash) : hashes_.get(hash) != nullptr && !shared(digest::HashName::sha512_256);
  };
  const auto add = [&](digest::HashName hash) {
    challenge.algorithm = digest::to_string(digest::Algorithm{hash, false});
    response.add(role == Role::proxy ? HeaderId::proxy_authenticate : HeaderId::www_authenticate,
                 digest::to_string(challenge));
  };
  const std::string_view agent = request.header(HeaderId::user_agent).value_or("");
  const bool md5_only =
      has(digest::HashName::md5) && std::any_of(settings_.md5_only_agents.begin(), settings_.md5_only_agents.end(),
                                                [&](const std::string& begin) { return agent.starts_with(begin); });
  for (const digest::HashName hash : {digest::HashName::sha256, digest::HashName::md5}) {
    if (has(hash) && !(md5_only && hash == digest::HashName::sha256)) add(hash);
  }
  if (!has(digest::HashName::sha256) && !has(digest::HashName::md5)) add(digest::HashName::sha512_256);
  return response;
}

}  // namespace junctor::registrar
