#pragma once
// Attended transfers by programs: the far end waits while somebody else is asked, and then both are put together, or
// everything is as it was before.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/program/bridges.hpp"
#include "apps/program/call_transfers.hpp"
#include "apps/program/events.hpp"
#include "apps/program/holds.hpp"
#include "apps/program/originations.hpp"
#include "apps/program/program_calls.hpp"
#include "apps/program/transfer_commands.hpp"
#include "call/calls.hpp"

namespace junctor::apps::program {

class Consultations {
 public:
  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    Bridges& bridges;
    Holds& holds;
    Originations& originations;
    const CallTransfers& transfers;
    EventSink& events;
  };
  explicit Consultations(Parts parts) : parts_(parts) {}

  void set_settings(const TransferSettings& settings) { settings_ = settings; }

  void run(const CallTransferAttended& c, const Requester& who, Reply<CallTransferAttended> reply, TimePoint now);
  void run(const CallTransferComplete& c, const Requester& who, Reply<CallTransferComplete> reply, TimePoint now);
  void run(const CallTransferCancel& c, const Requester& who, Reply<CallTransferCancel> reply, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  std::size_t size() const { return consultations_.size(); }

 private:
  struct Consultation {
    CallId consulted;   // none: the INVITE is not on the wire yet
    CallId transferor;  // whoever was bridged with the far end; none: the program itself
    std::string target;
    bool is_parted = false;  // the transferor talks to who is consulted, not to the far end
    bool is_ending = false;  // it is being completed or taken back
  };
  using Done = std::function<void(std::optional<Failure>, TimePoint now)>;

  using Map = std::map<CallId, Consultation>;

  Map::iterator find_consulted(CallId consulted);
  /// It is over, one way or the other.
  Map::node_type take_out(CallId original);
  /// Both are in a conference room by now (conference.merge), which ended it.
  bool was_merged(CallId original) const;
  void consult(CallId original, const CallTransferAttended& c, const Requester& who, Reply<CallTransferAttended> reply,
               TimePoint now);
  void on_consulted_answered(CallId original, TimePoint now);
  /// The far end talks again, to whom it talked before; `done` when it hears.
  void restore(CallId original, Done done, TimePoint now);
  void join_transferor(CallId original, Done done, TimePoint now);
  void tell_failed(CallId original, const std::string& target, int status, const std::string& reason, TimePoint now);

  Parts parts_;
  TransferSettings settings_;
  Map consultations_;  // by the call that waits
};

}  // namespace junctor::apps::program
