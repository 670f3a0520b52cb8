#pragma once
// Music for who waits: held by the other side, or parked, or alone in a conference.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/io.hpp"
#include "base/log.hpp"
#include "call/calls.hpp"
#include "media/sounds.hpp"

namespace junctor::apps {

class HoldMusic {
 public:
  HoldMusic(call::Calls& calls, media::Sounds& sounds, JobRunner& jobs, Log& log)
      : calls_(calls), sounds_(sounds), jobs_(jobs), log_(log) {}
  ~HoldMusic() { *alive_ = false; }
  HoldMusic(const HoldMusic&) = delete;
  HoldMusic& operator=(const HoldMusic&) = delete;

  /// "builtin", the path of a file, or "" for silence; what plays already goes on as it is. It is made or decoded when
  /// it is first wanted; where that fails (a log line says why), there is silence.
  void set_source(const std::string& source);

  /// For the leg alone, until stop() or until it is brought together with another one.
  void start(CallId call, LegId leg, TimePoint now);
  void stop(LegId leg);

  void on_call_event(const call::Event& event, TimePoint now);

 private:
  static constexpr std::array<std::uint32_t, 3> rates = {8000, 16000, 48000};
  struct AtRate {
    std::shared_ptr<const media::Sound> sound;
    bool wanted = false;  // it is made, or was not to be had
  };
  struct Playing {
    CallId call;
    media::PlayId play;  // none: the sound is not there yet
    LegId holder;        // who is not heard meanwhile; none: nobody holds
  };

  void begin_hold(CallId call, LegId holder, TimePoint now);
  std::shared_ptr<const media::Sound> sound_at(std::uint32_t rate, TimePoint now);
  void take(std::size_t index, const std::string& source, const media::Sounds::Loaded& loaded, TimePoint now);
  media::PlayId play_in(call::Mixer& mixer, PortId to, TimePoint now);
  void begin(LegId leg, Playing& playing, TimePoint now);

  call::Calls& calls_;
  media::Sounds& sounds_;
  JobRunner& jobs_;
  Log& log_;
  std::string source_;
  std::array<AtRate, rates.size()> at_rates_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // jobs may come back after this is gone
  std::unordered_map<LegId, Playing> playing_;                  // by who hears it
};

}  // namespace junctor::apps
