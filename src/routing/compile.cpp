// Definition → Tables: everything that can be wrong is found here, so that decide() cannot fail.
#include <algorithm>
#include <cctype>

#include "base/address.hpp"
#include "routing/tables.hpp"

namespace junctor::routing {
namespace {

class Compiler {
 public:
  explicit Compiler(const Definition& definition) : definition_(definition) {}

  Compiled run() {
    for (const TrunkEntry& trunk : definition_.trunks) add_trunk(trunk);
    tables_->features = definition_.features;
    for (const std::string& domain : definition_.domains) tables_->domains.push_back(lower(domain));
    for (const std::string& host : definition_.local_hosts) tables_->local_hosts.push_back(lower(host));
    add_conferences();
    for (std::size_t i = 0; i < definition_.routes.size(); ++i) add_route(i);
    std::ranges::sort(tables_->routes, {},
                      [](const CompiledRoute& r) { return std::pair(-std::int64_t{r.entry.priority}, r.index); });
    Compiled out;
    out.faults = std::move(faults_);
    if (out.faults.empty()) out.tables = std::move(tables_);
    return out;
  }

 private:
  void fault(std::string path, std::string message) { faults_.push_back({std::move(path), std::move(message)}); }

  void add_trunk(const TrunkEntry& trunk) {
    const auto ip = IpAddress::parse(trunk.host);
    const bool bare_v6 = ip && ip->family == Family::v6 && !trunk.host.starts_with('[');
    tables_->trunks.push_back({trunk.name, bare_v6 ? "[" + trunk.host + "]" : trunk.host, trunk.transport});
    for (const std::string& number : trunk.numbers) {
      const std::string key(without_plus(number));
      tables_->numbers.emplace(key, number);
      tables_->did_trunks.emplace(key, trunk.name);
    }
  }

  void add_conferences() {
    for (std::size_t i = 0; i < definition_.conferences.size(); ++i) {
      const NamedNumbers& room = definition_.conferences[i];
      for (std::size_t n = 0; n < room.numbers.size(); ++n) {
        if (tables_->conferences.emplace(room.numbers[n], room.name).second) continue;
        fault("conferences[" + std::to_string(i) + "].numbers[" + std::to_string(n) + "]",
              "\"" + room.numbers[n] + "\" leads into another room already");
      }
    }
  }

  std::unique_ptr<RE2> regex(const std::string& path, const std::string& pattern) {
    if (pattern.empty()) return nullptr;
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(regex_bytes_max);
    auto out = std::make_unique<RE2>(pattern, options);
    if (!out->ok()) fault(path, "bad regular expression: " + out->error());
    return out;
  }

  void add_route(std::size_t index) {
    const RouteEntry& entry = definition_.routes[index];
    const std::string path = "routes[" + std::to_string(index) + "]";
    CompiledRoute route;
    route.entry = entry;
    route.index = index;
    route.to = regex(path + ".match.to", entry.match.to);
    route.from = regex(path + ".match.from", entry.match.from);
    if (!entry.match.trunk.empty() &&
        std::ranges::find(definition_.trunks, entry.match.trunk, &TrunkEntry::name) == definition_.trunks.end()) {
      fault(path + ".match.trunk", "no [[trunks]] has the name \"" + entry.match.trunk + "\"");
    }
    add_action(route, path);
    if (!entry.on_no_answer.empty()) {
      validate_destination(definition_, path + ".on_no_answer", entry.on_no_answer, faults_);
      if (auto parsed = Destination::parse(entry.on_no_answer)) route.on_no_answer = std::move(*parsed);
    }
    tables_->routes.push_back(std::move(route));
  }

  void add_action(CompiledRoute& route, const std::string& path) {
    const RouteEntry& entry = route.entry;
    switch (entry.action) {
      case ActionKind::ring:
        if (entry.targets.empty()) fault(path + ".action", "\"ring\" needs \"targets\"");
        for (std::size_t i = 0; i < entry.targets.size(); ++i) {
          const TargetEntry& t = entry.targets[i];
          add_target(route, path + ".targets[" + std::to_string(i) + "]", t.target, t.delay, t.ring);
        }
        return;
      case ActionKind::dial:
        if (need_target(entry, path)) add_target(route, path + ".target", entry.target, seconds(0), seconds(0));
        return;
      case ActionKind::queue:
        return need_name(entry, path, definition_.queues, "queues");
      case ActionKind::ivr:
        return need_name(entry, path, definition_.ivr, "ivr");
      case ActionKind::rwi:
        return need_name(entry, path, definition_.contexts, "rwi.contexts");
      case ActionKind::conference:
        return need_name(entry, path, conference_names(), "conferences");
      case ActionKind::voicemail:
      case ActionKind::app:
        need_target(entry, path);
        return;
      case ActionKind::reject:
        return;
    }
  }

  bool need_target(const RouteEntry& entry, const std::string& path) {
    if (entry.target.empty()) fault(path + ".action", "needs \"target\"");
    return !entry.target.empty();
  }

  void need_name(const RouteEntry& entry, const std::string& path, const std::vector<std::string>& names,
                 const std::string& table) {
    if (!need_target(entry, path) || std::ranges::find(names, entry.target) != names.end()) return;
    fault(path + ".target", "no [[" + table + "]] has the name \"" + entry.target + "\"");
  }

  std::vector<std::string> conference_names() const {
    std::vector<std::string> out;
    for (const NamedNumbers& room : definition_.conferences) out.push_back(room.name);
    return out;
  }

  void add_target(CompiledRoute& route, const std::string& path, const std::string& text, seconds delay, seconds ring) {
    auto parsed = Destination::parse(text);
    if (!parsed) return fault(path, parsed.error());
    using Kind = Destination::Kind;
    const bool rings = parsed->kind == Kind::user || parsed->kind == Kind::ring || parsed->kind == Kind::dial ||
                       parsed->kind == Kind::browsers;
    if (!rings || (route.entry.action == ActionKind::dial && parsed->kind != Kind::dial)) {
      return fault(path, route.entry.action == ActionKind::dial
                             ? "\"" + text + "\" cannot be dialled: a SIP URI is needed"
                             : "\"" + text + "\" cannot ring: user:, ring:, a SIP URI or browsers is needed");
    }
    if (parsed->kind == Kind::dial) check_captures(route, path, parsed->name());
    route.targets.push_back({std::move(*parsed), delay, ring});
  }

  void check_captures(const CompiledRoute& route, const std::string& path, const std::string& uri) {
    const int groups = route.to != nullptr && route.to->ok() ? route.to->NumberOfCapturingGroups() : 0;
    for (std::size_t at = uri.find('$'); at != std::string::npos; at = uri.find('$', at + 1)) {
      if (at + 1 >= uri.size() || std::isdigit(static_cast<unsigned char>(uri[at + 1])) == 0) continue;
      if (uri[at + 1] - '0' > groups) {
        fault(path, "\"$" + std::string(1, uri[at + 1]) + "\" refers to a group that match.to does not have");
      }
    }
  }

  const Definition& definition_;
  std::shared_ptr<Tables> tables_ = std::make_shared<Tables>();
  std::vector<Fault> faults_;
};

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view without_plus(std::string_view number) {
  if (number.starts_with('+')) number.remove_prefix(1);
  return number;
}

const CompiledTrunk* Tables::find_trunk(std::string_view name) const {
  const auto at = std::ranges::find_if(trunks, [&](const CompiledTrunk& t) { return lower(t.name) == lower(name); });
  return at == trunks.end() ? nullptr : &*at;
}

bool Tables::serves(std::string_view host, std::string_view local_host) const {
  if (domains.empty() || host.empty()) return true;
  const std::string name = lower(host);
  return name == lower(local_host) || name == "local" || name == "localhost" ||
         std::ranges::find(domains, name) != domains.end() || std::ranges::find(local_hosts, name) != local_hosts.end();
}

Compiled compile(const Definition& definition) {
  return Compiler(definition).run();
}

void validate_destination(const Definition& definition, std::string_view path, std::string_view text,
                          std::vector<Fault>& faults) {
  if (text.empty()) return;
  const auto parsed = Destination::parse(text);
  if (!parsed) {
    faults.push_back({std::string(path), parsed.error()});
    return;
  }
  const auto need = [&](bool found, const char* table) {
    if (found) return;
    faults.push_back({std::string(path), std::string("no [[") + table + "]] has the name \"" + parsed->name() + "\""});
  };
  const auto has = [&](const std::vector<std::string>& names) {
    return std::ranges::find(names, parsed->name()) != names.end();
  };
  using Kind = Destination::Kind;
  switch (parsed->kind) {
    case Kind::queue:
      return need(has(definition.queues), "queues");
    case Kind::ivr:
      return need(has(definition.ivr), "ivr");
    case Kind::rwi:
      return need(has(definition.contexts), "rwi.contexts");
    case Kind::conference:
      return need(std::ranges::find(definition.conferences, parsed->name(), &NamedNumbers::name) !=
                      definition.conferences.end(),
                  "conferences");
    case Kind::user:
    case Kind::ring:
    case Kind::dial:
    case Kind::voicemail:
    case Kind::reject:
    case Kind::browsers:
      return;
  }
}

}  // namespace junctor::routing
