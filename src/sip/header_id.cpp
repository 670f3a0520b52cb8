#include "sip/header_id.hpp"

#include <array>
#include <cstring>
#include <string_view>

#include "sip/text.hpp"

namespace junctor::sip {
namespace {

struct Known {
  HeaderId id;
  std::string_view name;
  bool list;  // comma-separated (§7.3.1, and the grammar of the extension that defines it)
  char compact = 0;
};

using enum HeaderId;

// In the order of the enum.
constexpr std::array<Known, header_id_count> known = {{
    {other, "", false},
    {accept, "Accept", true},
    {accept_contact, "Accept-Contact", true, 'a'},
    {accept_encoding, "Accept-Encoding", true},
    {accept_language, "Accept-Language", true},
    {alert_info, "Alert-Info", true},
    {allow, "Allow", true},
    {allow_events, "Allow-Events", true, 'u'},
    {answer_mode, "Answer-Mode", false},
    {authentication_info, "Authentication-Info", false},
    {authorization, "Authorization", false},
    {HeaderId::call_id, "Call-ID", false, 'i'},
    {call_info, "Call-Info", true},
    {contact, "Contact", true, 'm'},
    {content_disposition, "Content-Disposition", false},
    {content_encoding, "Content-Encoding", true, 'e'},
    {content_language, "Content-Language", true},
    {content_length, "Content-Length", false, 'l'},
    {content_type, "Content-Type", false, 'c'},
    {cseq, "CSeq", false},
    {date, "Date", false},
    {diversion, "Diversion", true},
    {error_info, "Error-Info", true},
    {event, "Event", false, 'o'},
    {expires, "Expires", false},
    {flow_timer, "Flow-Timer", false},
    {from, "From", false, 'f'},
    {geolocation, "Geolocation", true},
    {history_info, "History-Info", true},
    {identity, "Identity", true, 'y'},
    {identity_info, "Identity-Info", false, 'n'},
    {in_reply_to, "In-Reply-To", true},
    {info_package, "Info-Package", false},
    {join, "Join", false},
    {max_forwards, "Max-Forwards", false},
    {mime_version, "MIME-Version", false},
    {min_expires, "Min-Expires", false},
    {min_se, "Min-SE", false},
    {organization, "Organization", false},
    {p_access_network_info, "P-Access-Network-Info", true},
    {p_asserted_identity, "P-Asserted-Identity", true},
    {p_charging_vector, "P-Charging-Vector", false},
    {p_preferred_identity, "P-Preferred-Identity", true},
    {path, "Path", true},
    {priority, "Priority", false},
    {privacy, "Privacy", false},
    {proxy_authenticate, "Proxy-Authenticate", false},
    {proxy_authorization, "Proxy-Authorization", false},
    {proxy_require, "Proxy-Require", true},
    {rack, "RAck", false},
    {reason, "Reason", true},
    {record_route, "Record-Route", true},
    {recv_info, "Recv-Info", true},
    {refer_sub, "Refer-Sub", false},
    {refer_to, "Refer-To", false, 'r'},
    {referred_by, "Referred-By", false, 'b'},
    {reject_contact, "Reject-Contact", true, 'j'},
    {remote_party_id, "Remote-Party-ID", true},
    {replaces, "Replaces", false},
    {reply_to, "Reply-To", false},
    {request_disposition, "Request-Disposition", true, 'd'},
    {require, "Require", true},
    {retry_after, "Retry-After", false},
    {route, "Route", true},
    {rseq, "RSeq", false},
    {server, "Server", false},
    {service_route, "Service-Route", true},
    {session_expires, "Session-Expires", false, 'x'},
    {sip_etag, "SIP-ETag", false},
    {sip_if_match, "SIP-If-Match", false},
    {subject, "Subject", false, 's'},
    {subscription_state, "Subscription-State", false},
    {supported, "Supported", true, 'k'},
    {target_dialog, "Target-Dialog", false},
    {timestamp, "Timestamp", false},
    {to, "To", false, 't'},
    {unsupported, "Unsupported", true},
    {user_agent, "User-Agent", false},
    {via, "Via", true, 'v'},
    {warning, "Warning", true},
    {www_authenticate, "WWW-Authenticate", false},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i].id != static_cast<HeaderId>(i)) return false;
  }
  return true;
}
static_assert(in_order());

// Names are found with one probe: length, first, middle and last letter hash without collision. The factors are
// searched for at compile time.
constexpr std::size_t table_size = 512;
struct Factors {
  unsigned length, first, middle;
};

constexpr std::size_t slot_of(std::string_view name, Factors f) {
  const auto letter = [name](std::size_t i) { return static_cast<unsigned char>(name[i]) | 0x20u; };
  const auto size = static_cast<unsigned>(name.size());
  return (size * f.length + letter(0) * f.first + letter(name.size() / 2) * f.middle + letter(name.size() - 1)) %
         table_size;
}

constexpr bool collision_free(Factors f) {
  std::array<bool, table_size> taken{};
  for (std::size_t i = 1; i < known.size(); ++i) {
    bool& slot = taken[slot_of(known[i].name, f)];
    if (slot) return false;
    slot = true;
  }
  return true;
}

constexpr Factors factors = [] {
  for (unsigned seed = 1;; ++seed) {
    const Factors f{seed * 37 % 1021, seed * 101 % 1019, seed * 211 % 1013};
    if (collision_free(f)) return f;
  }
}();

struct Slot {
  std::array<char, 24> name{};  // in lower case
  std::uint8_t size = 0;
  HeaderId id = other;
};

constexpr auto slots = [] {
  std::array<Slot, table_size> t{};
  for (std::size_t i = 1; i < known.size(); ++i) {
    const std::string_view name = known[i].name;
    Slot& slot = t[slot_of(name, factors)];
    for (std::size_t c = 0; c < name.size(); ++c) slot.name[c] = static_cast<char>(name[c] | 0x20);
    slot.size = static_cast<std::uint8_t>(name.size());
    slot.id = known[i].id;
  }
  return t;
}();

constexpr auto compact_forms = [] {
  std::array<HeaderId, 32> t{};
  for (const Known& k : known) {
    if (k.compact != 0) t[static_cast<std::size_t>(k.compact) & 31] = k.id;
  }
  return t;
}();

// Names hold letters and '-' only, so setting bit 5 compares without regard to case. Nothing that may stand in a name
// falls together with them but a carriage return with '-', which never comes here.
template <class Word>
bool same_words(const char* name, const char* lower_case, std::size_t size) {
  const auto same = [&](std::size_t at) {
    Word x = 0, y = 0;
    std::memcpy(&x, name + at, sizeof x);
    std::memcpy(&y, lower_case + at, sizeof y);
    return (x | static_cast<Word>(0x2020202020202020u)) == y;
  };
  for (std::size_t at = 0; at + sizeof(Word) <= size; at += sizeof(Word)) {
    if (!same(at)) return false;
  }
  return same(size - sizeof(Word));
}

bool same_name(std::string_view name, const Slot& slot) {
  const char* known_name = slot.name.data();
  if (name.size() >= sizeof(std::uint64_t)) return same_words<std::uint64_t>(name.data(), known_name, name.size());
  if (name.size() >= sizeof(std::uint32_t)) return same_words<std::uint32_t>(name.data(), known_name, name.size());
  return same_words<std::uint16_t>(name.data(), known_name, name.size());
}

constexpr std::array<std::string_view, 14> method_names = {"INVITE",  "ACK",   "BYE",     "CANCEL", "REGISTER",
                                                           "OPTIONS", "INFO",  "PRACK",   "UPDATE", "SUBSCRIBE",
                                                           "NOTIFY",  "REFER", "MESSAGE", "PUBLISH"};
static_assert(static_cast<std::size_t>(Method::other) == method_names.size());

}  // namespace

HeaderId header_from(std::string_view name) {
  if (name.size() == 1) {
    const char c = text::lower(name.front());
    return c >= 'a' && c <= 'z' ? compact_forms[static_cast<std::size_t>(c) & 31] : other;
  }
  if (name.empty()) return other;
  const Slot& slot = slots[slot_of(name, factors)];
  return slot.size == name.size() && same_name(name, slot) ? slot.id : other;
}

std::string_view to_string(HeaderId id) {
  return known[static_cast<std::size_t>(id)].name;
}
bool is_list(HeaderId id) {
  return known[static_cast<std::size_t>(id)].list;
}

Method method_from(std::string_view name) {
  for (std::size_t i = 0; i < method_names.size(); ++i) {
    if (method_names[i] == name) return static_cast<Method>(i);
  }
  return Method::other;
}

std::string_view to_string(Method method) {
  return method == Method::other ? std::string_view() : method_names[static_cast<std::size_t>(method)];
}

}  // namespace junctor::sip
