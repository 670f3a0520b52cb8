#pragma once
// RWI commands about conference rooms.
#include "apps/program/vocabulary.hpp"

namespace junctor::apps::program {

enum class ConferenceBackend : std::uint8_t { internal, external };
constexpr std::array<std::string_view, 2> words(ConferenceBackend) {
  return {"internal", "external"};
}

struct ConferenceDone {
  std::string conf_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
  }
};
struct ConferenceMemberDone {
  std::string conf_id;
  CallRef call_id;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("call_id", "the member"), s.call_id);
  }
};
struct ConferenceMemberInfo {
  CallRef call_id;
  bool muted = false;
  bool host = false;
  std::string joined_at;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the member"), s.call_id);
    visit(Field("muted", "nobody hears it"), s.muted);
    visit(Field("host", "it may end the room"), s.host);
    visit(Field("joined_at", "RFC 3339"), s.joined_at);
  }
};
struct ConferenceInfoDone {
  std::string conf_id;
  std::uint32_t max_members = 0;
  bool recording = false;
  std::vector<ConferenceMemberInfo> members;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room"), s.conf_id);
    visit(Field("max_members", "0: no bound of its own"), s.max_members);
    visit(Field("recording", "it is being recorded"), s.recording);
    visit(Field("members", "who is in it"), s.members);
  }
};

struct ConferenceCreate {
  static constexpr CommandInfo info{"conference.create", "ConferenceCreate", Scope::call,
                                    "Makes a room in which calls hear each other.", "the room is there"};
  std::string conf_id;
  ConferenceBackend backend = ConferenceBackend::internal;
  std::uint32_t max_members = 0;
  bool record = false;
  std::string mcu_uri;
  std::optional<OwnCall> host_call_id;
  std::uint32_t max_duration_secs = 0;
  bool hangup_on_destroy = false;
  using Done = ConferenceDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "its name; chosen by the hub without").or_named("conference_id").up_to_bytes(128),
          s.conf_id);
    visit(Field("backend", "external: each member is connected with a conference server"), s.backend);
    visit(Field("max_members", "0: no bound of its own").between(0, 1000), s.max_members);
    visit(Field("record", "recorded while anybody is in it"), s.record);
    visit(Field("mcu_uri", "of the conference server"), s.mcu_uri);
    visit(Field("host_call_id", "who may end it with conference.end"), s.host_call_id);
    visit(Field("max_duration_secs", "after that it ends; 0: it does not").between(0, 2'678'400), s.max_duration_secs);
    visit(Field("hangup_on_destroy", "its members are hung up when it ends"), s.hangup_on_destroy);
  }
};

struct ConferenceAdd {
  static constexpr CommandInfo info{"conference.add", "ConferenceAdd", Scope::call, "Brings a call into a room.",
                                    "the media plane has seated it"};
  std::string conf_id;
  OwnCall call_id;
  using Done = ConferenceMemberDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room").or_named("conference_id").needed().up_to_bytes(128), s.conf_id);
    visit(Field("call_id", "an answered call").needed(), s.call_id);
  }
};

struct ConferenceRemove {
  static constexpr CommandInfo info{"conference.remove", "ConferenceRemove", Scope::call,
                                    "Takes a call out of a room; the call stays.", "the media plane has taken it out"};
  std::string conf_id;
  OwnCall call_id;
  using Done = ConferenceMemberDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room").or_named("conference_id").needed().up_to_bytes(128), s.conf_id);
    visit(Field("call_id", "an answered call").needed(), s.call_id);
  }
};

struct ConferenceMute {
  static constexpr CommandInfo info{"conference.mute", "ConferenceMute", Scope::call,
                                    "Nobody in the room hears a member.", "the media plane has muted it"};
  std::string conf_id;
  OwnCall call_id;
  using Done = ConferenceMemberDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room").or_named("conference_id").needed().up_to_bytes(128), s.conf_id);
    visit(Field("call_id", "an answered call").needed(), s.call_id);
  }
};

struct ConferenceUnmute {
  static constexpr CommandInfo info{"conference.unmute", "ConferenceUnmute", Scope::call, "Ends that.",
                                    "the media plane has ended it"};
  std::string conf_id;
  OwnCall call_id;
  using Done = ConferenceMemberDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room").or_named("conference_id").needed().up_to_bytes(128), s.conf_id);
    visit(Field("call_id", "an answered call").needed(), s.call_id);
  }
};

struct ConferenceKick {
  static constexpr CommandInfo info{"conference.kick", "ConferenceKick", Scope::call,
                                    "Takes a call out of a room and hangs it up.", "BYE is sent"};
  std::string conf_id;
  OwnCall call_id;
  using Done = ConferenceMemberDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room").or_named("conference_id").needed().up_to_bytes(128), s.conf_id);
    visit(Field("call_id", "an answered call").needed(), s.call_id);
  }
};

struct ConferenceMuteAll {
  static constexpr CommandInfo info{"conference.mute_all", "ConferenceMuteAll", Scope::call,
                                    "Nobody in the room is heard but its host.", "the media plane has muted them"};
  std::string conf_id;
  using Done = ConferenceDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room").or_named("conference_id").needed().up_to_bytes(128), s.conf_id);
  }
};

struct ConferenceDestroy {
  static constexpr CommandInfo info{"conference.destroy", "ConferenceDestroy", Scope::call,
                                    "Ends a room; its members stay, each alone.", "everybody is out"};
  std::string conf_id;
  using Done = ConferenceDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room").or_named("conference_id").needed().up_to_bytes(128), s.conf_id);
  }
};

struct ConferenceEnd {
  static constexpr CommandInfo info{"conference.end", "ConferenceEnd", Scope::call, "The host ends a room.",
                                    "everybody is out"};
  std::string conf_id;
  OwnCall host_call_id;
  using Done = ConferenceDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room").or_named("conference_id").needed().up_to_bytes(128), s.conf_id);
    visit(Field("host_call_id", "the host").needed(), s.host_call_id);
  }
};

struct ConferenceMerge {
  static constexpr CommandInfo info{"conference.merge", "ConferenceMerge", Scope::call,
                                    "Brings a call and the one that it consults into a room.",
                                    "the media plane has seated both"};
  std::string conf_id;
  OwnCall call_id;
  OwnCall consultation_call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room").or_named("conference_id").needed().up_to_bytes(128), s.conf_id);
    visit(Field("call_id", "a call").needed(), s.call_id);
    visit(Field("consultation_call_id", "another one").needed(), s.consultation_call_id);
  }
};

struct ConferenceSeatReplace {
  static constexpr CommandInfo info{"conference.seat_replace", "ConferenceSeatReplace", Scope::call,
                                    "One call takes the seat of another one, which is hung up.",
                                    "the media plane has changed them in one tick"};
  std::string conf_id;
  OwnCall old_call_id;
  OwnCall new_call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room").or_named("conference_id").needed().up_to_bytes(128), s.conf_id);
    visit(Field("old_call_id", "who is in the room").needed(), s.old_call_id);
    visit(Field("new_call_id", "who comes in its place").needed(), s.new_call_id);
  }
};

struct ConferenceInfo {
  static constexpr CommandInfo info{"conference.info", "ConferenceInfo", Scope::call, "Who is in a room.", "at once"};
  std::string conf_id;
  using Done = ConferenceInfoDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("conf_id", "the room").or_named("conference_id").needed().up_to_bytes(128), s.conf_id);
  }
};

struct ConferenceList {
  static constexpr CommandInfo info{"conference.list", "ConferenceList", Scope::call, "All rooms of the token.",
                                    "at once"};
  struct Done {
    std::vector<ConferenceInfoDone> items;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("items", "the rooms"), s.items);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

}  // namespace junctor::apps::program
