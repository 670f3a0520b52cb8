#pragma once
// Conference rooms that are dialled: everybody hears all others. A room is there while somebody is in it.
//
//   dialled → answered → (PIN) → inside;   *1 mutes and unmutes oneself
//
// Where there is a moderator's PIN, the others wait with music until a moderator comes.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/call_recording.hpp"
#include "apps/hold_music.hpp"
#include "apps/office.hpp"
#include "apps/prompts.hpp"
#include "base/timer_wheel.hpp"
#include "call/calls.hpp"

namespace junctor::apps {

class Conferences final : public TimerTarget {
 public:
  static constexpr std::size_t members_max = 1000;  ///< of one room
  static constexpr int tries_max = 3;               ///< of a PIN
  static constexpr seconds pin_time{30};            ///< for entering it, all tries together
  static constexpr std::size_t pin_digits_max = 32;

  Conferences(call::Calls& calls, HoldMusic& music, Prompts& prompts, CallRecording& recording, TimerWheel& timers)
      : calls_(calls), music_(music), prompts_(prompts), recording_(recording), timers_(timers) {}
  ~Conferences() override;

  /// Answers a waiting leg and lets it in; nothing, or why not.
  std::optional<call::Cause> join(CallId call, LegId leg, const ConferenceRoom& room, TimePoint now);
  /// A leg that is up comes in without being asked for a PIN: who is in brought it.
  std::optional<call::Cause> bring(CallId call, LegId leg, const ConferenceRoom& room, TimePoint now);

  /// A leg that was brought goes out and is alone; nothing happens if it is in no room.
  void release(LegId leg, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  void on_timer(std::uint64_t token, TimePoint now) override;

  std::size_t rooms() const { return rooms_.size(); }

 private:
  enum class Phase : std::uint8_t { answering, pin, inside };
  struct Member {
    CallId call;
    LegId leg;
    Phase phase = Phase::answering;
    bool moderator = false;
    bool muted = false;
    std::string digits;
    int tries = 0;
    TimerId timer;
  };
  struct Room {
    ConferenceRoom settings;  // as it was when the first one came
    std::unique_ptr<call::Mixer> mixer;
    std::vector<Member> members;
    bool waiting = false;  // for a moderator
    recording::RecordingId recording;
  };
  struct Place {
    Room* room = nullptr;
    Member* member = nullptr;
  };

  Place find(LegId leg);
  call::Leg* leg_of(const Member& member);
  std::optional<call::Cause> add(CallId call, LegId leg, const ConferenceRoom& settings, Phase phase, TimePoint now);
  void on_answered(Room& room, Member& member, TimePoint now);
  void on_digit(Room& room, Member& member, char digit, TimePoint now);
  void check_pin(Room& room, Member& member, bool complete, TimePoint now);
  void enter(Room& room, Member& member, TimePoint now);
  void tell(const Member& member, Prompt prompt, media::Play beeps, TimePoint now);
  void wait_for_moderator(const Member& member, TimePoint now);
  void apply_voice(Room& room, const Member& member);
  void apply_voices(Room& room);
  void leave(LegId leg, TimePoint now);

  call::Calls& calls_;
  HoldMusic& music_;
  Prompts& prompts_;
  CallRecording& recording_;
  TimerWheel& timers_;
  std::map<std::string, Room> rooms_;  // by name
};

}  // namespace junctor::apps
