#pragma once
// Facts about a request + tables → what to do with it. Pure: no lookups beyond what is passed in, no time, no I/O.
// Order: length and domain, feature numbers, DID normalisation, routes (highest priority first, then file order),
// users, else 404 (Q.850 1).
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "routing/destination.hpp"

namespace junctor::routing {

/// A called or calling number (user part of a URI) longer than this is refused with 414.
inline constexpr std::size_t number_bytes_max = 256;
/// How often `forward.always` may send a call on before it counts as a loop (482).
inline constexpr int forwards_max = 8;

enum class Direction : std::uint8_t { inbound, outbound, internal };
std::string_view to_string(Direction direction);

/// Who the request came from, as far as the hub has made sure of it.
enum class Origin : std::uint8_t {
  user,   ///< authenticated as Facts::user
  trunk,  ///< from a trunk's address, Facts::trunk
  guest,  ///< neither
  hub     ///< made by the hub itself or a program
};

struct Facts {
  Origin origin = Origin::guest;
  bool loopback = false;  ///< the source address is in 127.0.0.0/8 or ::1
  std::string method = "INVITE";
  std::string from;        ///< calling number: the authenticated user's, from a trunk as received
  std::string to;          ///< user part of the Request-URI, escapes decoded
  std::string to_host;     ///< its host; empty: ours
  std::string local_host;  ///< the address at which the request arrived; always ours
  std::string user;        ///< when origin is user
  std::string trunk;       ///< when origin is trunk
};

// ---- tables ----

struct MatchEntry {
  std::string trunk;                   ///< empty = any
  std::string to;                      ///< RE2, found anywhere unless anchored; empty = any
  std::string from;                    ///< likewise
  std::optional<Direction> direction;  ///< none = any
  std::string method;                  ///< empty = any
};

enum class ActionKind : std::uint8_t { ring, dial, queue, ivr, voicemail, conference, rwi, reject, app };

struct TargetEntry {
  std::string target;  ///< a destination string
  seconds delay{0};
  seconds ring{0};  ///< 0 = until the route's no_answer
};

struct RouteEntry {
  std::string name;
  std::int32_t priority = 0;
  MatchEntry match;
  ActionKind action = ActionKind::ring;
  std::string target;  ///< for everything but ring and reject; $0 = the called number, $1… = groups of match.to
  std::vector<TargetEntry> targets;  ///< for ring
  int code = 480;                    ///< for reject
  seconds no_answer{25};
  std::string on_no_answer;  ///< a destination string or empty
};

struct TrunkEntry {
  std::string name;
  std::string host;                  ///< with :port if configured so
  std::string transport;             ///< "udp", "tcp", "tls"
  std::vector<std::string> numbers;  ///< DIDs in the form that routes see
};

struct FeatureEntry {
  std::string echo, tone, voicemail, voicemail_any, group_pickup, directed_pickup, park, park_first, park_last;
};

struct NamedNumbers {
  std::string name;
  std::vector<std::string> numbers;
};

/// What the hub fills from the configuration, in file order, strings unparsed.
struct Definition {
  std::vector<RouteEntry> routes;
  std::vector<TrunkEntry> trunks;
  FeatureEntry features;
  std::vector<std::string> domains;      ///< empty: any host is ours
  std::vector<std::string> local_hosts;  ///< further hosts that are ours (public_ip)
  std::vector<NamedNumbers> conferences;
  std::vector<std::string> queues, ivr, contexts;  ///< names that destinations may use
};

/// A fault in a Definition; `path` is the configuration key, e.g. "routes[2].match.to".
struct Fault {
  std::string path;
  std::string message;
  bool operator==(const Fault&) const = default;
};

/// A compiled Definition; immutable, shared by snapshots.
class Tables;

struct Compiled {
  std::shared_ptr<const Tables> tables;  ///< null when there are faults
  std::vector<Fault> faults;
};
Compiled compile(const Definition& definition);

/// Checks one destination string as written under `path` (forward, overflow, ivr options, …) against the names of the
/// definition; an empty string is fine.
void validate_destination(const Definition& definition, std::string_view path, std::string_view text,
                          std::vector<Fault>& faults);

/// A user as routing sees it, whether from the file or the database.
struct User {
  std::string username;
  seconds ring{25};
  std::optional<Destination> always, busy, no_answer, unregistered;
};

/// Finds users; implemented by whoever owns them. The pointer is used only during decide().
class Directory {
 public:
  virtual ~Directory() = default;
  virtual const User* find_user(std::string_view username) const = 0;
};

// ---- decision ----

/// A URI to be called. `trunk` is set when the URI's host named a trunk; the URI then carries the trunk's host.
struct Dial {
  std::string uri;
  std::string trunk;
  std::string transport;  ///< of the trunk
  bool operator==(const Dial&) const = default;
};

struct RingUser {
  std::string username;
  bool operator==(const RingUser&) const = default;
};

struct RingBrowsers {
  bool operator==(const RingBrowsers&) const = default;
};

struct Target {
  std::variant<RingUser, Dial, RingBrowsers> to;
  seconds delay{0};
  seconds ring{0};  ///< 0 = as long as the Ring as a whole
  bool operator==(const Target&) const = default;
};

/// Ring these, all at once unless delayed; the first to answer wins. One user, a list, and a single URI alike.
struct Ring {
  std::vector<Target> targets;
  seconds no_answer{25};
  std::optional<Destination> on_no_answer;
  std::optional<Destination> on_busy;          ///< of a single user's forward
  std::optional<Destination> on_unregistered;  ///< likewise
};

enum class FeatureKind : std::uint8_t {
  echo,
  tone,
  voicemail,
  voicemail_any,
  group_pickup,
  directed_pickup,
  park,
  park_lot
};

struct Feature {
  FeatureKind kind = FeatureKind::echo;
  std::string argument;  ///< directed_pickup: the extension; park_lot: the lot
};

struct Queue {
  std::string name;
};
struct Ivr {
  std::string name;
};
struct Conference {
  std::string name;
};
struct Voicemail {
  std::string box;
};
struct Rwi {
  std::string context;
};
struct App {
  std::string name;
};

struct Reject {
  int code = 404;
  int q850 = 1;  ///< 0 = no Reason header
  std::string reason;
};

/// A guest who must authenticate first (401/407).
struct Challenge {};

using Action = std::variant<Ring, Feature, Queue, Ivr, Conference, Voicemail, Rwi, App, Reject, Challenge>;

struct Decision {
  Action action;
  Direction direction = Direction::internal;
  std::string to;     ///< the called number after normalisation
  std::string route;  ///< name of the route that decided, or empty
};

/// Lines for `route explain`: what was looked at, in order, and why it matched or not.
using Trace = std::vector<std::string>;

/// `trace` may be null.
Decision decide(const Tables& tables, const Directory& directory, const Facts& facts, Trace* trace = nullptr);

/// The action of a destination reached later (no answer, busy, forward, menu): the same resolution as in decide().
Action resolve(const Tables& tables, const Directory& directory, const Destination& destination, const Facts& facts,
               Trace* trace = nullptr);

/// One line for people: "ring user:1001, user:1002 for 25 s".
std::string to_string(const Action& action);

}  // namespace junctor::routing
