#pragma once
// What would keep calls from working: each examination looks at one thing and says what to do about it.
#include <cstdint>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace junctor::hub::cli {

enum class Health : std::uint8_t { ok, warning, fault };

struct Finding {
  Health health = Health::ok;
  std::string subject;  ///< "udp 0.0.0.0:5060"
  std::string text;     ///< what is so
  std::string advice;   ///< what to do; empty when ok
};

using Findings = std::vector<Finding>;

/// Whether the hub of this configuration is running: then its ports being taken is as it should be.
enum class Hub : std::uint8_t { running, stopped };

// cli_doctor_network.cpp
void examine_listeners(const config::Config& config, Hub hub, Findings& findings);
void examine_media_ports(const config::Config& config, Hub hub, Findings& findings);
void examine_addresses(const config::Config& config, Findings& findings);

// cli_doctor_system.cpp
void examine_clock(Findings& findings);
void examine_limits(const config::Config& config, Findings& findings);
void examine_folders(const config::Config& config, Findings& findings);

// cli_doctor_certificates.cpp
void examine_certificates(const config::Config& config, Findings& findings);

}  // namespace junctor::hub::cli
