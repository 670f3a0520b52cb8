#include "sip/header_id.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <type_traits>

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

// A name in lower case as three words of eight letters, the rest zero. Setting bit 5 lowers letters and leaves '-'
// alone. Nothing else falls together with them but CR with '-', and the parser never takes a line with a lone CR.
struct Words {
  std::uint64_t first = 0, second = 0, third = 0;
  bool operator==(const Words&) const = default;
};
constexpr std::size_t word_size = sizeof(std::uint64_t);
static_assert(longest_name == 3 * word_size);

// Which bits of each word belong to a name of that length: looked up, because a branch would be guessed wrong often.
constexpr auto letter_bits = [] {
  std::array<Words, longest_name + 1> t{};
  for (std::size_t size = 0; size <= longest_name; ++size) {
    const auto bits = [size](std::size_t at) {
      const std::size_t letters = size <= at ? 0 : size - at < word_size ? size - at : word_size;
      return letters == word_size ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * letters) - 1;
    };
    t[size] = {bits(0), bits(word_size), bits(2 * word_size)};
  }
  return t;
}();

constexpr std::uint64_t load_word(const char* from) {
  std::uint64_t word = 0;
  if (std::is_constant_evaluated() || std::endian::native == std::endian::big) {
    for (std::size_t i = 0; i < word_size; ++i) word |= std::uint64_t{static_cast<unsigned char>(from[i])} << 8 * i;
  } else {
    std::memcpy(&word, from, sizeof word);
  }
  return word | 0x2020202020202020u;
}

// `from` must have longest_name readable bytes.
constexpr Words words_of(const char* from, std::size_t size) {
  const Words& bits = letter_bits[size];
  return {load_word(from) & bits.first, load_word(from + word_size) & bits.second,
          load_word(from + 2 * word_size) & bits.third};
}

constexpr Words words_of(std::string_view name) {
  std::array<char, longest_name> padded{};
  for (std::size_t i = 0; i < name.size(); ++i) padded[i] = name[i];
  return words_of(padded.data(), name.size());
}

// Names are found with one probe: no two of them share a slot. When a new name breaks that, another odd random factor
// is needed.
constexpr unsigned table_bits = 9;

constexpr std::size_t slot_of(const Words& words, std::uint64_t factor) {
  return static_cast<std::size_t>((words.first ^ std::rotl(words.second, 13) ^ std::rotl(words.third, 29)) * factor >>
                                  (64 - table_bits));
}

constexpr bool collision_free(std::uint64_t factor) {
  std::array<bool, 1u << table_bits> taken{};
  for (std::size_t i = 1; i < known.size(); ++i) {
    bool& slot = taken[slot_of(words_of(known[i].name), factor)];
    if (slot) return false;
    slot = true;
  }
  return true;
}

constexpr std::uint64_t factor = 0x981CBC836485F8Cu;
static_assert(collision_free(factor));

struct Slot {
  Words words;
  HeaderId id = other;
};

constexpr auto slots = [] {
  std::array<Slot, 1u << table_bits> t{};
  for (std::size_t i = 1; i < known.size(); ++i) {
    const Words words = words_of(known[i].name);
    t[slot_of(words, factor)] = {words, known[i].id};
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

constexpr std::array<std::string_view, 14> method_names = {"INVITE",  "ACK",   "BYE",     "CANCEL", "REGISTER",
                                                           "OPTIONS", "INFO",  "PRACK",   "UPDATE", "SUBSCRIBE",
                                                           "NOTIFY",  "REFER", "MESSAGE", "PUBLISH"};
static_assert(static_cast<std::size_t>(Method::other) == method_names.size());

}  // namespace

HeaderId header_from(std::string_view name) {
  std::array<char, longest_name> padded{};
  if (name.size() > padded.size() || name.find('\r') != std::string_view::npos) return other;
  std::memcpy(padded.data(), name.data(), name.size());
  return header_from(padded.data(), name.size());
}

HeaderId header_from(const char* name, std::size_t size) {
  if (size == 1) {
    const char c = text::lower(*name);
    return c >= 'a' && c <= 'z' ? compact_forms[static_cast<std::size_t>(c) & 31] : other;
  }
  if (size > longest_name) return other;
  const Words words = words_of(name, size);
  const Slot& slot = slots[slot_of(words, factor)];
  return slot.words == words ? slot.id : other;
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
