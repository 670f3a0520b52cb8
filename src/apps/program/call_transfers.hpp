#pragma once
// Blind transfers by programs: a call's far end is sent to another destination, by REFER where it takes that, else by a
// call of the hub's. And transfers into the place of another dialog (RFC 3891).
#include <map>
#include <string>

#include "apps/dial.hpp"
#include "apps/program/bridges.hpp"
#include "apps/program/destinations.hpp"
#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "apps/program/transfer_commands.hpp"
#include "call/calls.hpp"

namespace junctor::apps::program {

/// `[rwi.transfer]`.
struct TransferSettings {
  bool refer = true;
  bool attended = true;
  bool fallback = true;  ///< where REFER is refused, the hub calls the target
  Duration refer_timeout = seconds(30);
  seconds ring_time{60};
  std::uint32_t transfers_max = 1000;  ///< blind ones under way
};

class CallTransfers {
 public:
  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    Bridges& bridges;
    Dialler& dialler;
    const Destinations& destinations;
    const routing::Directory& directory;
    EventSink& events;
  };
  explicit CallTransfers(Parts parts) : parts_(parts) {}

  void set_settings(const TransferSettings& settings) { settings_ = settings; }

  void run(const CallTransfer& c, const Requester& who, Reply<CallTransfer> reply, TimePoint now);
  void run(const CallTransferReplace& c, const Requester& who, Reply<CallTransferReplace> reply, TimePoint now);

  bool is_transferring(CallId call) const { return under_way_.contains(call); }
  void on_call_event(const call::Event& event, TimePoint now);
  std::size_t size() const { return under_way_.size() + transferred_.size(); }

 private:
  using Done = std::function<void(Result<NoData, Failure>, TimePoint now)>;
  struct Transfer {
    std::string target;
    std::vector<std::string> trunks;  // that the program may use
    Done reply;                       // until it is accepted, or refused
    bool may_fall_back = false;
    std::string prefix;  // of what is said when it fails
  };

  std::optional<Failure> not_possible(const ProgramCall& entry, const std::string& prefix);
  /// The target as the far end can call it; nothing: only the hub can.
  std::optional<std::string> uri_for(const call::Leg& leg, const std::string& target) const;
  Result<routing::Action, Failure> action_for(const Transfer& transfer, const std::string& from) const;
  void refer(CallId id, const call::Leg::Refer& what, TimePoint now);
  void on_refer(CallId id, const call::ReferNews& news, TimePoint now);
  void dial(CallId id, TimePoint now);
  void accept(CallId id, TimePoint now);
  void on_answered(CallId id, LegId leg, TimePoint now);
  void fail_with(CallId id, int status, const std::string& reason, TimePoint now);
  void tell_transferred(CallId id, const std::string& target, TimePoint now);
  /// Whoever talked with the far end before has no part in it any more.
  void release_partner(ProgramCall& entry, const std::string& target, TimePoint now);

  Parts parts_;
  TransferSettings settings_;
  std::map<CallId, Transfer> under_way_;
  std::map<CallId, LegId> transferred_;  // calls whose far end talks to this leg of theirs now
};

}  // namespace junctor::apps::program
