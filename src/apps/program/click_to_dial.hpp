#pragma once
// A call from one party to another that somebody else asks for: rings the one, and connects it to the other.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "apps/dial.hpp"
#include "apps/program/destinations.hpp"
#include "apps/program/vocabulary.hpp"
#include "call/calls.hpp"

namespace junctor::apps::program {

class ClickToDial {
 public:
  struct Parts {
    call::Calls& calls;
    Dialler& dialler;
    Destinations& destinations;
  };
  /// Once: when the first INVITE to `from` is on the wire, or why there is none.
  using Told = std::function<void(Result<CallId, Failure>)>;

  explicit ClickToDial(Parts parts) : parts_(parts) {}

  /// Both as in Destinations::resolve(). `from` is shown whom it is about to talk to; once it has answered, `to` is
  /// rung in its name, and `from` hears it ring, or what is said there before the answer. Whoever then hangs up ends
  /// the call.
  void start(const std::string& from, const std::string& to, Told told, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {  // until both are there
    std::string from, to;
    Told told;
    LegId first;
    std::optional<media::PlayId> ringback;
    std::unique_ptr<call::Mixer> early;  // with whom rings, while there is something to be heard
  };

  void ring(CallId id, const std::string& whom, const std::string& shown, LegId like,
            std::function<void(LegId, TimePoint)> answered, TimePoint now);
  void on_first(CallId id, LegId leg, TimePoint now);
  void on_second(CallId id, LegId leg, TimePoint now);
  void on_ringing(CallId id, Waiting& waiting, const call::LegRinging& ringing, TimePoint now);
  void end_ringback(CallId id, Waiting& waiting, TimePoint now);
  void on_failed(CallId id, const call::Cause& why, TimePoint now);

  Parts parts_;
  std::map<CallId, Waiting> waiting_;
};

}  // namespace junctor::apps::program
