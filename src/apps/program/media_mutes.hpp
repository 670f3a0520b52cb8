#pragma once
// media.mute and media.unmute: of a call's far end, or one of its legs, wherever it sits and will sit.
#include "apps/program/events.hpp"
#include "apps/program/media_commands.hpp"
#include "apps/program/program_calls.hpp"
#include "call/calls.hpp"
#include "call/media_fence.hpp"

namespace junctor::apps::program {

class MediaMutes {
 public:
  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    call::MediaFence& fence;
    EventSink& events;
  };
  explicit MediaMutes(Parts parts) : parts_(parts) {}

  void run(const MediaMute& command, const Requester& who, Reply<MediaMute> reply, TimePoint now);
  void run(const MediaUnmute& command, const Requester& who, Reply<MediaUnmute> reply, TimePoint now);

 private:
  template <bool on>
  void set(const MediaMuting<on>& command, Reply<MediaMuting<on>> reply, TimePoint now);

  Parts parts_;
};

}  // namespace junctor::apps::program
