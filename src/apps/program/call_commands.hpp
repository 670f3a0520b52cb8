#pragma once
// RWI commands about calls: from the first INVITE to the last BYE.
#include <map>

#include "apps/program/media_commands.hpp"
#include "apps/program/record_commands.hpp"
#include "apps/program/vocabulary.hpp"

namespace junctor::apps::program {

/// What a waiting caller hears of a call that rings.
enum class Ringback : std::uint8_t { none, local, passthrough };
constexpr std::array<std::string_view, 3> words(Ringback) {
  return {"none", "local", "passthrough"};
}

/// How several destinations are tried.
enum class Strategy : std::uint8_t { race, staggered, sequential };
constexpr std::array<std::string_view, 3> words(Strategy) {
  return {"race", "staggered", "sequential"};
}

struct CallOriginate {
  static constexpr CommandInfo info{"call.originate", "Originate", Scope::call,
                                    "Calls one destination, or several of which the first to answer wins.",
                                    "the first INVITE is on the wire"};
  NewCall call_id;
  std::string destination;
  std::vector<std::string> destinations;
  Strategy strategy = Strategy::race;
  std::uint32_t stagger_ms = 5000;
  std::string caller_id;
  std::string caller_name;
  std::uint32_t timeout_secs = 60;
  std::uint32_t max_duration_secs = 0;
  std::map<std::string, std::string> extra_headers;
  std::optional<MediaSource> hold_music;
  std::optional<OwnCall> hold_music_target;
  Ringback ringback = Ringback::none;
  std::optional<OwnCall> ringback_target;
  std::string trunk;
  std::optional<RecordOptions> record;
  std::map<std::string, std::string> variables;

  struct Done {
    CallRef call_id;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("call_id", "the name of the call from now on"), s.call_id);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "a name for the call; without, the hub's own id is its name").up_to_bytes(128), s.call_id);
    visit(Field("destination", "a SIP URI, a tel URI or a number"), s.destination);
    visit(Field("destinations", "several of them, one call").between(0, 16).or_named("targets"), s.destinations);
    visit(Field("strategy", "how several destinations are tried"), s.strategy);
    visit(Field("stagger_ms", "between two destinations, staggered").between(0, 600'000), s.stagger_ms);
    visit(Field("caller_id", "a number or a SIP URI, shown to the destination"), s.caller_id);
    visit(Field("caller_name", "a name for people, shown to the destination").up_to_bytes(128), s.caller_name);
    visit(Field("timeout_secs", "how long it rings").between(1, 3600), s.timeout_secs);
    visit(Field("max_duration_secs", "after its answer the call is ended; 0: it is not").between(0, 2'678'400),
          s.max_duration_secs);
    visit(Field("extra_headers", "of the INVITE").between(0, 32), s.extra_headers);
    visit(Field("hold_music", "what hold_music_target hears until this call is answered"), s.hold_music);
    visit(Field("hold_music_target", "an answered call"), s.hold_music_target);
    visit(Field("ringback", "what ringback_target hears while this call rings"), s.ringback);
    visit(Field("ringback_target", "the call that waits for this one"), s.ringback_target);
    visit(Field("trunk", "the carrier to call through"), s.trunk);
    visit(Field("record", "recorded from its first audio on"), s.record);
    visit(Field("variables", "as with call.set_var").between(0, 64), s.variables);
  }
};

struct CallAnswer {
  static constexpr CommandInfo info{"call.answer", "Answer", Scope::call,
                                    "Answers an inbound call; who is first owns it.", "the 200 is sent"};
  OwnCall call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "a call that was offered").needed(), s.call_id);
  }
};

struct CallReject {
  static constexpr CommandInfo info{"call.reject", "Reject", Scope::call, "Refuses an inbound call.",
                                    "the final response is sent"};
  OwnCall call_id;
  std::string reason;
  std::optional<std::uint32_t> code;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "a call that was offered").needed(), s.call_id);
    visit(Field("reason", "busy, forbidden, not_found, decline or unavailable"), s.reason);
    visit(Field("code", "the SIP status itself").between(300, 699), s.code);
  }
};

struct CallRing {
  static constexpr CommandInfo info{"call.ring", "Ring", Scope::call, "Tells an inbound caller that it rings.",
                                    "the 180 is sent"};
  OwnCall call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "a call that was offered").needed(), s.call_id);
  }
};

struct CallHangup {
  static constexpr CommandInfo info{"call.hangup", "Hangup", Scope::call, "Ends a call, in whatever state it is.",
                                    "BYE, CANCEL or the final response is sent"};
  OwnCall call_id;
  std::string reason;
  std::optional<std::uint32_t> code;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call to end").needed(), s.call_id);
    visit(Field("reason", "a word or line; goes into the Reason header and the event"), s.reason);
    visit(Field("code", "the SIP status, of a call that was not answered, and of the Reason header").between(200, 699),
          s.code);
  }
};

struct CallBridge {
  static constexpr CommandInfo info{"call.bridge", "Bridge", Scope::call, "Two answered calls hear each other.",
                                    "the media plane has joined them"};
  OwnCall leg_a;
  OwnCall leg_b;
  bool hangup_after_bridge = false;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("leg_a", "a call").needed(), s.leg_a);
    visit(Field("leg_b", "another call").needed(), s.leg_b);
    visit(Field("hangup_after_bridge", "when one of them ends, the other one is ended too"), s.hangup_after_bridge);
  }
};

struct CallUnbridge {
  static constexpr CommandInfo info{"call.unbridge", "Unbridge", Scope::call,
                                    "Parts a call from the one that it is bridged with; both stay.",
                                    "the media plane has parted them"};
  OwnCall call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "one of the two").needed(), s.call_id);
  }
};

struct CallSetRingbackSource {
  static constexpr CommandInfo info{"call.set_ringback_source", "SetRingbackSource", Scope::call,
                                    "What comes from a call before its answer is heard by another one.",
                                    "the media plane passes it on, or will with its first early media"};
  OwnCall target_call_id;
  OwnCall source_call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("target_call_id", "who hears it").needed(), s.target_call_id);
    visit(Field("source_call_id", "a call that is ringing").needed(), s.source_call_id);
  }
};

struct CallSetVar {
  static constexpr std::size_t variables_max = 64;
  static constexpr std::size_t value_bytes_max = 4096;
  static constexpr CommandInfo info{"call.set_var", "SetVar", Scope::call, "Keeps a text with a call.", "it is kept"};
  OwnCall call_id;
  std::string key;
  std::string value;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("key", "the variable's name").needed().up_to_bytes(128), s.key);
    visit(Field("value", "its text").needed().up_to_bytes(value_bytes_max), s.value);
  }
};

struct CallGetVar {
  static constexpr CommandInfo info{"call.get_var", "GetVar", Scope::call, "Reads a text that is kept with a call.",
                                    "at once"};
  SeenCall call_id;
  std::string key;
  struct Done {
    std::string key;
    std::optional<std::string> value;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("key", "the variable's name"), s.key);
      visit(Field("value", "its text; null: it was not set").up_to_bytes(CallSetVar::value_bytes_max), s.value);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("key", "the variable's name").needed().up_to_bytes(128), s.key);
  }
};

struct CallSendDtmf {
  static constexpr CommandInfo info{"call.send_dtmf", "SendDtmf", Scope::call, "Presses keys for a call's far end.",
                                    "they wait to be sent, one after the other"};
  OwnCall call_id;
  std::string leg_id;
  std::string digits;
  std::uint32_t duration_ms = 160;
  std::uint32_t gap_ms = 80;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("leg_id", "which of its legs; the call's own far end without"), s.leg_id);
    visit(Field("digits", "0-9 * # A-D").needed().up_to_bytes(64), s.digits);
    visit(Field("duration_ms", "of each").between(40, 8000), s.duration_ms);
    visit(Field("gap_ms", "after each").between(40, 8000), s.gap_ms);
  }
};

struct DtmfCollect {
  static constexpr CommandInfo info{"dtmf.collect", "DtmfCollect", Scope::call,
                                    "Collects keys that the far end presses; ends with one event.", "it listens"};
  OwnCall call_id;
  std::string leg_id;
  std::uint32_t min_digits = 1;
  std::uint32_t max_digits = 16;
  std::uint32_t timeout_ms = 10'000;
  std::uint32_t first_digit_timeout_ms = 0;
  std::uint32_t inter_digit_timeout_ms = 0;
  std::string terminator;
  struct Done {
    std::string collector_id;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("collector_id", "names it in its event"), s.collector_id);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("leg_id", "of this leg alone"), s.leg_id);
    visit(Field("min_digits", "fewer are a timeout").between(0, 64), s.min_digits);
    visit(Field("max_digits", "it ends with this many").between(1, 64), s.max_digits);
    visit(Field("timeout_ms", "for all of it").between(1, 3'600'000), s.timeout_ms);
    visit(Field("first_digit_timeout_ms", "until the first; 0: timeout_ms alone").between(0, 3'600'000),
          s.first_digit_timeout_ms);
    visit(Field("inter_digit_timeout_ms", "between two; 0: timeout_ms alone").between(0, 3'600'000),
          s.inter_digit_timeout_ms);
    visit(Field("terminator", "a key that ends it and is not among the digits").up_to_bytes(1), s.terminator);
  }
};

struct CallLegAdd {
  static constexpr CommandInfo info{"call.leg_add", "LegAdd", Scope::call, "Calls a further party into a call.",
                                    "its INVITE is on the wire"};
  OwnCall call_id;
  std::string target;
  std::string leg_id;
  std::uint32_t timeout_secs = 60;
  struct Done {
    std::string leg_id;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("leg_id", "names the leg"), s.leg_id);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("target", "a SIP URI or a number").needed(), s.target);
    visit(Field("leg_id", "a name for the leg").up_to_bytes(64), s.leg_id);
    visit(Field("timeout_secs", "how long it rings").between(1, 3600), s.timeout_secs);
  }
};

struct CallLegRemove {
  static constexpr CommandInfo info{"call.leg_remove", "LegRemove", Scope::call, "Lets one leg of a call go.",
                                    "BYE or CANCEL is sent"};
  OwnCall call_id;
  std::string leg_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("leg_id", "the leg").needed(), s.leg_id);
  }
};

/// What an application is told when it gets a call.
struct AppParams {
  std::string name;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("name", "of conference: a room of the configuration"), s.name);
  }
};

struct CallAppStart {
  static constexpr CommandInfo info{"call.app_start", "AppStart", Scope::call,
                                    "Hands a call to an application of the hub.", "the application has it"};
  OwnCall call_id;
  std::string app_name;
  AppParams params;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("app_name", "echo, tone, hold_music or conference").needed(), s.app_name);
    visit(Field("params", "of the application"), s.params);
  }
};

struct CallAppStop {
  static constexpr CommandInfo info{"call.app_stop", "AppStop", Scope::call, "Takes a call back from its application.",
                                    "the application has let it go"};
  OwnCall call_id;
  std::string reason;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("reason", "for people"), s.reason);
  }
};

struct AppChain {
  static constexpr CommandInfo info{"app.chain", "AppChain", Scope::call,
                                    "Ends a call's application and starts another one.", "the new application has it"};
  OwnCall call_id;
  std::string app_name;
  AppParams params;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("app_name", "as with call.app_start").needed(), s.app_name);
    visit(Field("params", "of the application"), s.params);
  }
};

}  // namespace junctor::apps::program
