#pragma once
// The control side of streams: opens and closes taps, makes the rings, gives sessions to sockets and gets them back.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "base/counters.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/timer_wheel.hpp"
#include "base/web.hpp"
#include "media/media.hpp"
#include "stream/bridge_target.hpp"
#include "stream/dialled_programs.hpp"
#include "stream/line.hpp"
#include "stream/media_frame.hpp"
#include "stream/stream.hpp"

namespace junctor::stream {

/// Where the call sits.
struct Source {
  media::MixerId mixer;
  std::uint32_t rate = 8000;  ///< the mixer's
  PortId caller;              ///< whose voice is left, with two channels
};

// -- what is told

/// The stream ended by itself.
struct Ended {
  StreamId id;
  std::string reason;  ///< one line
};
/// The program presses keys for the call.
struct KeysPressed {
  StreamId id;
  std::string digits;
};
using Event = std::variant<Ended, KeysPressed>;

/// How the threads rouse each other; see the threads' owners.
struct Wakes {
  std::function<void(WebId)> servant;  ///< called on the control thread
  std::function<void()> control;       ///< called on any thread: deliver() is due
};

/// An id that no longer runs is a normal miss: nothing happens. Counters: streams_opened, streams_refused_full, and
/// StreamCounters.
class Streams final : private TimerTarget {
 public:
  using Sink = std::function<void(const Event&, TimePoint)>;
  static constexpr std::size_t streams_max = 500;
  /// Without a socket, and without frames on the control socket.
  static constexpr Duration idle_max = seconds(30);
  static constexpr std::string_view path = "/rwi/v1/media/";  ///< of media sockets, before the id

  struct Parts {
    media::Plane& plane;
    TimerWheel& timers;
    Random& random;
    Counters& counters;
    DialledPrograms& programs;
  };
  struct Opened {
    StreamId id;
    std::shared_ptr<media::FeedRing> feed;  ///< to be played where the call sits; null: the program only listens
  };

  /// What `parts` refer to outlives this.
  Streams(Parts parts, Wakes wakes, Sink sink);
  ~Streams() override;
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  /// A stream whose program opens the media socket. Nothing: there are too many.
  std::optional<Opened> open(SessionSettings settings, const Source& source, TimePoint now);
  /// One whose program is dialled.
  std::optional<Opened> dial(const BridgeTarget& target, BridgeFacts facts, const Source& source, TimePoint now);
  /// The call sits in another mixer from now on; the ring to be played there, or null.
  std::shared_ptr<media::FeedRing> follow(const StreamId& id, const Source& source, TimePoint now);
  void set_caller(const StreamId& id, PortId caller, TimePoint now);
  void press(const StreamId& id, char digit, TimePoint now);
  /// Told to the program; nothing is told here.
  void stop(const StreamId& id, std::string_view reason, TimePoint now);

  bool is_open(std::string_view id) const;
  /// For whoever opens the media socket; null: there is no such stream, or it has one.
  std::unique_ptr<WebServant> take(std::string_view id, WebId socket);
  /// A binary frame of the control socket, for a stream without a media socket. The error is one line.
  Result<void, std::string> on_frame(const StreamId& id, const MediaFrame& frame, TimePoint now);

  /// After wakes.control(): gives events to the sink. False when there was nothing.
  bool deliver(TimePoint now);
  /// Those whose sessions have not come back are counted.
  std::size_t size() const { return running_.size(); }

 private:
  struct Running {
    SessionSettings settings;
    std::unique_ptr<Session> session;  // while it has no socket
    std::shared_ptr<Line> line = std::make_shared<Line>();
    WebId socket;
    bool dialled = false, stopped = false;
    media::TapId tap;
    Source source;
    TimePoint idle_since{};
    TimerId timer;
  };

  void on_timer(std::uint64_t token, TimePoint now) override;
  std::optional<Opened> begin(SessionSettings settings, const Source& source, TimePoint now);
  Follow connect(Running& running, const Source& source);
  void close_tap(Running& running);
  void order(Running& running, Order order, TimePoint now);
  void work(const StreamId& id, Running& running, TimePoint now);
  void end(const StreamId& id, const std::string& reason, TimePoint now);
  void forget(const StreamId& id);
  Running* find(std::string_view id);
  Attached attach(Running& running);
  void take_news(const StreamId& id, Running& running, News news, TimePoint now);

  Parts parts_;
  const Wakes wakes_;
  const Sink sink_;
  StreamCounters counters_;
  Counter& opened_;
  Counter& refused_;
  std::unordered_map<StreamId, Running> running_;
};

}  // namespace junctor::stream
