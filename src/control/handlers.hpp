#pragma once
// Who runs which command: the first of these that has a run() for it.
#include <tuple>

#include "apps/program/call_control.hpp"
#include "apps/program/playbacks.hpp"
#include "control/session_control.hpp"

namespace junctor::control {

using Handlers = std::tuple<SessionControl*, apps::program::CallControl*, apps::program::Playbacks*>;

}  // namespace junctor::control
