#include "apps/listening.hpp"

namespace junctor::apps {

call::Leg* first_up(call::Call* call) {
  if (call == nullptr) return nullptr;
  for (const auto& leg : call->legs())
    if (leg->is_up() && leg->mixer != nullptr) return leg.get();
  return nullptr;
}

Listening::Listening(call::Leg& leg) {
  follow(leg);
}

bool Listening::follow(call::Leg& leg) {
  if (leg.mixer == nullptr) return false;
  if (hold_.mixer() != leg.mixer) hold_ = call::Mixer::Hold(*leg.mixer, call::Need::recording);
  const auto id = leg.mixer->id();
  if (!id || *id == id_) return false;
  id_ = *id;
  rate_ = leg.mixer->rate();
  return true;
}

}  // namespace junctor::apps
