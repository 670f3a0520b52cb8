#pragma once
// Who runs which command: the first of these that has a run() for it.
#include <tuple>

#include "apps/program/call_apps.hpp"
#include "apps/program/call_control.hpp"
#include "apps/program/call_transfers.hpp"
#include "apps/program/collectors.hpp"
#include "apps/program/conference_rooms.hpp"
#include "apps/program/consultations.hpp"
#include "apps/program/holds.hpp"
#include "apps/program/media_mutes.hpp"
#include "apps/program/originations.hpp"
#include "apps/program/playbacks.hpp"
#include "apps/program/program_streams.hpp"
#include "apps/program/record_control.hpp"
#include "apps/program/ringbacks.hpp"
#include "apps/program/sip_requests.hpp"
#include "apps/program/supervisors.hpp"
#include "control/session_control.hpp"

namespace junctor::control {

using Handlers =
    std::tuple<SessionControl*, apps::program::CallControl*, apps::program::CallApps*, apps::program::Originations*,
               apps::program::Playbacks*, apps::program::Ringbacks*, apps::program::Collectors*, apps::program::Holds*,
               apps::program::CallTransfers*, apps::program::Consultations*, apps::program::SipRequests*,
               apps::program::ConferenceRooms*, apps::program::Supervisors*, apps::program::MediaMutes*,
               apps::program::RecordControl*, apps::program::ProgramStreams*>;

}  // namespace junctor::control
