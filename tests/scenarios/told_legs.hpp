#pragma once
// For scenarios in which an app tells a leg what to do inside its dialog.
#include <vector>

#include "scenario.hpp"

namespace junctor::sim {

struct Place {
  CallId call;
  LegId leg;
};

/// The hub's side of that line.
inline Place place_of(Sim& sim, const Line& line) {
  Place out;
  sim.hub().core().calls().for_each([&](const call::Call& call) {
    for (const auto& leg : call.legs())
      if (leg->sip_call_id() == line.call_id()) out = {call.id(), leg->id()};
  });
  return out;
}
inline const call::Leg* leg_of(Sim& sim, const Place& place) {
  call::Call* const call = sim.hub().core().calls().find(place.call);
  return call == nullptr ? nullptr : call->leg(place.leg);
}

/// What was told, and how often.
struct Replies {
  std::vector<call::Reply> all;
  call::Replied callback() {
    return [this](const call::Reply& reply, TimePoint) { all.push_back(reply); };
  }
  bool any() const { return !all.empty(); }
  int status() const { return all.empty() ? -1 : all.back().status; }
};

}  // namespace junctor::sim
