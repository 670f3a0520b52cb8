#pragma once
// What one leg says, to the engine and back, on the transcriber's thread. The connection comes and goes; sound is kept
// until the engine has said its last word about it, so that a new connection takes up where the old one was cut.
//
//   hear() ─▶ kept blocks ─▶ WebSocket ─▶ engine
//   events ◀─ time of a sample of this connection ◀─ results
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/counters.hpp"
#include "base/time.hpp"
#include "base/web_socket.hpp"
#include "transcription/engine.hpp"
#include "transcription/transcription.hpp"

namespace junctor::transcription {

struct StreamCounters {
  explicit StreamCounters(Counters& counters)
      : lost_ms(counters.get("transcription_lost_ms")),
        reconnects(counters.get("transcription_reconnects")),
        bad_messages(counters.get("transcription_bad_messages")),
        segments(counters.get("transcription_segments")) {}

  Counter& lost_ms;       ///< of sound that no engine was given
  Counter& reconnects;    ///< tries after the first
  Counter& bad_messages;  ///< of engines, not understood
  Counter& segments;      ///< final ones
};

class Stream final : private WebSocketSink {
 public:
  static constexpr Duration kept_max = seconds(5);  ///< of sound that has no final result; older sound goes
  static constexpr std::size_t unsent_max = std::size_t{64} << 10;  ///< bytes given to a connection that waits
  static constexpr Duration retry_min = seconds(1), retry_max = seconds(30);  ///< doubled each time
  static constexpr Duration quiet_max = seconds(5);                           ///< without sound: then a keep-alive
  static constexpr Duration stalled_max = seconds(15);      ///< the engine takes nothing: then a new connection
  static constexpr Duration last_results_max = seconds(5);  ///< after finish()

  struct Parts {
    WebSockets& sockets;
    const Engine& engine;
    StreamCounters& counters;
  };

  /// `rate`: of what hear() gets, Hz. Times in events are from `origin` on.
  Stream(const Parts& parts, TranscriptionId id, Speaker speaker, std::uint32_t rate, TimePoint origin);
  ~Stream() override;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  const Speaker& speaker() const { return speaker_; }
  void set_port(PortId port) { speaker_.port = port; }

  void hear(TimePoint at, std::span<const std::int16_t> samples);
  /// It said something in between that nobody has.
  void miss(TimePoint from, TimePoint to);
  /// No more sound comes. What is under way is waited for a little.
  void finish(TimePoint now);

  /// Does what is due. Events are appended.
  void work(TimePoint now, std::vector<Event>& events);
  bool was_open() const { return was_open_; }
  bool done() const { return state_ == State::done; }
  /// Why the engine does not let us in; empty: it does, or is not there.
  const std::string& refusal() const { return refusal_; }

 private:
  enum class State : std::uint8_t { waiting, opening, open, done };
  struct Block {
    TimePoint at;
    std::vector<std::int16_t> samples;
  };
  /// Where in the sound of this connection a stretch without a gap begins.
  struct Anchor {
    std::uint64_t sample = 0;
    TimePoint at;
  };
  struct Gap {
    TimePoint from, to;
    Duration length{};
  };
  static constexpr std::size_t anchors_max = 256;
  static constexpr Duration message_length = milliseconds(100);

  void on_open(WebSocketId id, TimePoint now) override;
  void on_text(WebSocketId id, std::string_view message, TimePoint now) override;
  void on_binary(WebSocketId, std::string_view, TimePoint) override { parts_.counters.bad_messages.add(); }
  void on_closed(WebSocketId id, const WebSocketEnd& end, TimePoint now) override;

  void take(const EngineResult& result);
  void connect();
  void drop(const std::string& why, TimePoint now);
  void send(TimePoint now);
  void send_message(TimePoint now);
  void end_sound();
  void become_done();
  void tell_lost();
  void forget_until(TimePoint time);
  void forget_oldest();

  Duration length_of(std::size_t samples) const {
    return Duration(std::int64_t{1'000'000'000} * static_cast<std::int64_t>(samples) / rate_);
  }
  TimePoint end_of(const Block& block) const { return block.at + length_of(block.samples.size()); }
  TimePoint time_of(std::uint64_t sample) const;
  std::uint64_t sample_of(double secs) const;
  milliseconds since_origin(TimePoint time) const;

  const Parts parts_;
  const TranscriptionId id_;
  Speaker speaker_;
  const std::int64_t rate_;
  const TimePoint origin_;

  State state_ = State::waiting;
  WebSocketId socket_;
  TimePoint retry_at_{};  // zero: at once
  Duration retry_ = retry_min;
  bool was_open_ = false, in_trouble_ = false;
  std::string refusal_;

  std::deque<Block> kept_;
  std::size_t sent_ = 0;  // of kept_, on this connection
  std::deque<Anchor> anchors_;
  std::uint64_t samples_sent_ = 0;  // on this connection
  TimePoint settled_{};             // the last final result's end; zero: none on this connection
  TimePoint last_sent_{};
  std::optional<TimePoint> stalled_since_;
  std::optional<Gap> lost_;

  std::optional<TimePoint> finish_until_;
  bool ended_sound_ = false;
  std::vector<Event> events_;
};

}  // namespace junctor::transcription
