#pragma once
// What the hub says to people.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "call/calls.hpp"
#include "media/speech.hpp"

namespace junctor::apps {

enum class Prompt : std::uint8_t {
  conference_pin,
  conference_wrong_pin,
  conference_wait,
  conference_muted,
  conference_unmuted,
  voicemail_greeting,
  voicemail_pin,
  voicemail_no_messages,
  menu_invalid,
  menu_timeout,
  goodbye,
};
constexpr std::size_t prompt_count = 11;

/// The name of the file that is heard instead of the text (without ".wav"), and the text.
media::Utterance utterance(Prompt prompt);

class Prompts {
 public:
  using Done = std::function<void(TimePoint now)>;

  Prompts(call::Calls& calls, media::Speech& speech) : calls_(calls), speech_(speech) {}
  ~Prompts() { *alive_ = false; }
  Prompts(const Prompts&) = delete;
  Prompts& operator=(const Prompts&) = delete;

  /// To this leg alone, which has an open port, in whatever mixer it is when the sound is there; what it was being told
  /// before is stopped. Where the sound is not to be had, `instead` is played. `done` is told once, after the end or at
  /// once when there is nothing to play; never when it was stopped or the leg is gone.
  void play(CallId call, LegId leg, Prompt prompt, std::optional<media::Play> instead, TimePoint now,
            Done done = nullptr);
  void stop(LegId leg);

  void on_call_event(const call::Event& event);

 private:
  struct Telling {
    CallId call;
    std::uint64_t number = 0;  // tells it from earlier ones to the same leg
    Prompt prompt{};
    std::optional<media::Play> instead;
    Done done;
    std::optional<media::PlayId> play;  // none: the sound is not there yet
  };

  Telling* find(LegId leg, std::uint64_t number);
  call::Leg* leg_of(LegId leg, const Telling& telling);
  void ask(LegId leg, const Telling& telling, TimePoint now);
  void arrive(LegId leg, std::uint64_t number, std::uint32_t rate, const media::Sounds::Loaded& loaded, TimePoint now);
  void begin(LegId leg, Telling& telling, call::Mixer& mixer, media::Play play);
  void end(LegId leg, std::uint64_t number, TimePoint now);

  call::Calls& calls_;
  media::Speech& speech_;
  std::unordered_map<LegId, Telling> telling_;
  std::uint64_t last_number_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // jobs may come back after this is gone
};

}  // namespace junctor::apps
