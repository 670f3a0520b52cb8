#pragma once
// Everything that programs have to do with, wired: their calls, who runs their commands, and the gateway.
#include <functional>
#include <memory>
#include <string>

#include "apps/call_recording.hpp"
#include "apps/dial.hpp"
#include "apps/hold_music.hpp"
#include "apps/program/bridges.hpp"
#include "apps/program/call_control.hpp"
#include "apps/program/call_story.hpp"
#include "apps/program/call_transfers.hpp"
#include "apps/program/click_to_dial.hpp"
#include "apps/program/collectors.hpp"
#include "apps/program/conference_rooms.hpp"
#include "apps/program/consultations.hpp"
#include "apps/program/destinations.hpp"
#include "apps/program/holds.hpp"
#include "apps/program/media_mutes.hpp"
#include "apps/program/offers.hpp"
#include "apps/program/originations.hpp"
#include "apps/program/playbacks.hpp"
#include "apps/program/program_calls.hpp"
#include "apps/program/program_streams.hpp"
#include "apps/program/record_control.hpp"
#include "apps/program/ringbacks.hpp"
#include "apps/program/sip_requests.hpp"
#include "apps/program/supervisors.hpp"
#include "base/log.hpp"
#include "call/calls.hpp"
#include "call/media_fence.hpp"
#include "config/config.hpp"
#include "control/gateway.hpp"
#include "media/fetched_sounds.hpp"
#include "media/sounds.hpp"
#include "media/speech.hpp"
#include "stream/streams.hpp"

namespace junctor::hub {

class Programs {
 public:
  struct Parts {
    WebServer& web;
    call::Calls& calls;
    call::MediaFence& fence;
    apps::Dialler& dialler;
    apps::HoldMusic& music;
    apps::CallRecording& recording;
    recording::Recordings& recordings;
    media::Sounds& sounds;
    media::Speech& speech;
    media::FetchedSounds& fetched;
    apps::Conferences& conferences;
    const routing::Directory& directory;
    const transport::Endpoint& endpoint;
    TimerWheel& timers;
    Random& random;
    const WallClock& wall;
    store::Store& store;
    Log& log;
    Counters& counters;
    media::Plane& media;
    stream::DialledPrograms* dialled = nullptr;
    std::function<void()> wake = nullptr;  ///< any thread: deliver() is due
  };
  Programs(Parts parts, const std::string& data_dir);

  void set_config(const config::Config& config, apps::OfficeSnapshot office);
  control::Gateway& gateway() { return gateway_; }
  /// What comes from the threads of sockets; false when there was nothing.
  bool deliver(TimePoint now) { return streams_.deliver(now); }
  apps::program::ClickToDial& click_to_dial() { return click_to_dial_; }

  void on_call_event(const call::Event& event, TimePoint now);
  void on_transcript(const apps::TranscriptEvent& event, TimePoint now) { story_.on_transcript(event, now); }
  void on_recording_event(const recording::Event& event, TimePoint now) {
    record_control_.on_recording_event(event, now);
  }

  /// What is going on for programs besides their calls.
  std::size_t size() const {
    return bridges_.size() + playbacks_.size() + ringbacks_.size() + originations_.size() + call_control_.size() +
           call_apps_.size() + collectors_.size() + offers_.size() + holds_.size() + transfers_.size() +
           consultations_.size() + sip_requests_.size() + rooms_.size() + supervisors_.size() + record_control_.size() +
           streams_.size() + click_to_dial_.size();
  }

 private:
  control::SessionControl::Orphans orphans();
  void wait(apps::program::ProgramCall& call, bool waits, TimePoint now);
  void give_up(apps::program::ProgramCall& call, TimePoint now);

  Parts parts_;
  apps::program::ProgramCalls calls_;
  control::Gateway gateway_;
  apps::program::Destinations destinations_;
  apps::program::ClickToDial click_to_dial_;
  apps::program::Playbacks playbacks_;
  apps::program::Bridges bridges_;
  apps::program::Ringbacks ringbacks_;
  apps::program::Originations originations_;
  apps::program::CallApps call_apps_;
  apps::program::CallControl call_control_;
  apps::program::Collectors collectors_;
  apps::program::ConferenceRooms rooms_;
  apps::program::Supervisors supervisors_;
  apps::program::MediaMutes mutes_;
  apps::program::RecordControl record_control_;
  apps::program::Offers offers_;
  stream::Streams streams_;
  apps::program::ProgramStreams program_streams_;
  apps::program::CallStory story_;
  apps::program::Holds holds_;
  apps::program::CallTransfers transfers_;
  apps::program::Consultations consultations_;
  apps::program::SipRequests sip_requests_;
};

}  // namespace junctor::hub
