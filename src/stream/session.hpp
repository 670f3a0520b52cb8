#pragma once
// One stream: frames in, frames out, and between them the rings of the mixer in which the call sits. It belongs to the
// thread of its socket while there is one, and to the control thread else; nobody looks at it meanwhile.
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "stream/capture.hpp"
#include "stream/coders.hpp"
#include "stream/playout.hpp"
#include "stream/stream.hpp"
#include "stream/text_frames.hpp"

namespace junctor::stream {

struct StreamCounters {
  explicit StreamCounters(Counters& counters)
      : bad_frames(counters.get("stream_bad_frames")),
        unwanted_frames(counters.get("stream_unwanted_frames")),
        lost_frames(counters.get("stream_lost_frames")),
        overflow_ms(counters.get("stream_overflow_ms")),
        shortened_ms(counters.get("stream_shortened_ms")) {}

  Counter& bad_frames;       ///< of programs, not understood
  Counter& unwanted_frames;  ///< sound of programs that only listen
  Counter& lost_frames;      ///< for programs that do not take them
  Counter& overflow_ms;      ///< of programs' sound for which there was no room
  Counter& shortened_ms;     ///< of programs' sound, taken out so that a delay ended
};

struct SessionSettings {
  Direction direction = Direction::sendrecv;
  Format format;
  Dialect dialect = Dialect::media;
  BridgeFacts facts;
  PlayoutSettings playout;
};

// What the control side says.

/// Where the call sits from now on. Each may be null: the direction does not need it.
struct Follow {
  std::shared_ptr<media::TapRing> tap;
  std::shared_ptr<media::FeedRing> feed;
  PortId caller;
};
/// Somebody in the call pressed a key.
struct Pressed {
  char digit = 0;
};
struct Stop {
  std::string reason;
};
using Order = std::variant<Follow, Pressed, Stop>;

/// Where frames go.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual void send_text(std::string frame) = 0;
  virtual void send_binary(std::string frame) = 0;
  /// Bytes that were given and have not left.
  virtual std::size_t unsent() const = 0;
};

class Session {
 public:
  /// A tick is read when it is surely there, and looked for again when it is not.
  static constexpr Duration tick_slack = milliseconds(2);
  /// Of frames that a program does not take; the oldest go.
  static constexpr Duration held_max = seconds(2);
  /// Of frames, given to a connection that waits.
  static constexpr Duration unsent_max = milliseconds(200);

  Session(SessionSettings settings, StreamCounters& counters);

  const SessionSettings& settings() const { return settings_; }

  /// There is a socket. `sink` outlives close().
  void open(FrameSink& sink, TimePoint now);
  void close() { sink_ = nullptr; }
  void on_text(std::string_view frame, TimePoint now);
  void on_binary(std::string_view frame, TimePoint now);
  void apply(Order order, TimePoint now);
  /// Does what is due, and says when it wants to be called again at the latest.
  std::optional<TimePoint> work(TimePoint now);

  /// Keys for the call, which the program pressed since the last time.
  std::string take_keys() { return std::exchange(keys_, {}); }
  /// Nothing more is said: the socket is to be closed.
  bool over() const { return over_; }

 private:
  void take(const ProgramCommand& command);
  void say(std::string text);
  void send_frames();
  TimePoint next_tick(TimePoint now) const;
  void stop(std::string_view reason);

  const SessionSettings settings_;
  StreamCounters& counters_;
  FrameSink* sink_ = nullptr;
  Capture capture_;
  FrameDecoder decoder_;
  Playout playout_;
  std::vector<std::string> frames_;
  std::deque<std::string> held_;
  std::vector<std::int16_t> samples_;
  std::vector<Receipt> receipts_;
  std::uint64_t overflowed_ = 0, shortened_ = 0;
  std::string keys_;
  bool over_ = false;
};

}  // namespace junctor::stream
