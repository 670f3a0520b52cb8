#pragma once
// A Call is a unit of control: it owns its legs, seats them together, and ends once. It passes offers and messages from
// one leg to its peer; whom to ring, when to give up and what a refusal means is an app's business.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "call/leg.hpp"
#include "call/mixer.hpp"
#include "call/vocabulary.hpp"

namespace junctor::call {

/// Where a call tells what happens; implemented by the call table.
class CallOwner {
 public:
  virtual ~CallOwner() = default;
  virtual void tell(Event event) = 0;
  virtual LegId new_leg_id() = 0;
  virtual void index(Leg& leg) = 0;
  virtual void index_port(const Leg& leg) = 0;
  /// The leg's port has another id now.
  virtual void reindex_port(PortId before, Leg& leg) = 0;
  virtual void unindex(const Leg& leg) = 0;
  /// See MessageTaker.
  virtual MessageFate fate_of(CallId call, const MessageReceived& message, TimePoint now) = 0;
};

/// What a record needs to know of a leg that is over.
struct LegFacts {
  LegId id;
  LegKind kind = LegKind::device;
  LegDirection direction = LegDirection::inbound;
  LegState state = LegState::ended;
  std::string sip_call_id, uri, label;
  std::string codec;
  std::string srtp;  ///< the suite that its audio is encrypted with; empty: plain
  Address address;
  TimePoint start{};
  std::optional<TimePoint> answer, end;
  Cause cause;
  media::PortStats stats;
  std::string codec_plan;                   ///< how it is connected, and why so; see Mixer::plan()
  media::VoiceProcessing voice_processing;  ///< what is done with what it says
  /// With voice_processing.events: "speech", "pause", "silence" or "dead air", and " (clipping)"; empty: not heard yet.
  std::string voice;
  std::optional<TimePoint> voice_since;
  /// Why its audio is not good, or was not when it ended; of a leg that ended well, what was wrong last. Empty:
  /// nothing.
  std::string verdict;
};

enum class Disposition : std::uint8_t { answered, no_answer, busy, rejected, failed, canceled };
std::string_view to_string(Disposition disposition);

/// What an app says about a call when it knows; goes into the record.
struct CallLabels {
  std::string direction;  ///< "inbound", "outbound", "internal"
  std::string trunk, route;
  std::map<std::string, std::string> variables;
};

class Call final : public LegOwner {
 public:
  static constexpr std::size_t legs_max = 32;
  static constexpr std::size_t passing_max = 64;  ///< requests passed from leg to leg that wait for their answer

  Call(CallId id, Services services, std::shared_ptr<const CallSettings> settings, CallOwner& owner, TimePoint now);

  // -- facts
  CallId id() const { return id_; }
  const std::vector<std::unique_ptr<Leg>>& legs() const { return legs_; }
  /// The first leg, then the others in the order in which they came; those that are over included.
  std::vector<LegFacts> all_legs() const;
  Leg* leg(LegId id);
  Leg* first_leg() { return leg(first_leg_); }
  LegId first_leg_id() const { return first_leg_; }
  const Party& caller() const { return caller_; }
  const Party& callee() const { return callee_; }  ///< as dialled
  TimePoint start() const { return start_; }
  std::optional<TimePoint> ring_time() const { return ring_; }
  std::optional<TimePoint> answer_time() const { return answer_; }
  std::optional<TimePoint> end_time() const { return end_; }
  HangupBy hangup_by() const { return hangup_by_; }
  const Cause& cause() const { return cause_; }
  Disposition disposition() const;
  const std::string& answered_by() const { return answered_by_; }
  bool ending() const { return end_.has_value(); }
  CallLabels labels;

  // -- commands
  Leg& start_inbound(TransactionId invite, const sip::Message& request, const transport::Source& source, LegKind kind,
                     Party caller, Party callee, std::vector<std::string> codecs, SrtpPolicy srtp, TimePoint now);
  /// A call that the hub makes: it has no far end that called, and is there until it is hung up.
  void start_outgoing(Party caller, Party callee);
  struct AddLeg {
    Destination to;
    LegKind kind = LegKind::device;
    std::string label;
    Party from;
    std::string from_host;
    Headers headers;
    LegId like;  ///< the leg whose offer, or agreed codecs, are offered
  };
  Result<LegId, Refusal> add_leg(AddLeg wanted, TimePoint now);
  Result<void, Refusal> ring(LegId leg, int status, TimePoint now);
  /// Early media: what `from` said in its 18x is the answer for now.
  Result<void, Refusal> early_media(LegId leg, LegId from, int status, TimePoint now);
  /// 200, with what `with` agreed to; both are joined.
  Result<void, Refusal> answer(LegId leg, LegId with, TimePoint now);
  /// 200, with nobody behind it but ourselves, in a codec of ours; Answered without a peer is told. `who` is shown as
  /// what answered. The port is on `worker`, if that is given.
  Result<void, Refusal> answer_alone(LegId leg, std::string who, std::optional<std::uint32_t> worker, TimePoint now);
  /// The same, and the leg hears itself or a tone. An echo sends back what we cannot code as it came.
  enum class Source : std::uint8_t { echo, tone };
  Result<void, Refusal> answer_with_source(LegId leg, Source source, TimePoint now);
  /// 183 with an answer of our own: from then on it hears what is played to it. Once; answered later, it stays.
  Result<void, Refusal> progress_alone(LegId leg, std::optional<std::uint32_t> worker, TimePoint now);
  /// A call that the hub made has been answered: by this leg, which is up. Answered is told.
  Result<void, Refusal> settle(LegId leg, TimePoint now);
  /// A mixer for the leg alone, or what it is talking in.
  Mixer& own_mixer(Leg& leg);
  /// A final refusal; `by` is whose decision the record shows.
  Result<void, Refusal> reject(LegId leg, const Cause& why, const Headers& headers, HangupBy by, TimePoint now);
  Result<void, Refusal> hang_up_leg(LegId leg, const Cause& why, TimePoint now);
  void hang_up(const Cause& why, HangupBy by, TimePoint now);
  /// Joins two established legs; re-INVITEs where their codecs or holds do not fit yet, also those of ours.
  Result<void, Refusal> bridge(LegId a, LegId b, TimePoint now);
  /// The leg leaves whom it talks to and sits in `mixer`, whatever worker its port is on; with this voice from its
  /// first moment there on.
  Result<void, Refusal> seat(LegId leg, Mixer& mixer, const Voice& voice, TimePoint now);
  /// The same of a leg that need not be answered yet but has audio: early media. Nothing is offered to it.
  Result<void, Refusal> seat_early(LegId leg, Mixer& mixer);
  /// Leaves whom it talks to and sits alone, where it hears silence and what is played to it.
  Result<void, Refusal> seat_alone(LegId leg, TimePoint now);
  /// Talks to nobody any more, and stays.
  Result<void, Refusal> part(LegId leg, TimePoint now);
  /// The leg leaves this call for another one (which adopts it). An offer of its far end that its peer was asked about
  /// is refused as one that came at a bad time, as by bridge() and part().
  std::unique_ptr<Leg> release(LegId leg, TimePoint now);
  void adopt(std::unique_ptr<Leg> leg);
  /// See Leg::process_voice(): what the leg says is worked on, or listened to for VoiceHeard. Its call sits in a mixer
  /// meanwhile, if all its legs have codecs of ours; without, nothing is done.
  Result<void, Refusal> process_voice(LegId leg, const media::VoiceProcessing& what, TimePoint now);
  /// See Leg::mute().
  Result<void, Refusal> mute(LegId leg, const Muting& what);
  /// See Leg::send_digits(); a leg that has neither telephone-event nor INFO hears the tones of the keys.
  Result<void, Refusal> send_digits(LegId leg, std::string_view digits, Duration duration, Duration gap, TimePoint now);
  Result<void, Refusal> refer_progress(LegId leg, int status, bool last, TimePoint now);
  /// See Leg::hold(). Its peer hears nothing of it, and is told nothing.
  Result<void, Refusal> hold(LegId leg, bool on, Replied done, TimePoint now);
  /// See Leg::refer().
  Result<void, Refusal> refer(LegId leg, const Leg::Refer& what, ReferTold told, TimePoint now);
  /// See Leg::ask().
  Result<void, Refusal> request(LegId leg, sip::Method method, const Payload& payload, Replied replied, TimePoint now);
  /// Answers a request that was taken (MessageReceived::taken), or gives it to the leg's peer after all.
  Result<void, Refusal> respond(LegId leg, TransactionId request, int status, const Payload& payload, TimePoint now);
  Result<void, Refusal> pass_on(LegId leg, TransactionId request, TimePoint now);
  /// What was written at the start is safe: 18x and 2xx may go to the caller.
  void journalled(TimePoint now);

  /// Every leg is over and its figures are in: Ended may be told.
  bool is_over() const;
  std::vector<std::unique_ptr<Leg>> take_legs() { return std::move(legs_); }
  /// Takes a finished leg's facts and destroys it.
  void bury(LegId leg);
  void on_media(LegId leg, const media::Event& event, TimePoint now);
  LegFacts facts_of(const Leg& leg) const;

  // -- LegOwner
  void on_calling(Leg& leg, TimePoint now) override;
  void on_ringing(Leg& leg, int status, bool with_media, TimePoint now) override;
  void on_answered(Leg& leg, TimePoint now) override;
  void on_acknowledged(Leg& leg, bool with_answer, TimePoint now) override;
  void on_hold(Leg& leg, bool holds, TimePoint now) override;
  void on_failed(Leg& leg, const Cause& cause, std::optional<std::uint32_t> retry_after, TimePoint now) override;
  void on_gone(Leg& leg, const Cause& cause, TimePoint now) override;
  void on_offer(Leg& leg, TimePoint now) override;
  void on_offer_withdrawn(Leg& leg, TimePoint now) override;
  void on_offer_accepted(Leg& leg, TimePoint now) override;
  void on_offer_refused(Leg& leg, int status, TimePoint now) override;
  void on_message(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) override;
  void on_message_due(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) override;
  void on_seated(Leg& leg) override;
  void on_judged(Leg& leg, TimePoint now) override;
  void on_message_answered(Leg& leg, std::uint64_t context, const sip::Message& response, TimePoint now) override;
  void on_refer(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) override;
  void on_finished(Leg& leg, TimePoint now) override;

 private:
  struct Passing {  // a request of one leg that its peer was asked
    std::uint64_t context = 0;
    LegId from;
    TransactionId id;
  };
  struct Renegotiation {  // two legs that were brought together and are made to fit
    LegId a, b;
    enum class Step : std::uint8_t { none, first, second } step = Step::none;
  };

  void start_source(Leg& leg);
  Result<void, Refusal> answer_by_hub(LegId leg, const MediaWish& wish, std::string who,
                                      std::optional<std::uint32_t> worker, TimePoint now);
  /// For a leg that waits for its answer, or for our offer, from us alone; it has a port after that.
  Result<sip::sdp::Session, Refusal> own_description(Leg& leg, const MediaWish& wish,
                                                     std::optional<std::uint32_t> worker);
  /// The leg's port comes to `worker`, unless it is there.
  void bring_port(Leg& leg, std::uint32_t worker);
  void once_journalled(std::function<void(TimePoint)> work, TimePoint now);
  void join(Leg& a, Leg& b);
  void connect(Leg& a, Leg& b);
  void give_answer(Leg& leg, Leg& from, TimePoint now);
  void renegotiate(Leg& a, Leg& b, TimePoint now);
  void step_renegotiation(Leg& leg, TimePoint now);
  void answer_offer_alone(Leg& leg, TimePoint now);
  void ack_alone(Leg& leg, TimePoint now);
  Result<void, Refusal> tell_digits(Leg& leg, std::string_view digits, Duration duration, Duration gap, TimePoint now);
  bool take_digit(Leg& leg, TransactionId id, const sip::Message& info, TimePoint now);
  void pass(Leg& leg, Leg& peer, TransactionId id, const sip::Message& request, TimePoint now);
  void note_end(HangupBy by, const Cause& why);
  HangupBy side_of(const Leg& leg) const;
  std::optional<std::uint32_t> worker() const;

  const CallId id_;
  Services services_;
  const std::shared_ptr<const CallSettings> settings_;
  CallOwner& owner_;
  std::unique_ptr<Mixer> talk_;  // of the two legs that talk; outlives them
  bool talk_is_room_ = false;    // it has Need::room, because somebody is alone there
  std::vector<std::unique_ptr<Leg>> legs_;
  std::vector<LegFacts> past_legs_;
  LegId first_leg_;
  Party caller_, callee_;
  std::string answered_by_;
  TimePoint start_{};
  std::optional<TimePoint> ring_, answer_, end_;
  HangupBy hangup_by_ = HangupBy::nobody;
  Cause cause_;
  bool outgoing_ = false;  // see start_outgoing()
  bool journalled_ = false;
  std::vector<std::function<void(TimePoint)>> until_journalled_;
  std::vector<Passing> passing_;
  std::uint64_t next_context_ = 1;
  Renegotiation renegotiation_;
  std::optional<std::pair<LegId, Source>> source_;  ///< what a leg hears that has nobody behind it
};

}  // namespace junctor::call
