#pragma once
// Problem documents (RFC 9457): what every refusal over HTTP looks like.
#include <string>
#include <string_view>

#include "base/web.hpp"
#include "control/commands.hpp"

namespace junctor::control {

/// `detail` is one line for people. `code` is the stable word for programs, as in RWI's results.
WebResponse problem(int status, std::string_view code, std::string_view detail);
/// The status that a failure's code stands for.
WebResponse problem(const Failure& failure);

/// Allow (RFC 9110 §10.2.1) says what is.
WebResponse method_not_allowed(std::string_view allowed);

}  // namespace junctor::control
