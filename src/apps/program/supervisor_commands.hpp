#pragma once
// RWI commands of supervisors.
#include "apps/program/vocabulary.hpp"

namespace junctor::apps::program {

enum class SupervisorMode : std::uint8_t { listen, whisper, barge };
constexpr std::array<std::string_view, 3> words(SupervisorMode) {
  return {"listen", "whisper", "barge"};
}

struct SupervisorListen {
  static constexpr CommandInfo info{"supervisor.listen", "SupervisorListen", Scope::supervisor,
                                    "The supervisor hears a call; nobody hears the supervisor.",
                                    "the media plane has connected it"};
  OwnCall supervisor_call_id;
  SeenCall target_call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's own call, answered").needed(), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised").needed(), s.target_call_id);
  }
};

struct SupervisorWhisper {
  static constexpr CommandInfo info{"supervisor.whisper", "SupervisorWhisper", Scope::supervisor,
                                    "As listen, and the agent hears the supervisor.",
                                    "the media plane has connected it"};
  OwnCall supervisor_call_id;
  SeenCall target_call_id;
  std::string agent_leg;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's own call, answered").needed(), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised").needed(), s.target_call_id);
    visit(Field("agent_leg",
                "who is whispered to: a call bridged with the target, or a leg; without, whoever is not the customer"),
          s.agent_leg);
  }
};

struct SupervisorBarge {
  static constexpr CommandInfo info{"supervisor.barge", "SupervisorBarge", Scope::supervisor, "All hear each other.",
                                    "the media plane has connected it"};
  OwnCall supervisor_call_id;
  SeenCall target_call_id;
  std::string agent_leg;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's own call, answered").needed(), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised").needed(), s.target_call_id);
    visit(Field("agent_leg",
                "who is whispered to: a call bridged with the target, or a leg; without, whoever is not the customer"),
          s.agent_leg);
  }
};

struct SupervisorTakeover {
  static constexpr CommandInfo info{"supervisor.takeover", "SupervisorTakeover", Scope::supervisor,
                                    "The supervisor takes the agent's place, who is let go.",
                                    "the media plane has joined supervisor and customer"};
  OwnCall supervisor_call_id;
  SeenCall target_call_id;
  std::string agent_leg;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's own call, answered").needed(), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised").needed(), s.target_call_id);
    visit(Field("agent_leg",
                "who is whispered to: a call bridged with the target, or a leg; without, whoever is not the customer"),
          s.agent_leg);
  }
};

struct SupervisorStop {
  static constexpr CommandInfo info{"supervisor.stop", "SupervisorStop", Scope::supervisor,
                                    "Ends a supervision; the call goes on.", "the media plane has parted them"};
  OwnCall supervisor_call_id;
  SeenCall target_call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's own call, answered").needed(), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised").needed(), s.target_call_id);
  }
};

struct SupervisorSwitch {
  static constexpr CommandInfo info{"supervisor.switch", "SupervisorSwitch", Scope::supervisor,
                                    "Changes what a supervision is.", "the media plane has changed it"};
  OwnCall supervisor_call_id;
  SeenCall target_call_id;
  SupervisorMode mode = SupervisorMode::listen;
  std::string agent_leg;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("supervisor_call_id", "the supervisor's own call, answered").needed(), s.supervisor_call_id);
    visit(Field("target_call_id", "the call that is supervised").needed(), s.target_call_id);
    visit(Field("mode", "what it is from now on").needed(), s.mode);
    visit(Field("agent_leg",
                "who is whispered to: a call bridged with the target, or a leg; without, whoever is not the customer"),
          s.agent_leg);
  }
};

}  // namespace junctor::apps::program
