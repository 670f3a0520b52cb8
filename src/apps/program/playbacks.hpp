#pragma once
// What programs play to calls.
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "apps/program/events.hpp"
#include "apps/program/media_commands.hpp"
#include "apps/program/program_calls.hpp"
#include "base/random.hpp"
#include "call/calls.hpp"
#include "call/media_fence.hpp"
#include "media/fetched_sounds.hpp"
#include "media/sounds.hpp"
#include "media/speech.hpp"

namespace junctor::apps::program {

class Playbacks {
 public:
  static constexpr std::size_t tracks_max = 8;  ///< of one call

  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    call::MediaFence& fence;
    media::Sounds& sounds;
    media::Speech& speech;
    media::FetchedSounds& fetched;
    EventSink& events;
    Random& random;
  };
  Playbacks(Parts parts, std::string sounds_folder) : parts_(parts), folder_(std::move(sounds_folder)) {}
  ~Playbacks() { *alive_ = false; }
  Playbacks(const Playbacks&) = delete;
  Playbacks& operator=(const Playbacks&) = delete;

  void run(const MediaPlay& c, const Requester& who, Reply<MediaPlay> reply, TimePoint now);
  void run(const MediaStop& c, const Requester& who, Reply<MediaStop> reply, TimePoint now);

  /// Without a command: until stop(), or its end. `failed` is told when it cannot be played. The track's name.
  using Failed = std::function<void(Failure, TimePoint)>;
  std::string play(ProgramCall& call, const MediaSource& source, Failed failed, TimePoint now);
  void stop(CallId call, const std::string& track, TimePoint now);
  /// Everything that plays to it ends, because it goes elsewhere.
  void stop_all(CallId call, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  std::size_t size() const { return tracks_.size(); }

 private:
  struct Track {
    CallId call;
    LegId leg;
    std::optional<std::string> leg_name;
    MediaSource source;
    bool interrupt_on_dtmf = false;
    bool told = false;  // its events are published
    Reply<MediaPlay> reply;
    Failed failed;
    std::optional<media::PlayId> play;  // none: the sound is not there yet
    call::Mixer* mixer = nullptr;
    bool deferred = false;  // until the call is answered
    bool mix = false;
    bool stopping = false;              // whoever stops it says so, after the result of the command
    std::vector<std::string> replaces;  // what is stopped for it
  };

  /// A name in the folder, or of a built-in sound; the error says what is wrong with it.
  Result<std::string, Failure> path_of(const std::string& uri) const;
  call::Leg* leg_of(const Track& track);
  void add(const std::string& id, Track track, TimePoint now);
  void ask(const std::string& id, TimePoint now);
  void arrive(const std::string& id, std::uint32_t rate, const media::Sounds::Loaded& loaded, TimePoint now);
  void begin(const std::string& id, media::Play play, TimePoint now);
  void begun(const std::string& id, TimePoint now);
  void refuse(const std::string& id, Failure why, TimePoint now);
  /// The media plane has ended it.
  void on_play_ended(const std::string& id, bool interrupted, TimePoint now);
  void end(const std::string& id, bool interrupted, TimePoint now);
  void silence(Track& track);

  Parts parts_;
  std::string folder_;
  std::map<std::string, Track> tracks_;                         // by track_id
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // jobs may come back after this is gone
};

}  // namespace junctor::apps::program
