#pragma once
// RWI commands that send a call's far end elsewhere, or have it wait.
#include "apps/program/vocabulary.hpp"

namespace junctor::apps::program {

enum class TransferMethod : std::uint8_t { automatic, refer, b2bua };
constexpr std::array<std::string_view, 3> words(TransferMethod) {
  return {"auto", "refer", "b2bua"};
}

struct CallTransfer {
  static constexpr CommandInfo info{"call.transfer", "Transfer", Scope::call,
                                    "Sends a call's far end to another destination (blind).",
                                    "REFER is accepted, or the INVITE to the target is on the wire"};
  OwnCall call_id;
  std::string target;
  TransferMethod method = TransferMethod::automatic;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("target", "a SIP or tel URI, a number, conference:ROOM or voip_bridge:URL").needed(), s.target);
    visit(Field("method", "auto: REFER where the far end takes it, else the hub calls the target itself"), s.method);
  }
};

struct CallTransferReplace {
  static constexpr CommandInfo info{"call.transfer.replace", "TransferReplace", Scope::call,
                                    "Has a call's far end take the place of another dialog (RFC 3891).",
                                    "REFER is accepted"};
  OwnCall call_id;
  std::string target;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("target", "the call whose dialog is replaced, or a URI with Replaces").needed(), s.target);
  }
};

struct CallTransferAttended {
  static constexpr CommandInfo info{"call.transfer.attended", "TransferAttended", Scope::call,
                                    "Has a call's far end wait, and calls whom to consult.",
                                    "the INVITE to the target is on the wire"};
  OwnCall call_id;
  std::string target;
  std::uint32_t timeout_secs = 60;
  struct Done {
    CallRef original_call_id;
    CallRef consultation_call_id;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("original_call_id", "the call that waits"), s.original_call_id);
      visit(Field("consultation_call_id", "the call to the target"), s.consultation_call_id);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("target", "a SIP URI or a number").needed(), s.target);
    visit(Field("timeout_secs", "how long it rings").between(1, 3600), s.timeout_secs);
  }
};

struct CallTransferComplete {
  static constexpr CommandInfo info{"call.transfer.complete", "TransferComplete", Scope::call,
                                    "Puts who waits and who was consulted together, and lets the transferor go.",
                                    "the media plane has joined them"};
  OwnCall call_id;
  OwnCall consultation_call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call that waits").needed(), s.call_id);
    visit(Field("consultation_call_id", "the other one").needed(), s.consultation_call_id);
  }
};

struct CallTransferCancel {
  static constexpr CommandInfo info{"call.transfer.cancel", "TransferCancel", Scope::call,
                                    "Ends a consultation; everything is as it was before.",
                                    "BYE or CANCEL is sent, and the media plane has joined who talked before"};
  OwnCall consultation_call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("consultation_call_id", "the call to the target").needed(), s.consultation_call_id);
  }
};

struct CallHold {
  static constexpr CommandInfo info{"call.hold", "CallHold", Scope::call, "Puts a call's far end on hold, with music.",
                                    "the far end's 200 to the re-INVITE has come"};
  OwnCall call_id;
  std::string music;
  std::string leg_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("music", "a name in data_dir/sounds; the configured music without").or_named("hold_music"), s.music);
    visit(Field("leg_id", "which of its legs; the call's own far end without"), s.leg_id);
  }
};

struct CallUnhold {
  static constexpr CommandInfo info{"call.unhold", "CallUnhold", Scope::call, "Ends a hold.",
                                    "the far end's 200 to the re-INVITE has come"};
  OwnCall call_id;
  std::string leg_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "a call on hold").needed(), s.call_id);
    visit(Field("leg_id", "which of its legs; the call's own far end without"), s.leg_id);
  }
};

}  // namespace junctor::apps::program
