#include "sip/client_digest.hpp"

#include <utility>
#include <vector>

namespace junctor::sip {

ClientDigest::Taken ClientDigest::take(const Message& response, const digest::Account& account,
                                       const digest::HashFunctions& hashes, std::string cnonce) {
  const bool is_proxy = response.status() == 407;
  Side& side = is_proxy ? proxy_ : www_;
  std::vector<digest::Challenge> challenges;
  for (const auto field : response.headers(is_proxy ? HeaderId::proxy_authenticate : HeaderId::www_authenticate))
    if (auto parsed = digest::parse_challenges(field.value))
      challenges.insert(challenges.end(), parsed->begin(), parsed->end());
  const digest::Challenge* const chosen = digest::choose(challenges, account, hashes);
  if (chosen == nullptr) return Taken::unknown;
  const bool same = side.nc > 0 && side.challenge && side.challenge->nonce == chosen->nonce;
  if (side.rounds >= rounds_max || (same && !chosen->stale)) {
    side = {};
    return Taken::refused;
  }
  side = {*chosen, std::move(cnonce), 0, side.rounds + 1};
  return Taken::answerable;
}

void ClientDigest::authorize(Message& request, const digest::Account& account, const digest::HashFunctions& hashes) {
  answer(www_, HeaderId::authorization, request, account, hashes);
  answer(proxy_, HeaderId::proxy_authorization, request, account, hashes);
}

void ClientDigest::answer(Side& side, HeaderId header, Message& request, const digest::Account& account,
                          const digest::HashFunctions& hashes) {
  if (!side.challenge) return;
  const std::string uri(request.request_uri());
  const std::string method(request.method_name());
  const auto credentials =
      digest::respond({&*side.challenge, 1}, account, {method, uri, request.body(), ++side.nc, side.cnonce}, hashes);
  if (credentials) request.set(header, to_string(*credentials));
}

}  // namespace junctor::sip
