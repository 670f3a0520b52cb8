#include "bench/parts.hpp"

#include <array>
#include <variant>

#include "base/check.hpp"
#include "config/load.hpp"
#include "net/hashes.hpp"

namespace junctor::bench {
namespace {

constexpr std::string_view config_text = R"([hub]
realm = "junctor"
data_dir = "/nowhere"
[sip]
udp = ["10.0.0.1:5060"]
tcp = []
[rtp]
address = ["10.0.0.1"]
)";

config::Snapshot load_config() {
  const std::array sources{config::Source{"bench.toml", std::string(config_text)}};
  const config::Outside outside{
      [](const std::string&) { return std::nullopt; },
      [](const std::string&) -> Result<std::string, std::string> { return fail(std::string("no files here")); }};
  auto parsed = config::parse(sources, outside);
  for (const config::Fault& fault : parsed.faults) std::fprintf(stderr, "%s\n", to_string(fault).c_str());
  JUNCTOR_CHECK(parsed.faults.empty());
  return std::make_shared<const config::Config>(std::move(parsed.config));
}

}  // namespace

Address hub_address() {
  return {IpAddress::v4(10, 0, 0, 1), 5060};
}

std::string username_of(std::size_t index) {
  return std::to_string(100'000 + index);
}
std::string password_of(std::size_t index) {
  return "secret-" + username_of(index);
}

bool Network::send(std::uint64_t, const Address& to, std::span<const std::uint8_t> bytes) {
  sent.push_back({to, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
  return true;
}

std::optional<media::PortLease> Ports::take_port(Family family, std::optional<std::uint32_t>) {
  std::uint32_t slot = slots_;
  if (free_.empty()) {
    ++slots_;
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  const auto port = static_cast<std::uint16_t>(16'384 + 2 * slot);
  return media::PortLease{media::make_port_id(0, slot, ++leases_), 0, family, port,
                          static_cast<std::uint16_t>(port + 1)};
}

void Ports::command(std::uint32_t, media::Command command) {
  if (const auto* close = std::get_if<media::Close>(&command)) {
    free_.push_back(media::slot_of(close->id));
    events.push_back(media::Closed{close->id, {}});
  }
  if (const media::Token token = media::token_of(command)) events.push_back(media::Done{token, {}});
}

void Queue::write(store::Write write, store::AckTarget* target, std::uint64_t token, TimePoint) {
  const store::Write taken = std::move(write);
  ++writes;
  if (target != nullptr) acks.emplace_back(target, token);
}

Hub::Hub(std::size_t users) {
  wall_.set(now_, WallTime(milliseconds(1'767'225'600'000)));
  for (std::size_t i = 0; i < users; ++i) {
    store::UserRow row;
    row.username = username_of(i);
    row.realm = hub_realm;
    row.ha1_md5 = sip::digest::make_ha1(&net::md5_hex, row.username, hub_realm, password_of(i));
    row.ha1_sha256 = sip::digest::make_ha1(&net::sha256_hex, row.username, hub_realm, password_of(i));
    row.ha1_sha512_256 = sip::digest::make_ha1(&net::sha512_256_hex, row.username, hub_realm, password_of(i));
    store_.users.push_back(std::move(row));
  }
  core_ =
      std::make_unique<hub::Core>(load_config(),
                                  hub::Outside{.timers = timers_,
                                               .wall = wall_,
                                               .random = random_,
                                               .log = log_,
                                               .counters = counters_,
                                               .datagrams = network_,
                                               .streams = network_,
                                               .resolver = names_,
                                               .media = ports_,
                                               .jobs = jobs_,
                                               .disk = disk_,
                                               .recorder = recorder_,
                                               .transcriber = transcriber_,
                                               .store = store_,
                                               .hashes = {&net::md5_hex, &net::sha256_hex, &net::sha512_256_hex},
                                               .mac = &net::hmac_sha256,
                                               .listeners = {{0, transport::Protocol::udp, hub_address()}},
                                               .local_address_for = [](const IpAddress&) { return hub_address().ip; }},
                                  now_);
  JUNCTOR_CHECK(core_->load(now_).has_value());
}

void Hub::settle() {
  while (!ports_.events.empty() || !store_.acks.empty()) {
    for (const media::Event& event : std::exchange(ports_.events, {})) core_->on_media_event(event, now_);
    for (const auto& [target, token] : std::exchange(store_.acks, {})) target->on_stored(token, true, now_);
  }
}

void Hub::receive(const Address& from, std::string_view bytes) {
  core_->on_datagram(0, from, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, now_);
  settle();
}

void Hub::pass(Duration span) {
  constexpr Duration step = milliseconds(10);
  for (const TimePoint end = now_ + span; now_ < end;) {
    now_ += step;
    timers_.advance(now_);
    settle();
  }
}

}  // namespace junctor::bench
