#include "apps/prompts.hpp"

#include <array>
#include <utility>

namespace junctor::apps {
namespace {

struct Line {
  const char* name;
  const char* text;
};

/// In the order of Prompt.
constexpr std::array<Line, prompt_count> english = {{
    {"conference-pin", "Please enter the PIN, followed by the pound key."},
    {"conference-wrong-pin", "That PIN is wrong. Please try again."},
    {"conference-wait", "Please wait for the moderator."},
    {"conference-muted", "You are now muted."},
    {"conference-unmuted", "You are no longer muted."},
    {"voicemail-greeting", "Nobody can take your call now. Please leave a message after the tone."},
    {"voicemail-pin", "Please enter your PIN, followed by the pound key."},
    {"voicemail-no-messages", "You have no messages."},
    {"menu-invalid", "That is not one of the choices."},
    {"menu-timeout", "Nothing was entered."},
    {"goodbye", "Goodbye."},
}};

}  // namespace

media::Utterance utterance(Prompt prompt) {
  const Line& line = english[static_cast<std::size_t>(prompt)];
  return {line.name, line.text};
}

Prompts::Telling* Prompts::find(LegId leg, std::uint64_t number) {
  const auto at = telling_.find(leg);
  return at == telling_.end() || at->second.number != number ? nullptr : &at->second;
}

/// Null: it cannot hear anything.
call::Leg* Prompts::leg_of(LegId leg_id, const Telling& telling) {
  call::Call* const call = calls_.find(telling.call);
  call::Leg* const leg = call == nullptr ? nullptr : call->leg(leg_id);
  return leg != nullptr && leg->port_is_open() ? leg : nullptr;
}

void Prompts::play(CallId call, LegId leg, Prompt prompt, std::optional<media::Play> instead, TimePoint now,
                   Done done) {
  stop(leg);
  const Telling telling{.call = call,
                        .number = ++last_number_,
                        .prompt = prompt,
                        .instead = std::move(instead),
                        .done = std::move(done),
                        .play = std::nullopt};
  telling_.emplace(leg, telling);
  ask(leg, telling, now);
}

void Prompts::ask(LegId leg_id, const Telling& telling, TimePoint now) {
  call::Leg* const leg = leg_of(leg_id, telling);
  if (leg == nullptr) {
    telling_.erase(leg_id);
    return;
  }
  call::Mixer& mixer = calls_.find(telling.call)->own_mixer(*leg);
  mixer.add_need(call::Need::playing);  // now its rate is known
  const std::uint32_t rate = mixer.rate();
  mixer.drop_need(call::Need::playing);
  speech_.get(
      utterance(telling.prompt), rate,
      [this, leg_id, number = telling.number, rate, alive = alive_](const media::Sounds::Loaded& loaded,
                                                                    TimePoint then) {
        if (*alive) arrive(leg_id, number, rate, loaded, then);
      },
      now);
}

void Prompts::arrive(LegId leg_id, std::uint64_t number, std::uint32_t rate, const media::Sounds::Loaded& loaded,
                     TimePoint now) {
  Telling* const telling = find(leg_id, number);
  if (telling == nullptr) return;
  const call::Calls::Turn turn(calls_, now);
  call::Leg* const leg = leg_of(leg_id, *telling);
  if (leg == nullptr) {
    telling_.erase(leg_id);
    return;
  }
  if (!loaded && !telling->instead) return end(leg_id, number, now);
  call::Mixer& mixer = calls_.find(telling->call)->own_mixer(*leg);
  if (!loaded) return begin(leg_id, *telling, mixer, *telling->instead);
  mixer.add_need(call::Need::playing);
  if (mixer.rate() == rate) {
    media::Play play;
    play.what = media::Play::Sounds{*loaded};
    begin(leg_id, *telling, mixer, std::move(play));
  } else {
    ask(leg_id, Telling(*telling), now);  // it has moved to another mixer meanwhile
  }
  mixer.drop_need(call::Need::playing);
}

void Prompts::begin(LegId leg_id, Telling& telling, call::Mixer& mixer, media::Play play) {
  play.to = leg_of(leg_id, telling)->port()->id;
  telling.play = mixer.play(std::move(play),
                            [this, leg_id, number = telling.number, alive = alive_](media::PlayEnd, TimePoint then) {
                              if (*alive) end(leg_id, number, then);
                            });
}

void Prompts::end(LegId leg, std::uint64_t number, TimePoint now) {
  const Telling* const telling = find(leg, number);
  if (telling == nullptr) return;
  const Done done = telling->done;
  telling_.erase(leg);
  const call::Calls::Turn turn(calls_, now);
  if (done) done(now);
}

void Prompts::stop(LegId leg_id) {
  const auto at = telling_.find(leg_id);
  if (at == telling_.end()) return;
  const Telling telling = std::move(at->second);
  telling_.erase(at);
  const call::Leg* const leg = leg_of(leg_id, telling);
  if (telling.play && leg != nullptr && leg->mixer != nullptr) leg->mixer->stop(*telling.play);
}

void Prompts::on_call_event(const call::Event& event) {
  if (const auto* gone = std::get_if<call::LegGone>(&event.body)) {
    telling_.erase(gone->leg);
  } else if (std::holds_alternative<call::Ended>(event.body)) {
    std::erase_if(telling_, [&](const auto& each) { return each.second.call == event.call; });
  }
}

}  // namespace junctor::apps
