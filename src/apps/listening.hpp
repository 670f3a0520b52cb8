#pragma once
// What listens to a call, or speaks to it, follows the call from mixer to mixer: legs come and go, are transferred,
// held, bridged with others. While it lasts, the call sits in a mixer.
#include <optional>

#include "call/call.hpp"
#include "call/mixer.hpp"
#include "media/media.hpp"

namespace junctor::apps {

/// The first leg of the call that is up and sits somewhere; null: none is.
call::Leg* first_up(call::Call* call);

class Listening {
 public:
  /// The leg sits in a mixer.
  explicit Listening(call::Leg& leg);

  /// Where the leg sits now. True: in another mixer than before.
  bool follow(call::Leg& leg);

  media::MixerId mixer() const { return id_; }
  std::uint32_t rate() const { return rate_; }  ///< the mixer's

 private:
  call::Mixer::Hold hold_;
  media::MixerId id_;
  std::uint32_t rate_ = 0;
};

}  // namespace junctor::apps
