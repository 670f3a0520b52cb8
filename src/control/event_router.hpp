#pragma once
// Who is told of an event: owners, who watches, to whom a call was offered, who may observe all. Each once, in the form
// that it reads, with the number of its token's stream.
#include <map>
#include <string>
#include <vector>

#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "base/counters.hpp"
#include "base/time.hpp"
#include "base/web.hpp"
#include "control/dialect.hpp"
#include "control/event_log.hpp"
#include "control/session.hpp"

namespace junctor::control {

/// Counters: rwi_events (published), rwi_events_sent, rwi_events_dropped (partial transcripts of slow readers),
/// rwi_sessions_overflowed.
class EventRouter final : public apps::program::EventSink {
 public:
  /// Of a session's output; beyond the first what can be missed is dropped, beyond the second the session is closed.
  static constexpr std::size_t output_soft_max = std::size_t{4} << 20;
  static constexpr std::size_t output_hard_max = std::size_t{12} << 20;

  struct Parts {
    WebServer& web;
    Sessions& sessions;
    apps::program::ProgramCalls& programs;
    EventLog& log;
    const WallClock& wall;
    Counters& counters;
  };
  explicit EventRouter(Parts parts);

  void publish(apps::program::Event event, TimePoint now) override;
  /// An offered call, to a session that has come to follow its context.
  void announce(Session& session, apps::program::ProgramCall& call, TimePoint now);
  /// To one session, beside its token's stream: `data` of an event of the seed's form.
  void tell(Session& session, std::string_view event, boost::json::object data, TimePoint now);
  void send(Session& session, const SharedText& text);
  CallNames names_for(TokenId token) const;

 private:
  struct Audience {
    std::vector<Session*> sessions;
    std::vector<TokenId> also_logged;  // nobody of them is there, but somebody may come back
  };

  Audience audience_of(const apps::program::Event& event);
  void add_offered(Audience& audience, apps::program::ProgramCall& call, const apps::program::EventBody& body);
  void deliver(const apps::program::Event& event, const Audience& audience, TimePoint now);
  void deliver_to(TokenId token, const apps::program::Event& event, std::span<Session* const> sessions, TimePoint now);
  bool is_full(Session& session, const apps::program::EventBody& body, TimePoint now);

  Parts parts_;
  Counter& published_;
  Counter& sent_;
  Counter& dropped_;
  Counter& overflowed_;
};

}  // namespace junctor::control
