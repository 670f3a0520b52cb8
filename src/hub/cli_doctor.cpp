// doctor: the examinations in order, and their print-out.
#include "hub/cli_doctor.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "hub/checked_config.hpp"
#include "hub/cli_commands.hpp"

namespace junctor::hub::cli {
namespace {

std::string_view word(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::warning:
      return "warning";
    case Health::fault:
      return "fault";
  }
  return "";
}

Findings examine(const config::Config& config) {
  const Hub hub = LocalSocket::connect(config.hub.data_dir) ? Hub::running : Hub::stopped;
  Findings findings;
  findings.push_back({Health::ok, "hub", hub == Hub::running ? "is running" : "is not running", {}});
  examine_listeners(config, hub, findings);
  examine_media_ports(config, hub, findings);
  examine_addresses(config, findings);
  examine_clock(findings);
  examine_limits(config, findings);
  examine_certificates(config, findings);
  examine_folders(config, findings);
  return findings;
}

}  // namespace

int carry_out(const Doctor& command) {
  const auto config = load_checked(command.config);
  if (!config) {
    for (const std::string& line : config.error()) std::fprintf(stderr, "%s\n", line.c_str());
    return exit_config;
  }
  const Findings findings = examine(**config);
  boost::json::array items;
  for (const Finding& f : findings) {
    if (command.output == Output::json) {
      items.push_back(
          boost::json::object{{"health", boost::json::string_view(word(f.health).data(), word(f.health).size())},
                              {"subject", f.subject},
                              {"text", f.text},
                              {"advice", f.advice}});
      continue;
    }
    std::printf("%-8s %s: %s\n", std::string(word(f.health)).c_str(), f.subject.c_str(), f.text.c_str());
    if (!f.advice.empty()) std::printf("         -> %s\n", f.advice.c_str());
  }
  if (command.output == Output::json) std::puts(boost::json::serialize(items).c_str());
  const bool faulty = std::ranges::find(findings, Health::fault, &Finding::health) != findings.end();
  return faulty ? exit_failure : exit_ok;
}

}  // namespace junctor::hub::cli
