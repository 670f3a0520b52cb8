#pragma once
// What every scenario needs: a world, a call that is up, and the books in order at the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "sim/sim.hpp"

namespace junctor::sim {

using namespace std::chrono_literals;
using sip::HeaderId;
using sip::Method;
using sip::sdp::Direction;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// `caller` dials `to`, `called` rings and picks up; true when both are in the call.
inline bool connect(Sim& sim, Phone& caller, Phone& called, const std::string& to, DialOptions options = {}) {
  caller.dial(to, std::move(options));
  if (!sim.until(5s, [&] { return called.ringing() && caller.ringback(); })) return false;
  called.answer();
  return sim.until(5s, [&] { return caller.up() && called.up(); });
}
inline bool connect(Sim& sim, Phone& caller, Phone& called) {
  return connect(sim, caller, called, called.user());
}

/// Both speak, and both hear the other.
inline bool talk(Sim& sim, Line& a, Line& b) {
  a.speak(440);
  b.speak(880);
  return sim.until(3s, [&] { return a.hears(880) && b.hears(440); });
}
inline bool talk(Sim& sim, Phone& a, Phone& b) {
  return talk(sim, a.line(), b.line());
}

/// The one record of the call, after the last row was written.
inline const store::CallRecord* record(Sim& sim, const Line& line) {
  sim.until(5s, [&] {
    const auto* r = sim.record_of(line);
    return r && r->call.disposition != store::Disposition::open;
  });
  return sim.record_of(line);
}

}  // namespace junctor::sim
