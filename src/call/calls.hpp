#pragma once
// The call table: every Call of the hub, found by call, leg, SIP dialog or media port. It is the transaction user for
// dialogs, hands media events to legs, and tells events in order after the command or message that caused them.
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/counters.hpp"
#include "base/flat_map.hpp"
#include "base/timer_wheel.hpp"
#include "call/call.hpp"

namespace junctor::call {

/// What is alive. All zero when nothing is going on.
struct CallLedger {
  std::size_t calls = 0;
  std::size_t legs = 0;  ///< those that outlive their call (a BYE not answered yet) included
  std::size_t ports = 0;
  std::size_t dialogs = 0;
};

class Calls final : public TimerTarget, private CallOwner, private LegOwner {
 public:
  struct Parts {
    transport::Endpoint& endpoint;
    media::Plane& media;
    TimerWheel& timers;
    Random& random;
    Counters& counters;
  };

  /// Everything done while one of these lives belongs together: events are told, and what is over is swept away, when
  /// the outermost ends. Every function here makes one; an app that gives several commands makes its own around them.
  class Turn {
   public:
    Turn(Calls& calls, TimePoint now) : calls_(calls), now_(now) { ++calls_.depth_; }
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Calls& calls_;
    TimePoint now_;
  };

  Calls(Parts parts, std::uint32_t node, std::uint32_t epoch, EventSink& sink);
  ~Calls() override;

  /// For calls that begin from now on.
  void set_settings(std::shared_ptr<const CallSettings> settings) { settings_ = std::move(settings); }

  // -- commands; see Call for what they do
  struct Inbound {
    TransactionId invite;
    LegKind kind = LegKind::device;
    Party caller, callee;
    std::vector<std::string> codecs;  ///< allowed toward this far end; empty: any
    SrtpPolicy srtp = SrtpPolicy::off;
    media::VoiceProcessing voice;
    std::string label;
    CallLabels labels;
  };
  /// A new call for an INVITE outside any dialog. Incoming is told before this returns.
  CallId start(const Inbound& inbound, const sip::Message& request, const transport::Source& source, TimePoint now);
  /// A new call without a leg, which is there until it is hung up. Outgoing is told before this returns.
  CallId start_outgoing(Party caller, Party callee, CallLabels labels, TimePoint now);
  Result<LegId, Refusal> add_leg(CallId call, Call::AddLeg wanted, TimePoint now);
  Result<void, Refusal> ring(CallId call, LegId leg, int status, TimePoint now);
  Result<void, Refusal> early_media(CallId call, LegId leg, LegId from, int status, TimePoint now);
  Result<void, Refusal> answer(CallId call, LegId leg, LegId with, TimePoint now);
  Result<void, Refusal> answer_alone(CallId call, LegId leg, std::string who, std::optional<std::uint32_t> worker,
                                     TimePoint now);
  Result<void, Refusal> progress_alone(CallId call, LegId leg, std::optional<std::uint32_t> worker, TimePoint now);
  Result<void, Refusal> settle(CallId call, LegId leg, TimePoint now);
  Result<void, Refusal> answer_with_source(CallId call, LegId leg, Call::Source source, TimePoint now);
  Result<void, Refusal> reject(CallId call, LegId leg, const Cause& why, TimePoint now, HangupBy by = HangupBy::hub,
                               const Headers& headers = {});
  Result<void, Refusal> hang_up_leg(CallId call, LegId leg, const Cause& why, TimePoint now);
  Result<void, Refusal> hang_up(CallId call, const Cause& why, TimePoint now, HangupBy by = HangupBy::hub);
  Result<void, Refusal> bridge(CallId call, LegId a, LegId b, TimePoint now);
  /// See Call::seat().
  Result<void, Refusal> seat(CallId call, LegId leg, Mixer& mixer, TimePoint now, const Voice& voice = {});
  Result<void, Refusal> seat_early(CallId call, LegId leg, Mixer& mixer, TimePoint now);
  Result<void, Refusal> seat_alone(CallId call, LegId leg, TimePoint now);
  /// Completing a transfer: `leg` of `from` becomes a leg of `to`.
  Result<void, Refusal> move_leg(CallId from, LegId leg, CallId to, TimePoint now);
  Result<void, Refusal> process_voice(CallId call, LegId leg, const media::VoiceProcessing& what, TimePoint now);
  Result<void, Refusal> mute(CallId call, LegId leg, const Muting& what, TimePoint now);
  /// See Call::send_digits(); nobody is told of them but the leg's far end.
  Result<void, Refusal> send_digits(CallId call, LegId leg, std::string_view digits, Duration duration, Duration gap,
                                    TimePoint now);
  Result<void, Refusal> refer_progress(CallId call, LegId leg, int status, bool last, TimePoint now);
  /// See Call::hold(); so is it with the next four. What is told may be told before these return, and not when they
  /// fail.
  Result<void, Refusal> hold(CallId call, LegId leg, bool on, Replied done, TimePoint now);
  Result<void, Refusal> refer(CallId call, LegId leg, const Leg::Refer& what, ReferTold told, TimePoint now);
  Result<void, Refusal> request(CallId call, LegId leg, sip::Method method, const Payload& payload, Replied replied,
                                TimePoint now);
  Result<void, Refusal> respond(CallId call, LegId leg, TransactionId request, int status, const Payload& payload,
                                TimePoint now);
  Result<void, Refusal> pass_on(CallId call, LegId leg, TransactionId request, TimePoint now);
  /// Who is asked about requests inside dialogs; nobody: they pass.
  void set_message_taker(MessageTaker taker) { message_taker_ = std::move(taker); }
  void journalled(CallId call, TimePoint now);

  /// The Min-SE to answer 422 with; nothing: its Session-Expires is long enough (RFC 4028 §9).
  std::optional<std::uint32_t> session_too_short(const sip::Message& invite) const {
    return transaction::SessionTimer(settings_->session_timer).too_small(invite);
  }

  /// For mixers whose legs are of several calls; they go before this.
  Plays& plays() { return plays_; }
  /// Why a caller of this policy cannot have audio with what it offers (null: it does not offer yet); nothing: it can.
  std::optional<sip::sdp::NegotiationError> cannot_carry(const std::optional<sip::sdp::Session>& offer, SrtpPolicy srtp,
                                                         const transport::Source& source) const;

  // -- look-up
  Call* find(CallId id);
  const Call* find(CallId id) const;
  void for_each(const std::function<void(const Call&)>& look) const;
  /// The leg that this dialog belongs to, as the far end would name it in Replaces; null: none.
  const Leg* find_dialog(std::string_view call_id, std::string_view local_tag, std::string_view remote_tag) const;
  /// Whether one of our own outgoing legs sent this request (it came back to us).
  bool is_our_own(const sip::Message& request) const;
  CallId call_of(LegId leg) const;
  /// The call with this counter, whether it lives or not.
  CallId id_of(std::uint64_t counter) const { return {node_, epoch_, counter}; }
  CallLedger ledger() const;

  // -- from below. True: it was for a dialog of ours, and is dealt with.
  bool on_request(TransactionId id, const sip::Message& request, const transport::Source& source, TimePoint now);
  void on_ack(const sip::Message& ack, TimePoint now);
  void on_cancel(TransactionId invite, TimePoint now);
  void on_response(std::uint64_t owner, TransactionId id, const sip::Message& response, transport::Origin origin,
                   TimePoint now);
  void on_server_end(TransactionId id, transport::ServerEnd why, TimePoint now);
  void on_located(std::uint64_t owner, std::span<const transport::Hop> hops, TimePoint now);
  void on_media_event(const media::Event& event, TimePoint now);
  void on_timer(std::uint64_t token, TimePoint now) override;

 private:
  struct Place {
    Leg* leg = nullptr;
    Call* call = nullptr;  // null: the leg outlives its call
  };

  // CallOwner
  void tell(Event event) override;
  LegId new_leg_id() override;
  void index(Leg& leg) override;
  void index_port(const Leg& leg) override;
  void reindex_port(PortId before, Leg& leg) override;
  void unindex(const Leg& leg) override;
  MessageFate fate_of(CallId call, const MessageReceived& message, TimePoint now) override {
    return message_taker_ ? message_taker_(call, message, now) : MessageFate{};
  }

  // LegOwner, for legs that outlive their call: only the end matters
  void on_ringing(Leg&, int, bool, TimePoint) override {}
  void on_answered(Leg& leg, TimePoint now) override;
  void on_acknowledged(Leg&, bool, TimePoint) override {}
  void on_hold(Leg&, bool, TimePoint) override {}
  void on_failed(Leg&, const Cause&, std::optional<std::uint32_t>, TimePoint) override {}
  void on_gone(Leg&, const Cause&, TimePoint) override {}
  void on_offer(Leg& leg, TimePoint now) override;
  void on_offer_withdrawn(Leg&, TimePoint) override {}
  void on_offer_accepted(Leg&, TimePoint) override {}
  void on_offer_refused(Leg&, int, TimePoint) override {}
  void on_message(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) override;
  void on_message_due(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) override;
  void on_message_answered(Leg&, std::uint64_t, const sip::Message&, TimePoint) override {}
  void on_refer(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) override;
  void on_finished(Leg& leg, TimePoint now) override;

  Place place(std::uint64_t leg_id);
  Place place_of(PortId port);
  void sweep(TimePoint now);
  Services services();

  Parts parts_;
  Plays plays_;
  std::uint32_t node_, epoch_;
  std::uint64_t next_call_ = 1, next_leg_ = 1;
  EventSink& sink_;
  MessageTaker message_taker_;
  std::shared_ptr<const CallSettings> settings_;
  FlatMap<CallId, std::unique_ptr<Call>, std::hash<CallId>> calls_;
  FlatMap<std::uint64_t, Place> legs_;                    // by LegId
  FlatMap<std::string, std::uint64_t, TextHash> tags_;    // our tag → LegId
  FlatMap<std::uint64_t, std::uint64_t> ports_;           // PortId → LegId
  FlatMap<std::uint64_t, std::uint64_t> former_ports_;    // PortId before the port moved → LegId
  FlatMap<std::uint64_t, std::uint64_t> invites_;         // INVITE server transaction → LegId
  FlatMap<std::uint64_t, std::unique_ptr<Leg>> leaving_;  // legs that outlive their call
  std::deque<Event> events_;
  std::vector<CallId> touched_;  // calls that may be over
  std::vector<std::uint64_t> finished_;
  int depth_ = 0;
};

}  // namespace junctor::call
