#pragma once
// Streams of samples between calls and programs: media.stream_*, media.inject_*, and calls that are bridged to a
// program which the hub dials. A stream follows its call from mixer to mixer and ends with it.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "apps/listening.hpp"
#include "apps/program/events.hpp"
#include "apps/program/media_commands.hpp"
#include "apps/program/program_calls.hpp"
#include "call/calls.hpp"
#include "call/media_fence.hpp"
#include "stream/streams.hpp"

namespace junctor::apps::program {

class ProgramStreams {
 public:
  static constexpr std::size_t streams_max = 4;  ///< of one call

  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    call::MediaFence& fence;
    EventSink& events;
    stream::Streams& streams;
  };
  /// What `parts` refer to outlives this.
  explicit ProgramStreams(Parts parts) : parts_(parts) {}
  ProgramStreams(const ProgramStreams&) = delete;
  ProgramStreams& operator=(const ProgramStreams&) = delete;

  void run(const MediaStreamStart& c, const Requester& who, const Reply<MediaStreamStart>& reply, TimePoint now);
  void run(const MediaStreamStop& c, const Requester& who, const Reply<MediaStreamStop>& reply, TimePoint now);
  void run(const MediaInjectStart& c, const Requester& who, const Reply<MediaInjectStart>& reply, TimePoint now);
  void run(const MediaInjectStop& c, const Requester& who, const Reply<MediaInjectStop>& reply, TimePoint now);

  struct BridgeEnd {
    std::string reason;                          ///< one line
    std::map<std::string, std::string> returns;  ///< of the target: where the call is to go; see BridgeTarget
  };
  using BridgeEnded = std::function<void(BridgeEnd, TimePoint now)>;
  /// A call's far end talks to the program that `target` ("voip_bridge:ws://…") names, and to whom else it hears. The
  /// stream's id; `ended` is told unless the call ends first.
  Result<std::string, Failure> bridge(ProgramCall& call, std::string_view target, BridgeEnded ended, TimePoint now);

  /// Whose stream it is; nothing: there is none of that name.
  std::optional<CallId> call_of(std::string_view stream_id) const;
  /// A binary frame of a control socket: of a stream by its id, else of the one call of that token whose name begins so
  /// and that has a stream of this kind. The error is one line.
  Result<void, std::string> on_frame(std::string_view frame, TokenId token, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  void on_stream_event(const stream::Event& event, TimePoint now);
  std::size_t size() const { return running_.size(); }

 private:
  struct Wanted {
    stream::SessionSettings settings;
    std::optional<stream::BridgeTarget> target;  // it is dialled
    std::string leg_id;                          // who alone hears it
    bool inject = false, replace = false;
  };
  struct Running {
    CallId call;
    LegId leg;  // whose mixer it is
    LegId to;   // who alone hears it
    stream::Direction direction = stream::Direction::sendrecv;
    bool inject = false, replace = false;
    Listening listening;
    media::PlayId play;
    std::map<std::string, std::string> returns;
    BridgeEnded ended;
  };
  using Streams = std::map<std::string, Running, std::less<>>;

  Result<StreamOpened, Failure> start(ProgramCall& call, Wanted wanted, TimePoint now);
  void play(const std::string& id, Running& running, std::shared_ptr<media::FeedRing> feed);
  void on_play_ended(const std::string& id, media::PlayId play, media::PlayEnd why, TimePoint now);
  void follow(const std::string& id, Running& running, TimePoint now);
  /// Nothing of it is heard any more.
  void silence(Running& running);
  void set_replaced(const Running& running, bool on);
  void end(Streams::iterator at, const std::string& reason, TimePoint now);
  void end_all(CallId call, const std::string& reason, TimePoint now);
  template <class Command>
  void stop(const Command& c, bool inject, const Reply<Command>& reply, TimePoint now);
  void answer(CallId call, const Result<StreamOpened, Failure>& opened, const Reply<MediaStreamStart>& reply,
              TimePoint now);
  call::Leg* leg_of(const Running& running, LegId leg) const;
  stream::Source source_of(const Running& running) const;

  const Parts parts_;
  Streams running_;
};

}  // namespace junctor::apps::program
