#pragma once
// Typed headers. Each has parse() of one value (nothing if it does not follow its grammar) and to_string(), whose
// result parse() reads back to an equal value. All are views into the text that was parsed; nothing is allocated. From,
// To, Contact, Route, Record-Route, Path, Service-Route, Refer-To, Referred-By, P-Asserted-Identity: NameAddr.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message.hpp"
#include "sip/name_addr.hpp"
#include "sip/params.hpp"
#include "sip/via.hpp"

namespace junctor::sip {

/// delta-seconds (§25.1): Expires, Min-Expires, Min-SE. Larger than 2^32-1 counts as 2^32-1 (§20.19); parameters after
/// it are ignored.
std::optional<std::uint32_t> parse_seconds(std::string_view text);

/// Session-Expires (RFC 4028 §4).
struct SessionExpires {
  enum class Refresher : std::uint8_t { none, uac, uas };
  std::uint32_t seconds = 0;
  Refresher refresher = Refresher::none;

  static std::optional<SessionExpires> parse(std::string_view text);
  bool operator==(const SessionExpires&) const = default;
};
std::string to_string(const SessionExpires& value);

/// Min-SE (RFC 4028 §5).
struct MinSE {
  std::uint32_t seconds = 0;

  static std::optional<MinSE> parse(std::string_view text);
  bool operator==(const MinSE&) const = default;
};
std::string to_string(const MinSE& value);

/// Replaces (RFC 3891 §6.1). In a Refer-To it stands escaped: unescape() it first.
struct Replaces {
  std::string_view call_id, to_tag, from_tag;
  bool early_only = false;

  static std::optional<Replaces> parse(std::string_view text);
  bool operator==(const Replaces&) const = default;
};
std::string to_string(const Replaces& value);

/// RAck (RFC 3262 §7.2).
struct RAck {
  std::uint32_t rseq = 0;
  std::uint32_t cseq = 0;
  Method method = Method::other;
  std::string_view method_name;

  static std::optional<RAck> parse(std::string_view text);
  bool operator==(const RAck&) const = default;
};
std::string to_string(const RAck& value);

/// RSeq (RFC 3262 §7.1): 1 to 2^32-1.
struct RSeq {
  std::uint32_t number = 0;

  static std::optional<RSeq> parse(std::string_view text);
  bool operator==(const RSeq&) const = default;
};
std::string to_string(const RSeq& value);

/// Reason (RFC 3326 §2): one of its values.
struct Reason {
  std::string_view protocol;           ///< "SIP", "Q.850"
  std::optional<std::uint16_t> cause;  ///< SIP status or Q.850 cause
  std::string_view text;               ///< between the quotes, escapes kept

  static std::optional<Reason> parse(std::string_view text);
  bool operator==(const Reason&) const = default;
};
std::string to_string(const Reason& value);

/// Event (RFC 6665 §8.2.1).
struct Event {
  std::string_view package;  ///< with its templates: "presence.winfo"
  Params params;

  static std::optional<Event> parse(std::string_view text);
  std::string_view id() const { return params.get("id").value_or(std::string_view()); }
  bool operator==(const Event&) const = default;
};
std::string to_string(const Event& value);

/// Subscription-State (RFC 6665 §8.2.3).
struct SubscriptionState {
  std::string_view state;  ///< "active", "pending", "terminated" or an extension
  Params params;

  static std::optional<SubscriptionState> parse(std::string_view text);
  std::optional<std::uint32_t> expires() const;
  std::optional<std::uint32_t> retry_after() const;
  std::string_view reason() const { return params.get("reason").value_or(std::string_view()); }
  bool operator==(const SubscriptionState&) const = default;
};
std::string to_string(const SubscriptionState& value);

/// Retry-After (§20.33). The comment is skipped, not kept.
struct RetryAfter {
  std::uint32_t seconds = 0;
  Params params;

  static std::optional<RetryAfter> parse(std::string_view text);
  bool operator==(const RetryAfter&) const = default;
};
std::string to_string(const RetryAfter& value);

/// Warning (§20.43): one of its values.
struct Warning {
  std::uint16_t code = 0;  ///< three digits
  std::string_view agent;  ///< host, host:port or pseudonym
  std::string_view text;   ///< between the quotes, escapes kept

  static std::optional<Warning> parse(std::string_view text);
  bool operator==(const Warning&) const = default;
};
std::string to_string(const Warning& value);

/// Content-Type (§20.15), and one value of Accept.
struct MediaType {
  std::string_view type, subtype;
  Params params;

  static std::optional<MediaType> parse(std::string_view text);
  bool is(std::string_view type_subtype) const;  ///< "application/sdp", case-insensitive, parameters aside
  bool operator==(const MediaType&) const = default;
};
std::string to_string(const MediaType& value);

/// Contact: expires and q of one value (§20.10).
std::optional<std::uint32_t> contact_expires(const NameAddr& contact);
/// In thousandths, 0 to 1000; 1000 if it is not given, nothing if it is malformed.
std::optional<std::uint16_t> contact_q(const NameAddr& contact);
/// "Contact: *", which REGISTER uses to remove all bindings.
bool is_contact_star(const Message& message);

/// Every value of a list of name-addrs (Contact, Route, Record-Route, Path …); nothing if one of them is malformed.
std::optional<std::vector<NameAddr>> name_addrs(const Message& message, HeaderId id);
/// Whether a list of tokens (Allow, Supported, Require, Allow-Events …) has this one; case-insensitive, but not for
/// Allow, whose methods are case-sensitive.
bool has_token(const Message& message, HeaderId id, std::string_view token);
/// The first line of that header, parsed: typed<SessionExpires>(message, HeaderId::session_expires). Nothing if it is
/// absent or malformed; has() tells the two apart.
template <class T>
std::optional<T> typed(const Message& message, HeaderId id) {
  const auto text = message.header(id);
  return text ? T::parse(*text) : std::nullopt;
}

}  // namespace junctor::sip
