#pragma once
// Keys in session descriptions (RFC 4568): the value of an a=crypto line, and who takes which suite.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "srtp/suite.hpp"

namespace junctor::srtp {

/// All suites, best first: what is offered where nothing else is configured. GCM has the longest tag, and one of 32
/// bits is the weakest.
inline constexpr std::array<Suite, 6> preferred_suites = {
    Suite::aead_aes_128_gcm,        Suite::aead_aes_256_gcm,        Suite::aes_cm_128_hmac_sha1_80,
    Suite::aes_256_cm_hmac_sha1_80, Suite::aes_cm_128_hmac_sha1_32, Suite::aes_256_cm_hmac_sha1_32,
};

/// One a=crypto line. The master key is that of the side which sends the line, for what it sends.
struct Crypto {
  std::uint32_t tag = 1;  ///< up to nine digits
  MasterKey master;

  bool operator==(const Crypto&) const = default;
};

/// Why a line cannot be used. Another line of the same offer may be usable.
enum class SdesError : std::uint8_t {
  syntax,             ///< not "tag suite inline:…"
  tag,                ///< the tag is not a number of up to nine digits
  suite,              ///< a suite that we do not know
  key,                ///< not base64, or of another length than the suite's key and salt
  lifetime,           ///< not 1 … 2^48 packets
  mki,                ///< a master key identifier, which we do not support
  several_keys,       ///< more than one key, which needs an MKI
  session_parameter,  ///< UNENCRYPTED_SRTP, UNENCRYPTED_SRTCP, UNAUTHENTICATED_SRTP, KDR, FEC_…, or unknown
  not_offered,        ///< an answer whose tag and suite are not those of an offered line
};

/// For a log line or an event: a clause, e.g. "a master key identifier (MKI) is not supported".
std::string_view describe(SdesError error);

/// Of an attribute's value, what follows "a=crypto:". WSH and parameters that begin with '-' may be ignored (RFC 4568
/// §6.3.6 and §6.3.7), and are.
Result<Crypto, SdesError> parse_crypto(std::string_view value);
/// parse_crypto(write_crypto(x)) equals x.
std::string write_crypto(const Crypto& crypto);

/// `random` must be a cryptographic source.
MasterKey make_master_key(Suite suite, Random& random);

/// One line with a fresh key for each suite, tags from 1. To offer again in the same session, repeat the line agreed
/// on.
std::vector<Crypto> make_offer(std::span<const Suite> suites, Random& random);

struct Agreement {
  Crypto ours;  ///< with our tag: the line for our answer, or the line of our offer that was taken
  MasterKey theirs;

  bool operator==(const Agreement&) const = default;
};

/// The answerer's choice: the first offered line whose suite is one of `suites`; the offerer has put them in its order.
/// In a later exchange of the same session `present` is our key of now: it and its suite stay if they can. Nothing when
/// no suite is common.
std::optional<Agreement> choose(std::span<const Crypto> offered, std::span<const Suite> suites, Random& random,
                                const MasterKey* present = nullptr);

/// The offerer's side: the answer must take one of our lines (RFC 4568 §5.1.3).
Result<Agreement, SdesError> match(std::span<const Crypto> offered, const Crypto& answer);

}  // namespace junctor::srtp
