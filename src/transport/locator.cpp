#include "transport/locator.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sip/uri.hpp"

namespace junctor::transport {
namespace {

// An answer may be evicted or expire before the last one of a search has come; a search that goes round so often is
// lost.
constexpr int rounds_max = 100;

std::string_view service(Protocol protocol) {
  constexpr std::array<std::string_view, 5> prefixes{"_sip._udp.", "_sip._tcp.", "_sips._tcp.", "_sip._ws.",
                                                     "_sips._ws."};
  return prefixes[static_cast<std::size_t>(protocol)];
}

bool is_offered(const Record& record) {
  return !record.target.empty() && record.target != ".";
}

/// RFC 3263 §4.1: TLS over TCP, in the word of NAPTR.
bool is_secure_service(std::string_view text) {
  constexpr auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  return std::ranges::equal(text, std::string_view("SIPS+D2T"), {}, upper);
}

/// RFC 5922 §4: over TLS the far end proves to be who was asked for, not whom SRV named.
std::vector<Hop> for_host(const std::string& host, std::vector<Hop> hops) {
  for (Hop& hop : hops)
    if (hop.protocol == Protocol::tls) hop.host = host;
  return hops;
}

Protocol secured(Protocol protocol) {
  if (protocol == Protocol::udp || protocol == Protocol::tcp) return Protocol::tls;
  return protocol == Protocol::ws ? Protocol::wss : protocol;
}

}  // namespace

std::uint16_t default_port(Protocol protocol) {
  constexpr std::array<std::uint16_t, 5> ports{5060, 5060, 5061, 80, 443};
  return ports[static_cast<std::size_t>(protocol)];
}

Locator::Locator(Names& names, Random& random, const Advertise& advertise, LocatorEvents& events)
    : names_(names), random_(random), advertise_(advertise), events_(events) {}

std::optional<std::vector<Hop>> Locator::locate(std::string_view text, std::uint64_t token, TimePoint now) {
  const auto uri = sip::Uri::parse(text);
  if (!uri || !uri->is_sip()) return std::vector<Hop>{};
  Search search{.host = std::string(uri->host), .port = uri->port, .protocols = {}, .token = token};
  if (const auto named = uri->params.get("transport")) {
    const auto protocol = parse_protocol(*named);
    if (!protocol) return std::vector<Hop>{};
    search.protocols = {uri->is_sips() ? secured(*protocol) : *protocol};
  } else if (uri->is_sips()) {
    search.protocols = {Protocol::tls};
    search.naptr = true;
  } else if (uri->port != 0 || IpAddress::parse(uri->host)) {
    search.protocols = {Protocol::udp};
  } else {
    search.protocols = {Protocol::udp, Protocol::tcp};
  }
  return begin(std::move(search), now);
}

std::optional<std::vector<Hop>> Locator::locate_sent_by(std::string_view host, std::uint16_t port, Protocol protocol,
                                                        std::uint64_t token, TimePoint now) {
  return begin({.host = std::string(host), .port = port, .protocols = {protocol}, .token = token}, now);
}

std::optional<std::vector<Hop>> Locator::begin(Search search, TimePoint now) {
  if (const auto ip = IpAddress::parse(search.host)) {
    std::vector<Hop> hops;
    const Protocol protocol = search.protocols.front();
    if (can_send(protocol, ip->family))
      hops.push_back({protocol, {*ip, search.port != 0 ? search.port : default_port(protocol)}});
    return for_host(search.host, std::move(hops));
  }
  if (searches_.size() >= locating_max) return std::vector<Hop>{};
  const std::uint64_t waiter = ++last_search_;
  auto hops = evaluate(search, waiter, now);
  if (!hops) searches_.emplace(waiter, std::move(search));
  return hops;
}

void Locator::on_resolved(QueryId query, const Answer& answer, TimePoint now) {
  for (const std::uint64_t waiter : names_.on_resolved(query, answer, now)) {
    const auto at = searches_.find(waiter);
    if (at == searches_.end()) continue;
    auto hops = evaluate(at->second, waiter, now);
    if (!hops && ++at->second.rounds < rounds_max) continue;
    const std::uint64_t token = at->second.token;
    searches_.erase(at);
    events_.on_hops(token, hops ? std::move(*hops) : std::vector<Hop>{}, now);
  }
}

// Runs from the start each time, over what is known by now; every question that can be asked already is asked at once.
std::optional<std::vector<Hop>> Locator::evaluate(const Search& search, std::uint64_t waiter, TimePoint now) {
  std::vector<Hop> hops;
  if (search.port != 0) {
    if (!add_addresses(search.host, search.port, search.protocols.front(), waiter, now, hops)) return std::nullopt;
    return for_host(search.host, std::move(hops));
  }
  bool complete = true;
  bool has_srv = false;
  std::vector<std::pair<Protocol, std::vector<Record>>> found;
  std::vector<std::pair<Protocol, std::string>> asked;
  complete &= services(search, waiter, now, asked);
  for (const auto& [protocol, name] : asked) {
    if (!can_send(protocol, Family::v4) && !can_send(protocol, Family::v6)) continue;
    const auto* records = names_.find(RecordType::srv, name, waiter, now);
    if (records == nullptr) {
      complete = false;
    } else if (!records->empty()) {
      has_srv = true;
      found.emplace_back(protocol, *records);
    }
  }
  if (!complete) return std::nullopt;
  for (auto& [protocol, records] : found) {
    order(records);
    if (records.size() > hops_max) records.resize(hops_max);
    for (const Record& record : records) {
      if (is_offered(record)) complete &= add_addresses(record.target, record.port, protocol, waiter, now, hops);
    }
  }
  if (!has_srv) {
    const Protocol protocol = search.protocols.front();
    complete &= add_addresses(search.host, default_port(protocol), protocol, waiter, now, hops);
  }
  if (!complete) return std::nullopt;
  return for_host(search.host, std::move(hops));
}

bool Locator::services(const Search& search, std::uint64_t waiter, TimePoint now,
                       std::vector<std::pair<Protocol, std::string>>& out) {
  const std::vector<Record>* known = search.naptr ? names_.find(RecordType::naptr, search.host, waiter, now) : nullptr;
  std::vector<Record> records = known != nullptr ? *known : std::vector<Record>();
  std::erase_if(records, [](const Record& r) { return !is_offered(r) || !is_secure_service(r.service); });
  std::ranges::sort(records, {}, [](const Record& r) { return std::pair(r.priority, r.weight); });
  for (const Record& record : records) out.emplace_back(Protocol::tls, record.target);
  if (records.empty())
    for (const Protocol protocol : search.protocols)
      out.emplace_back(protocol, std::string(service(protocol)) + search.host);
  return !search.naptr || known != nullptr;
}

// IPv4 first: without a race between the families, a host that publishes an IPv6 address which does not work would cost
// a whole timer B.
bool Locator::add_addresses(std::string_view name, std::uint16_t port, Protocol protocol, std::uint64_t waiter,
                            TimePoint now, std::vector<Hop>& hops) {
  bool complete = true;
  for (const auto& [type, family] : {std::pair{RecordType::a, Family::v4}, std::pair{RecordType::aaaa, Family::v6}}) {
    if (!can_send(protocol, family)) continue;
    const auto* records = names_.find(type, name, waiter, now);
    if (records == nullptr) {
      complete = false;
      continue;
    }
    for (const Record& record : *records) {
      if (hops.size() < hops_max) hops.push_back({protocol, {record.ip, port}});
    }
  }
  return complete;
}

// RFC 2782: by priority; within one, at random in proportion to the weights, those of weight zero first in line.
void Locator::order(std::vector<Record>& records) {
  std::ranges::sort(records, {}, [](const Record& r) { return std::pair(r.priority, r.weight != 0); });
  for (auto first = records.begin(); first != records.end(); ++first) {
    const auto end = std::find_if(first, records.end(), [&](const Record& r) { return r.priority != first->priority; });
    std::uint64_t total = 0;
    for (auto at = first; at != end; ++at) total += at->weight;
    const std::uint64_t drawn = random_.below(total + 1);
    std::uint64_t sum = 0;
    const auto chosen = std::find_if(first, end, [&](const Record& r) { return (sum += r.weight) >= drawn; });
    std::rotate(first, chosen, chosen + 1);
  }
}

bool Locator::can_send(Protocol protocol, Family family) const {
  Hop hop{protocol};
  hop.remote.ip.family = family;
  return advertise_.listener_for(hop) != nullptr;
}

}  // namespace junctor::transport
