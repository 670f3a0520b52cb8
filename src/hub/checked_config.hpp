#pragma once
// The configuration with everything checked that any room has to say about it.
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/load.hpp"

namespace junctor::hub {

/// All faults as FILE:LINE:COL: message on the other side.
Result<config::Snapshot, std::vector<std::string>> load_checked(const std::optional<std::string>& path);

}  // namespace junctor::hub
