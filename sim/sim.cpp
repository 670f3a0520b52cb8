#include "sim/sim.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "config/load.hpp"
#include "net/hashes.hpp"

namespace junctor::sim {
namespace {

// Longer than any timer of the hub: session timers, registrations, nonces, blocked addresses.
constexpr Duration everything_ends = hours(3);

std::string base_config() {
  std::string text = R"([hub]
data_dir = "/simulated"
[network]
public_ip = ["203.0.113.1"]
[sip]
udp = ["10.0.0.1:5060"]
tcp = ["10.0.0.1:5060"]
[rtp]
address = ["10.0.0.1"]
[[trunks]]
name = "carrier"
host = "10.3.0.1:5060"
numbers = ["+4930123456"]
[[routes]]
name = "from the carrier"
match = { trunk = "carrier", direction = "inbound" }
action = "ring"
targets = ["user:1001"]
[[routes]]
name = "to the carrier"
match = { to = "^0" }
action = "dial"
target = "sip:*@carrier"
)";
  for (int user = first_user; user <= last_user; ++user) {
    const std::string number = std::to_string(user);
    text += "[[users]]\nusername = \"" + number + "\"\npassword = \"secret-" + number + "\"\ndisplay_name = \"User " +
            number + "\"\n";
  }
  return text;
}

config::Snapshot load(const std::string& more) {
  const std::array sources{config::Source{"sim.toml", base_config()}, config::Source{"test.toml", more}};
  const config::Outside outside{[](const std::string&) { return std::nullopt; },
                                [](const std::string&) -> Result<std::string, std::string> {
                                  return fail(std::string("no files in a simulated world"));
                                }};
  auto parsed = config::parse(sources, outside);
  for (const config::Fault& fault : parsed.faults) std::fprintf(stderr, "%s\n", to_string(fault).c_str());
  JUNCTOR_CHECK(parsed.faults.empty());
  return std::make_shared<const config::Config>(std::move(parsed.config));
}

}  // namespace

Sim::Sim(Seed seed, SimSettings settings)
    : world_(seed),
      net_(world_),
      names_(world_),
      settings_(std::move(settings)),
      config_(load(settings_.config)),
      audit_(std::make_unique<Audit>()) {
  net_.forward(*IpAddress::parse(hub_public_ip), hub_address().ip, *Network::parse("10.0.0.0/8"));
  if (!settings_.trace.empty()) trace_ = std::make_unique<Trace>(world_, settings_.trace);
  start_hub();
}

Sim::~Sim() = default;

void Sim::start_hub() {
  hub_ = std::make_unique<Hub>(world_, net_, names_, disk_, files_, config_, *audit_, settings_.fault);
  if (trace_) hub_->border().watch(*trace_);
}

void Sim::crash_hub() {
  crashed_once_ = true;
  hub_->store().crash();
  hub_.reset();
}

Phone& Sim::add(PhoneSetup setup) {
  setup.domain = setup.domain.empty() ? std::string(hub_ip) : setup.domain;
  setup.hashes = {&net::md5_hex, &net::sha256_hex, &net::sha512_256_hex};
  phones_.push_back(std::make_unique<Phone>(world_, net_, std::move(setup)));
  return *phones_.back();
}

Phone& Sim::phone(std::string_view user, PhoneOptions options) {
  PhoneSetup setup;
  setup.user = user;
  setup.password = options.password.empty() ? "secret-" + setup.user : options.password;
  setup.display_name = "Phone " + setup.user;
  setup.wire = options.wire;
  setup.hub = options.remote ? Address{*IpAddress::parse(hub_public_ip), hub_address().port} : hub_address();
  setup.local = {
      options.remote ? IpAddress::v4(198, 51, 100, next_remote_host_++) : IpAddress::v4(10, 1, 0, next_local_host_++),
      5060};
  Phone& phone = add(std::move(setup));
  if (options.registers) {
    phone.register_with_hub();
    const bool registered = until(seconds(40), [&] { return phone.registered(); });
    JUNCTOR_CHECK(registered);
  }
  return phone;
}

Phone& Sim::carrier(std::uint8_t host) {
  PhoneSetup setup;
  setup.user = "carrier";
  setup.local = {IpAddress::v4(10, 3, 0, host), 5060};
  setup.hub = hub_address();
  return add(std::move(setup));
}

Phone& Sim::guest(std::string_view name) {
  PhoneSetup setup;
  setup.user = name;
  setup.hub = hub_address();
  setup.local = {IpAddress::v4(10, 1, 0, next_local_host_++), 5060};
  return add(std::move(setup));
}

const store::CallRecord* Sim::record_of(const Line& line) const {
  const store::CallRecord* found = nullptr;
  for (const auto& [id, record] : disk_.calls) {
    const bool mine =
        std::ranges::any_of(record.legs, [&](const store::LegRow& leg) { return leg.sip_call_id == line.call_id(); });
    if (mine && std::exchange(found, &record)) return nullptr;
  }
  return found;
}

void Sim::check_audio(std::vector<std::string>& out) const {
  for (const auto& phone : phones_) {
    for (const auto& line : phone->lines()) {
      const Speaker& audio = line->audio();
      const auto note = [&](std::string_view what, std::uint64_t count) {
        if (count != 0)
          out.push_back("audio of " + phone->user() + ": " + std::string(what) + ", " + std::to_string(count));
      };
      note("the SSRC changed", audio.ssrc_changes());
      note("timestamps went backward", audio.timestamp_faults());
      note("a payload type that nobody agreed on", audio.wrong_payload());
    }
  }
}

std::vector<std::string> Sim::close() {
  for (const auto& phone : phones_) {
    link(*phone).perfect();
    for (const auto& line : phone->lines()) line->hang_up();
  }
  // Calls end first: a phone that is no longer registered may not be reached any more.
  until(everything_ends, [&] { return hub_->quiet(); });
  for (const auto& phone : phones_) {
    if (phone->registered()) phone->unregister_all();
  }
  run_for(minutes(2));
  until(everything_ends, [&] { return hub_->quiet() && hub_->leftovers().empty(); });

  std::vector<std::string> out = hub_->leftovers();
  const auto add_all = [&](const std::vector<std::string>& more) { out.insert(out.end(), more.begin(), more.end()); };
  add_all(audit_->faults());
  if (!crashed_once_) add_all(audit_->debts());
  add_all(audit_->compare(disk_));
  check_audio(out);
  for (const auto& phone : phones_) {
    if (std::ranges::find(excused_, phone.get()) != excused_.end()) continue;
    add_all(phone->complaints());
    for (const auto& line : phone->lines()) {
      if (!line->ended()) out.push_back(phone->user() + ": a call that never ends, Call-ID " + line->call_id());
      if (line->unanswered())
        out.push_back(phone->user() + ": a request without an answer, Call-ID " + line->call_id());
    }
  }
  return out;
}

}  // namespace junctor::sim
