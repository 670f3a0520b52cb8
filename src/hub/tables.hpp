#pragma once
// From the configuration to what the rooms work with.
#include <memory>
#include <string>
#include <vector>

#include "apps/office.hpp"
#include "apps/trunk_registration.hpp"
#include "config/config.hpp"
#include "registrar/registrar.hpp"
#include "registrar/users.hpp"
#include "routing/routing.hpp"
#include "transport/advertise.hpp"

namespace junctor::hub {

/// Where recordings are written, and looked for at start.
std::string recordings_folder(const config::Config& config);

routing::Definition routing_definition(const config::Config& config);

/// Everything in a configuration that only routing understands (regular expressions, destinations), checked.
std::vector<routing::Fault> routing_faults(const config::Config& config);

/// Compiles the tables; the configuration has been checked.
apps::OfficeSnapshot make_office(const config::Config& config, std::string* fault);

/// Of the trunks that we register at.
std::vector<apps::TrunkAccount> trunk_accounts(const config::Config& config);

/// The users of the file; passwords become hashes.
std::vector<registrar::User> file_users(const config::Config& config, std::string_view realm,
                                        const sip::digest::HashFunctions& hashes);

transport::AdvertiseRules advertise_rules(const config::Config& config);
registrar::RegistrarSettings registrar_settings(const config::Config& config);

}  // namespace junctor::hub
