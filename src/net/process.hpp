#pragma once
// What the process tells its supervisor and asks of the kernel.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace junctor::net {

/// Sends one state such as "READY=1" or "STOPPING=1" to the service manager named by NOTIFY_SOCKET (sd_notify(3));
/// nothing without one. False when it could not be sent.
bool notify_service_manager(std::string_view state);

/// Raises the soft limit of open files to the hard one; returns the limit that now holds.
Result<std::uint64_t, std::string> raise_open_files_limit();

}  // namespace junctor::net
