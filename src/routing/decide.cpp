// One request through the tables. The order of the steps is decide(), top to bottom.
#include <algorithm>
#include <array>

#include "routing/tables.hpp"
#include "sip/uri.hpp"

namespace junctor::routing {
namespace {

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

/// The Q.850 cause that goes with a status when nothing more is known (RFC 3398 §7.2.4.1 read backwards).
int q850_of(int status) {
  switch (status) {
    case 404:
      return 1;
    case 403:
    case 603:
      return 21;
    case 410:
      return 22;
    case 414:
    case 484:
      return 28;
    case 480:
      return 20;
    case 486:
    case 600:
      return 17;
    case 488:
      return 88;
    case 503:
      return 41;
    default:
      return 0;
  }
}

Reject reject(int code, std::string reason) {
  return {code, q850_of(code), std::move(reason)};
}

/// $0 and groups of match.to.
using Captures = std::vector<std::string>;

class Deciding {
 public:
  Deciding(const Tables& tables, const Directory& directory, const Facts& facts, Trace* trace)
      : tables_(tables), directory_(directory), facts_(facts), trace_(trace) {}

  Decision decide();
  Action resolve(const Destination& destination, const Captures& captures, int depth);

 private:
  std::optional<Action> refusal() const;
  std::optional<Feature> feature() const;
  bool may_use(FeatureKind kind) const;
  void normalise();
  void find_direction();
  const CompiledRoute* match_routes(Captures& captures);
  std::string mismatch(const CompiledRoute& route, Captures& captures) const;
  Action act(const CompiledRoute& route, const Captures& captures);
  void add_target(Ring& ring, const CompiledTarget& target, const Captures& captures, int depth);
  Action dial(const std::string& uri, const Captures& captures, int depth);
  Action ring_user(const User& user, const Captures& captures, int depth);

  template <class... Parts>
  void say(const Parts&... parts) {
    if (trace_ != nullptr) trace_->push_back((std::string() + ... + std::string(parts)));
  }

  const Tables& tables_;
  const Directory& directory_;
  const Facts& facts_;
  Trace* trace_;
  Decision decision_;
};

Decision Deciding::decide() {
  decision_.to = facts_.to;
  decision_.direction = facts_.origin == Origin::trunk ? Direction::inbound : Direction::outbound;
  if (auto refused = refusal()) {
    decision_.action = std::move(*refused);
    return decision_;
  }
  if (const auto found = feature()) {
    say(quoted(facts_.to), " is a feature number");
    decision_.action = *found;
    if (facts_.origin != Origin::trunk) decision_.direction = Direction::internal;
    return decision_;
  }
  if (facts_.origin == Origin::guest) {
    say("a guest must authenticate first");
    decision_.action = Challenge{};
    return decision_;
  }
  normalise();
  find_direction();
  Captures captures;
  if (const CompiledRoute* route = match_routes(captures)) {
    decision_.route = route->entry.name;
    decision_.action = act(*route, captures);
    return decision_;
  }
  if (const User* user = directory_.find_user(decision_.to)) {
    say(quoted(decision_.to), " is a user");
    decision_.action = ring_user(*user, captures, 0);
    return decision_;
  }
  if (const auto room = tables_.conferences.find(decision_.to); room != tables_.conferences.end()) {
    say(quoted(decision_.to), " is a number of conference ", quoted(room->second));
    decision_.action = Conference{room->second};
    return decision_;
  }
  say(quoted(decision_.to), " is neither a user nor any other number: 404");
  decision_.action = reject(404, "unknown number");
  return decision_;
}

std::optional<Action> Deciding::refusal() const {
  if (facts_.to.size() > number_bytes_max || facts_.from.size() > number_bytes_max) {
    return reject(414, "number too long");
  }
  if (facts_.to.empty()) return reject(404, "no number called");
  if (!tables_.serves(facts_.to_host, facts_.local_host)) return reject(404, "domain not served");
  return std::nullopt;
}

std::optional<Feature> Deciding::feature() const {
  const FeatureEntry& f = tables_.features;
  const std::string& to = facts_.to;
  const std::pair<const std::string*, FeatureKind> exact[] = {
      {&f.echo, FeatureKind::echo},
      {&f.tone, FeatureKind::tone},
      {&f.voicemail, FeatureKind::voicemail},
      {&f.voicemail_any, FeatureKind::voicemail_any},
      {&f.group_pickup, FeatureKind::group_pickup},
      {&f.park, FeatureKind::park},
  };
  for (const auto& [number, kind] : exact) {
    if (!number->empty() && *number == to && may_use(kind)) return Feature{kind, {}};
  }
  if (!f.directed_pickup.empty() && to.size() > f.directed_pickup.size() && to.starts_with(f.directed_pickup) &&
      may_use(FeatureKind::directed_pickup)) {
    return Feature{FeatureKind::directed_pickup, to.substr(f.directed_pickup.size())};
  }
  const bool lot = to.size() == f.park_first.size() && to >= f.park_first && to <= f.park_last &&
                   to.find_first_not_of("0123456789") == std::string::npos;
  if (lot && may_use(FeatureKind::park_lot)) return Feature{FeatureKind::park_lot, to};
  return std::nullopt;
}

/// Test numbers for everybody who is known; a carrier's callers shall not reach mailboxes or parked calls.
bool Deciding::may_use(FeatureKind kind) const {
  switch (facts_.origin) {
    case Origin::user:
    case Origin::hub:
      return true;
    case Origin::trunk:
      return kind == FeatureKind::echo || kind == FeatureKind::tone;
    case Origin::guest:
      return facts_.loopback;
  }
  return false;
}

void Deciding::normalise() {
  const auto at = tables_.numbers.find(std::string(without_plus(facts_.to)));
  if (at == tables_.numbers.end()) return;
  decision_.to = at->second;
  if (facts_.origin != Origin::trunk) decision_.direction = Direction::internal;
  say(quoted(facts_.to), " is a number of trunk ", quoted(tables_.did_trunks.at(at->first)), ": taken as ",
      quoted(at->second));
}

void Deciding::find_direction() {
  if (facts_.origin != Origin::trunk &&
      (directory_.find_user(decision_.to) != nullptr || tables_.conferences.contains(decision_.to))) {
    decision_.direction = Direction::internal;
  }
  say("direction is ", to_string(decision_.direction));
}

const CompiledRoute* Deciding::match_routes(Captures& captures) {
  for (const CompiledRoute& route : tables_.routes) {
    const std::string why = mismatch(route, captures);
    say("route ", quoted(route.entry.name), " (priority ", std::to_string(route.entry.priority), ") ",
        why.empty() ? "matches" : "does not match: " + why);
    if (why.empty()) return &route;
  }
  return nullptr;
}

/// Empty when the route matches; `captures` then holds the groups of match.to.
std::string Deciding::mismatch(const CompiledRoute& route, Captures& captures) const {
  const MatchEntry& match = route.entry.match;
  if (!match.trunk.empty() && match.trunk != facts_.trunk) return "trunk is not " + quoted(match.trunk);
  if (match.direction && *match.direction != decision_.direction) {
    return "direction is not " + std::string(to_string(*match.direction));
  }
  if (!match.method.empty() && match.method != facts_.method) return "method is not " + match.method;
  if (route.from != nullptr && !RE2::PartialMatch(facts_.from, *route.from)) {
    return "from " + quoted(facts_.from) + " does not match " + match.from;
  }
  captures.assign(1, decision_.to);
  if (route.to == nullptr) return {};
  std::array<re2::StringPiece, captures_max> groups;
  const int wanted = std::min(captures_max, route.to->NumberOfCapturingGroups() + 1);
  if (!route.to->Match(decision_.to, 0, decision_.to.size(), RE2::UNANCHORED, groups.data(), wanted)) {
    return "to " + quoted(decision_.to) + " does not match " + match.to;
  }
  for (std::size_t i = 1; i < static_cast<std::size_t>(wanted); ++i) captures.emplace_back(groups[i].ToString());
  return {};
}

Action Deciding::act(const CompiledRoute& route, const Captures& captures) {
  const RouteEntry& entry = route.entry;
  switch (entry.action) {
    case ActionKind::queue:
      return Queue{entry.target};
    case ActionKind::ivr:
      return Ivr{entry.target};
    case ActionKind::voicemail:
      return Voicemail{entry.target};
    case ActionKind::conference:
      return Conference{entry.target};
    case ActionKind::rwi:
      return Rwi{entry.target};
    case ActionKind::app:
      return App{entry.target};
    case ActionKind::reject:
      return reject(entry.code, "rejected by route");
    case ActionKind::ring:
    case ActionKind::dial:
      break;
  }
  Ring ring;
  ring.no_answer = entry.no_answer;
  ring.on_no_answer = route.on_no_answer;
  for (const CompiledTarget& target : route.targets) add_target(ring, target, captures, 0);
  if (!ring.targets.empty()) return ring;
  say("none of the targets exists: 480");
  return reject(480, "no target");
}

/// Flattens ring: lists and users that forward always; what cannot ring is left out and said.
void Deciding::add_target(Ring& ring, const CompiledTarget& target, const Captures& captures, int depth) {
  using Kind = Destination::Kind;
  if (depth > forwards_max) {
    say("forwarded too often, left out: ", to_string(target.to));
    return;
  }
  switch (target.to.kind) {
    case Kind::browsers:
      ring.targets.push_back({RingBrowsers{}, target.delay, target.ring});
      return;
    case Kind::ring:
      for (const std::string& name : target.to.names) {
        add_target(ring, {{Kind::user, {name}, 0}, target.delay, target.ring}, captures, depth + 1);
      }
      return;
    case Kind::user: {
      const User* user = directory_.find_user(target.to.name());
      if (user == nullptr) {
        say("no such user, left out: ", target.to.name());
      } else if (user->always) {
        say(quoted(user->username), " is always forwarded to ", to_string(*user->always));
        add_target(ring, {*user->always, target.delay, target.ring}, captures, depth + 1);
      } else {
        ring.targets.push_back({RingUser{user->username}, target.delay, target.ring});
      }
      return;
    }
    case Kind::dial: {
      Action action = dial(target.to.name(), captures, depth);
      if (auto* inner = std::get_if<Ring>(&action)) {
        for (Target& t : inner->targets) ring.targets.push_back({std::move(t.to), target.delay, target.ring});
      } else {
        say("cannot be dialled, left out: ", to_string(target.to));
      }
      return;
    }
    case Kind::queue:
    case Kind::ivr:
    case Kind::conference:
    case Kind::voicemail:
    case Kind::rwi:
    case Kind::reject:
      say("cannot ring beside others, left out: ", to_string(target.to));
      return;
  }
}

Action Deciding::resolve(const Destination& destination, const Captures& captures, int depth) {
  using Kind = Destination::Kind;
  if (depth > forwards_max) {
    say("forwarded more than ", std::to_string(forwards_max), " times: 482");
    return reject(482, "forwarding loop");
  }
  switch (destination.kind) {
    case Kind::queue:
      return Queue{destination.name()};
    case Kind::ivr:
      return Ivr{destination.name()};
    case Kind::conference:
      return Conference{destination.name()};
    case Kind::voicemail:
      return Voicemail{destination.name()};
    case Kind::rwi:
      return Rwi{destination.name()};
    case Kind::reject:
      return reject(destination.code, "rejected by destination");
    case Kind::dial:
      return dial(destination.name(), captures, depth);
    case Kind::user:
      if (const User* user = directory_.find_user(destination.name())) return ring_user(*user, captures, depth);
      say("no such user: ", destination.name());
      return reject(404, "unknown user");
    case Kind::ring:
    case Kind::browsers:
      break;
  }
  Ring ring;
  add_target(ring, {destination, seconds(0), seconds(0)}, captures, depth);
  if (!ring.targets.empty()) return ring;
  return reject(480, "no target");
}

Action Deciding::ring_user(const User& user, const Captures& captures, int depth) {
  if (user.always) {
    say(quoted(user.username), " is always forwarded to ", to_string(*user.always));
    return resolve(*user.always, captures, depth + 1);
  }
  return Ring{
      {{RingUser{user.username}, seconds(0), seconds(0)}}, user.ring, user.no_answer, user.busy, user.unregistered};
}

/// Fills in $0…$9, then looks at the host: a trunk's name, ourselves, or the world outside.
Action Deciding::dial(const std::string& uri, const Captures& captures, int depth) {
  std::string text;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const std::size_t group = i + 1 < uri.size() && uri[i] == '$' ? static_cast<std::size_t>(uri[i + 1] - '0') : 10;
    if (group < captures.size()) {
      text += sip::escape_user(captures[group]);
      ++i;
    } else {
      text += uri[i];
    }
  }
  auto parsed = sip::Uri::parse(text);
  if (!parsed || parsed->user.empty()) {
    say("not a URI: ", text);
    return reject(404, "no number to dial");
  }
  const std::string host(parsed->host);
  if (const CompiledTrunk* trunk = parsed->port == 0 ? tables_.find_trunk(host) : nullptr) {
    parsed->host = trunk->host;
    return Ring{{{Dial{to_string(*parsed), trunk->name, trunk->transport}, seconds(0), seconds(0)}},
                Ring{}.no_answer,
                {},
                {},
                {}};
  }
  const bool ours = host == "local" || std::ranges::find(tables_.domains, lower(host)) != tables_.domains.end();
  if (ours) return resolve({Destination::Kind::user, {sip::unescape(parsed->user)}, 0}, captures, depth + 1);
  return Ring{{{Dial{text, {}, {}}, seconds(0), seconds(0)}}, Ring{}.no_answer, {}, {}, {}};
}

}  // namespace

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::inbound:
      return "inbound";
    case Direction::outbound:
      return "outbound";
    case Direction::internal:
      return "internal";
  }
  return "";
}

Decision decide(const Tables& tables, const Directory& directory, const Facts& facts, Trace* trace) {
  return Deciding(tables, directory, facts, trace).decide();
}

Action resolve(const Tables& tables, const Directory& directory, const Destination& destination, const Facts& facts,
               Trace* trace) {
  return Deciding(tables, directory, facts, trace).resolve(destination, {}, 0);
}

}  // namespace junctor::routing
