#include "hub/checked_config.hpp"

#include "hub/tables.hpp"
#include "hub/tls_files.hpp"

namespace junctor::hub {

Result<config::Snapshot, std::vector<std::string>> load_checked(const std::optional<std::string>& path) {
  config::Parsed parsed = config::load(path);
  for (routing::Fault& fault : routing_faults(parsed.config)) parsed.add_fault(fault.path, std::move(fault.message));
  if (parsed.faults.empty()) {
    if (auto files = load_tls_files(parsed.config); !files)
      parsed.add_fault(files.error().path, std::move(files.error().message));
  }
  if (parsed.faults.empty()) return std::make_shared<const config::Config>(std::move(parsed.config));
  std::vector<std::string> lines;
  for (const config::Fault& fault : parsed.faults) lines.push_back(to_string(fault));
  return fail(std::move(lines));
}

}  // namespace junctor::hub
