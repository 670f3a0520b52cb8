#pragma once
// The journal of calls: a row when a call starts, its answer, and the whole record when it ends. The caller hears
// nothing but 100 before the first row is safe.
#include "apps/call_recording.hpp"
#include "base/time.hpp"
#include "call/calls.hpp"
#include "store/store.hpp"

namespace junctor::apps {

class Records final : public store::AckTarget {
 public:
  Records(call::Calls& calls, const CallRecording& recording, store::Store& store, const WallClock& wall)
      : calls_(calls), recording_(recording), store_(store), wall_(wall) {}

  void on_call_event(const call::Event& event, TimePoint now);
  /// What became of a recording comes after its call's end, or years later.
  void on_recording_event(const recording::Event& event, TimePoint now);
  void on_stored(std::uint64_t token, bool ok, TimePoint now) override;

  store::CallRow row_of(const call::Call& call) const;
  std::vector<store::LegRow> legs_of(const call::Call& call) const;

 private:
  std::int64_t ms(TimePoint t) const { return wall_.at(t).time_since_epoch().count(); }
  std::int64_t ms(const std::optional<TimePoint>& t) const { return t ? ms(*t) : 0; }

  call::Calls& calls_;
  const CallRecording& recording_;
  store::Store& store_;
  const WallClock& wall_;
};

}  // namespace junctor::apps
