#pragma once
// The list of all commands. Everything that is said about commands in general is made of it.
#include <tuple>

#include "apps/program/call_commands.hpp"
#include "apps/program/conference_commands.hpp"
#include "apps/program/media_commands.hpp"
#include "apps/program/queue_commands.hpp"
#include "apps/program/record_commands.hpp"
#include "apps/program/sip_commands.hpp"
#include "apps/program/supervisor_commands.hpp"
#include "apps/program/transfer_commands.hpp"
#include "control/session_commands.hpp"

namespace junctor::control {

namespace program = apps::program;

using AllCommands =
    std::tuple<SessionSubscribe, SessionUnsubscribe, SessionListCalls, SessionAttachCall, SessionDetachCall,
               SessionResume, SessionPing, CallResume, program::CallOriginate, program::CallAnswer, program::CallReject,
               program::CallRing, program::CallHangup, program::CallBridge, program::CallUnbridge,
               program::CallTransfer, program::CallTransferReplace, program::CallTransferAttended,
               program::CallTransferComplete, program::CallTransferCancel, program::CallHold, program::CallUnhold,
               program::CallSetRingbackSource, program::CallSetVar, program::CallGetVar, program::CallSendDtmf,
               program::DtmfCollect, program::CallLegAdd, program::CallLegRemove, program::CallAppStart,
               program::CallAppStop, program::AppChain, program::MediaPlay, program::MediaStop, program::MediaMute,
               program::MediaUnmute, program::MediaStreamStart, program::MediaStreamStop, program::MediaInjectStart,
               program::MediaInjectStop, program::RecordStart, program::RecordPause, program::RecordResume,
               program::RecordStop, program::RecordMaskSegment, program::QueueEnqueue, program::QueueDequeue,
               program::QueueHold, program::QueueUnhold, program::QueueSetPriority, program::QueueAssignAgent,
               program::QueueRequeue, program::SupervisorListen, program::SupervisorWhisper, program::SupervisorBarge,
               program::SupervisorTakeover, program::SupervisorStop, program::SupervisorSwitch, program::SipMessage,
               program::SipNotify, program::SipInfo, program::SipOptionsPing, program::SipRespond,
               program::ConferenceCreate, program::ConferenceAdd, program::ConferenceRemove, program::ConferenceMute,
               program::ConferenceUnmute, program::ConferenceKick, program::ConferenceMuteAll,
               program::ConferenceDestroy, program::ConferenceEnd, program::ConferenceMerge,
               program::ConferenceSeatReplace, program::ConferenceInfo, program::ConferenceList>;

/// Calls look.template operator()<Command>() for each.
template <class Look>
void for_each_command(Look&& look) {
  [&]<class... Command>(std::type_identity<std::tuple<Command...>>) {
    (look.template operator()<Command>(), ...);
  }(std::type_identity<AllCommands>{});
}

}  // namespace junctor::control
