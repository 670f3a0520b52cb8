#pragma once
// RWI commands about sessions: who is told what, and who controls which call.
#include "apps/program/vocabulary.hpp"

namespace junctor::control {

using apps::program::CallRef;
using apps::program::CommandInfo;
using apps::program::NoData;
using apps::program::OwnCall;
using apps::program::Scope;
using apps::program::SeenCall;

/// How much of the calls of a context a session is told and may do.
enum class Level : std::uint8_t {
  events_only,  ///< that they come, are answered and end; nothing may be done
  control,      ///< everything of its own calls but messages inside the dialog
  full_control  ///< these, too
};
constexpr std::array<std::string_view, 3> words(Level) {
  return {"events_only", "control", "full_control"};
}

struct SessionSubscribe {
  static constexpr std::size_t contexts_max = 256;
  static constexpr CommandInfo info{"session.subscribe", "Subscribe", Scope::none,
                                    "Inbound calls of these contexts are offered to the session.", "at once"};
  std::vector<std::string> contexts;
  std::optional<Level> level;
  std::optional<std::vector<std::string>> events;
  std::optional<std::string> dialect;
  struct Done {
    std::vector<std::string> contexts;
    Level level = Level::control;
    std::vector<std::string> events;
    std::string dialect;
    std::string session_id;
    std::string resume_secret;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("contexts", "all that the session follows"), s.contexts);
      visit(Field("level", "of these"), s.level);
      visit(Field("events", "the filter; empty: none"), s.events);
      visit(Field("dialect", "seed or flat"), s.dialect);
      visit(Field("session_id", "names the session"), s.session_id);
      visit(Field("resume_secret", "for session.resume, to take calls back"), s.resume_secret);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("contexts", "names; * for all, queue:ID, conference:ID").between(0, contexts_max), s.contexts);
    visit(Field("level", "how much"), s.level);
    visit(Field("events", "only events of these names are sent; empty: all").between(0, 256), s.events);
    visit(Field("dialect", "seed or flat"), s.dialect);
  }
};

struct SessionUnsubscribe {
  static constexpr CommandInfo info{"session.unsubscribe", "Unsubscribe", Scope::none, "Ends following these contexts.",
                                    "at once"};
  std::vector<std::string> contexts;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("contexts", "names; those that were not followed do no harm").between(0, 256), s.contexts);
  }
};

enum class ListScope : std::uint8_t { own, context, all };
constexpr std::array<std::string_view, 3> words(ListScope) {
  return {"own", "context", "all"};
}

struct ListedCall {
  CallRef call_id;
  CallRef session_id;  ///< the same: what older clients read
  std::optional<std::string> id;
  std::optional<std::string> caller, callee;
  std::string direction, status, started_at;
  std::optional<std::string> answered_at;
  std::optional<std::string> owner, context;
  std::string mode;
  bool held = false;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").not_flat(), s.call_id);
    visit(Field("session_id", "the call, too"), s.session_id);
    visit(Field("id", "the hub's own id").not_flat(), s.id);
    visit(Field("caller", "who calls"), s.caller);
    visit(Field("callee", "who is called"), s.callee);
    visit(Field("direction", "inbound, outbound or internal"), s.direction);
    visit(Field("status", "ringing or talking"), s.status);
    visit(Field("started_at", "RFC 3339"), s.started_at);
    visit(Field("answered_at", "RFC 3339; null: not yet"), s.answered_at);
    visit(Field("owner", "the session that controls it").not_flat(), s.owner);
    visit(Field("context", "it was routed to").not_flat(), s.context);
    visit(Field("mode", "offered, owned, unowned or orphaned").not_flat(), s.mode);
    visit(Field("held", "its far end is on hold").not_flat(), s.held);
  }
};

struct SessionListCalls {
  static constexpr CommandInfo info{"session.list_calls", "ListCalls", Scope::none,
                                    "The session's calls, newest first.", "at once"};
  ListScope scope = ListScope::own;
  std::uint32_t limit = 100;
  struct Done {
    std::vector<ListedCall> items;  ///< sent as a bare array
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("items", "the calls"), s.items);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("scope", "own; context: those that wait for anybody, too; all: as far as the token may see"), s.scope);
    visit(Field("limit", "at most so many").between(1, 1000), s.limit);
  }
};

enum class AttachMode : std::uint8_t { control, listen, whisper, barge };
constexpr std::array<std::string_view, 4> words(AttachMode) {
  return {"control", "listen", "whisper", "barge"};
}

struct SessionAttachCall {
  static constexpr CommandInfo info{"session.attach_call", "AttachCall", Scope::none,
                                    "The session controls a call that nobody does, or watches one.", "at once"};
  SeenCall call_id;
  AttachMode mode = AttachMode::control;
  bool force = false;
  struct Done {
    CallRef call_id;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("call_id", "the call"), s.call_id);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("mode", "control, or what a supervisor does"), s.mode);
    visit(Field("force", "take it from whoever controls it; needs supervisor.control"), s.force);
  }
};

struct SessionDetachCall {
  static constexpr CommandInfo info{"session.detach_call", "DetachCall", Scope::none,
                                    "The session lets a call go, which goes on.", "at once"};
  SeenCall call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
  }
};

/// What was told since; each of `events` is {"sequence", "timestamp", "call_id", "event"}.
struct Replay {
  std::uint64_t replayed_count = 0;
  std::uint64_t current_sequence = 0;
  bool complete = true;
  std::vector<apps::program::JsonText> events;
  std::vector<CallRef> reclaimed;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("replayed_count", "how many events follow"), s.replayed_count);
    visit(Field("current_sequence", "the seq of the last one"), s.current_sequence);
    visit(Field("complete", "false: some are not kept any more; see session.list_calls").not_flat(), s.complete);
    visit(Field("events", "oldest first"), s.events);
    visit(Field("reclaimed", "orphaned calls that the session controls again").not_flat(), s.reclaimed);
  }
};

struct SessionResume {
  static constexpr CommandInfo info{"session.resume", "Resume", Scope::none,
                                    "What the token's sessions were told since, and its orphaned calls.", "at once"};
  std::uint64_t last_sequence = 0;
  std::string resume_secret;
  using Done = Replay;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("last_sequence", "the seq of the last event that was seen"), s.last_sequence);
    visit(Field("resume_secret", "of the session that is gone"), s.resume_secret);
  }
};

struct CallResume {
  static constexpr CommandInfo info{"call.resume", "CallResume", Scope::call,
                                    "The same of one call, which is taken back if it is orphaned.", "at once"};
  SeenCall call_id;
  std::uint64_t last_sequence = 0;
  std::string resume_secret;
  using Done = Replay;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("last_sequence", "the seq of the last event that was seen"), s.last_sequence);
    visit(Field("resume_secret", "of the session that is gone"), s.resume_secret);
  }
};

struct SessionPing {
  static constexpr CommandInfo info{"session.ping", "Ping", Scope::none, "Whether the hub is there.", "at once"};
  struct Done {
    std::string ts;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("ts", "RFC 3339"), s.ts);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

}  // namespace junctor::control
