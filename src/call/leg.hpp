#pragma once
// A Leg is one far end of a call: its SIP dialog, what both sides said about audio, and its media port. Direction is a
// field, not two classes. The leg obeys its Call (the verbs below) and tells it what the far end does (LegOwner); it
// knows nothing of other legs. RFC 3261 §12-15, RFC 3262, RFC 3264, RFC 3311, RFC 4028, RFC 6026.
//
// Two offer/answer exchanges can be told apart: the initial INVITE's, and a later one (re-INVITE or UPDATE), of which
// there is at most one at a time; a second one meets 491 or 500.
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_wheel.hpp"
#include "call/digits.hpp"
#include "call/negotiation.hpp"
#include "call/saved_leg.hpp"
#include "call/vocabulary.hpp"
#include "media/media.hpp"
#include "sip/dialog.hpp"
#include "sip/digest.hpp"
#include "sip/dtmf_info.hpp"
#include "sip/header_rules.hpp"
#include "sip/message.hpp"
#include "sip/sdp.hpp"
#include "transaction/session_timer.hpp"
#include "transport/endpoint.hpp"

namespace junctor::call {

class Leg;
class Mixer;
class Plays;

/// What legs use; all of it outlives them.
struct Services {
  transport::Endpoint& endpoint;
  media::Plane& media;
  Plays& plays;
  TimerWheel& timers;
  TimerTarget& timer_target;  ///< gets Leg::timer_token()s
  Random& random;
};

/// The part of the configuration that a call keeps from its beginning to its end.
struct CallSettings {
  transaction::SessionTimerPolicy session_timer;
  bool hold_music = false;             ///< who is held hears music of ours
  Duration rtp_timeout = seconds(60);  ///< a leg whose audio is due and does not come is hung up; zero: never
  std::string product = "Junctor";     ///< User-Agent and Server
  sip::HeaderRules header_rules;       ///< what of a caller's INVITE goes onto the INVITE to the called side
  std::vector<IpAddress> media_bound;  ///< rtp.address; a wildcard says nothing
  std::vector<IpAddress> public_ip;    ///< network.public_ip, which goes before the bound address
  std::string node = "1";              ///< prefix of tags and Call-IDs that we make
  sip::digest::HashFunctions hashes;
  bool srtp_over_plain_sip = false;  ///< keys of SRTP may stand in descriptions that anybody on the way can read
};

/// What a request that is passed from one leg to another, or made by an app, carries besides the dialog's headers.
struct Payload {
  std::string content_type;
  std::string body;
  Headers headers;
};

/// Told by a leg. During these calls the leg is alive and may be given commands.
class LegOwner {
 public:
  virtual ~LegOwner() = default;
  virtual void on_ringing(Leg& leg, int status, bool with_media, TimePoint now) = 0;
  /// Outbound: the INVITE is on the wire.
  virtual void on_calling(Leg&, TimePoint) {}
  /// Outbound: the 2xx came. If we had offered, the ACK is sent; else `remote()` is the far end's offer and ack() is
  /// due.
  virtual void on_answered(Leg& leg, TimePoint now) = 0;
  /// Inbound, or a re-INVITE: the ACK came; with_answer: we had offered in the 2xx, and remote() is the answer.
  virtual void on_acknowledged(Leg& leg, bool with_answer, TimePoint now) = 0;
  /// The far end does not want to hear us any more, or wants to again.
  virtual void on_hold(Leg& leg, bool holds, TimePoint now) = 0;
  /// Outbound, before it was answered.
  virtual void on_failed(Leg& leg, const Cause& cause, std::optional<std::uint32_t> retry_after, TimePoint now) = 0;
  /// Over: BYE, CANCEL, or a broken dialog. Not told after our own hang_up().
  virtual void on_gone(Leg& leg, const Cause& cause, TimePoint now) = 0;
  /// A re-INVITE or UPDATE with an offer (remote_offer()), or, if there is none, a re-INVITE that asks for ours. Answer
  /// by answer_offer(), offer_in_answer() or refuse_offer().
  virtual void on_offer(Leg& leg, TimePoint now) = 0;
  /// The far end cancelled its re-INVITE before we answered.
  virtual void on_offer_withdrawn(Leg& leg, TimePoint now) = 0;
  /// Our offer was accepted; or our re-INVITE without one brought an offer (remote_offer() set), and ack() is due.
  virtual void on_offer_accepted(Leg& leg, TimePoint now) = 0;
  virtual void on_offer_refused(Leg& leg, int status, TimePoint now) = 0;
  /// INFO, MESSAGE, NOTIFY, OPTIONS inside the dialog. Answer by respond(id, …), or keep it by keep_asked().
  virtual void on_message(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) = 0;
  /// One that was kept was not answered in time. Answer it.
  virtual void on_message_due(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) = 0;
  virtual void on_message_answered(Leg& leg, std::uint64_t context, const sip::Message& response, TimePoint now) = 0;
  /// It sits in another mixer than before.
  virtual void on_seated(Leg&) {}
  /// verdict() is another than before.
  virtual void on_judged(Leg&, TimePoint) {}
  /// REFER; answer by accept_refer() or respond(id, …).
  virtual void on_refer(Leg& leg, TransactionId id, const sip::Message& request, TimePoint now) = 0;
  /// Signalling and media are finished: the leg may be destroyed once this returns to the event loop.
  virtual void on_finished(Leg& leg, TimePoint now) = 0;
};

enum class LegState : std::uint8_t {
  locating,  ///< outbound: waiting for DNS
  calling,   ///< outbound: INVITE sent;  inbound: INVITE received
  ringing,   ///< 18x seen or sent
  answered,  ///< 2xx seen or sent, ACK still due
  established,
  leaving,  ///< CANCEL or BYE is on its way
  ended,
};

/// Where an outbound leg goes.
struct Destination {
  std::string uri;                  ///< Request-URI and To
  transport::Target target;         ///< where to send: the flow of a registration, or empty to go by Route or URI
  std::vector<std::string> routes;  ///< Path of the registration, as Route values
  std::vector<std::string> codecs;  ///< codecs allowed, in order; empty: any
  std::optional<sip::digest::Account> account;  ///< to answer 401 and 407 with
  SrtpPolicy srtp = SrtpPolicy::off;
  media::VoiceProcessing voice;  ///< of what it will say
};

/// Of a far end, wherever it sits.
struct Muting {
  bool says = false;   ///< nobody hears it
  bool hears = false;  ///< it hears nobody
  bool operator==(const Muting&) const = default;
};

class Leg {
 public:
  enum class Timer : std::uint8_t { refresh, expire, acknowledge, voice, hold, refer, asked, count };
  /// How long a request of the far end can be kept: before it stops waiting for an answer (timer F, 32 s).
  static constexpr Duration take_max = seconds(25);

  Leg(LegId id, LegKind kind, LegDirection direction, Services services, std::shared_ptr<const CallSettings> settings,
      LegOwner& owner);
  ~Leg();
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;

  /// What outlives a restart; nothing while the leg is not established or an offer waits for its answer: then what was
  /// saved before still holds.
  std::optional<SavedLeg> saved() const;
  /// The leg goes on as the saved one would have; the session timer runs on. `port` has the numbers that were
  /// advertised, and is opened and told by its owner. Null when the dialog or a description cannot be read.
  static std::unique_ptr<Leg> restore(LegId id, const SavedLeg& saved, const media::PortLease& port,
                                      std::optional<sip::digest::Account> account, Services services,
                                      std::shared_ptr<const CallSettings> settings, LegOwner& owner, TimePoint now);

  // -- facts
  LegId id() const { return id_; }
  LegKind kind() const { return kind_; }
  LegDirection direction() const { return direction_; }
  LegState state() const { return state_; }
  bool is_up() const { return state_ == LegState::established || state_ == LegState::answered; }
  const std::string& sip_call_id() const { return call_id_; }
  const std::string& local_tag() const { return local_tag_; }
  const Party& far_end() const { return far_end_; }
  const std::string& uri() const { return far_end_.uri; }
  Address address() const { return hop_ ? hop_->remote : Address{}; }
  const sip::Message* invite() const { return initial_request_ ? &*initial_request_ : nullptr; }
  /// What the far end last said and agreed to (or offered in an INVITE that is still open); null: nothing yet.
  const sip::sdp::Session* remote() const { return remote_ ? &*remote_ : nullptr; }
  const sip::sdp::Session* local() const { return local_ ? &*local_ : nullptr; }
  /// The offer of the exchange that waits for us, initial or later; null: it asks for ours.
  const sip::sdp::Session* remote_offer() const { return offer_ ? &*offer_ : nullptr; }
  /// A re-INVITE or UPDATE of the far end waits for answer_offer(), offer_in_answer() or refuse_offer().
  bool wants_our_response() const { return exchange_ == Exchange::theirs && exchange_request_.has_value(); }
  /// A 2xx of the far end brought an offer, and ack() has not answered it yet.
  bool owes_answer_in_ack() const { return offer_in_2xx_; }
  bool offer_came_by_update() const { return exchange_request_ && exchange_request_->method() == sip::Method::update; }
  bool exchange_open() const { return exchange_ != Exchange::none; }
  bool media_answered() const { return local_ && remote_; }
  const media::PortLease* port() const { return port_ ? &*port_ : nullptr; }
  /// It has a port, and has not begun to close it.
  bool port_is_open() const { return port_ && !port_closing_; }
  /// And the worker knows what was agreed on for it.
  bool port_is_ready() const { return port_is_open() && ready_port_ == port_->id; }
  const media::PortStats& stats() const { return stats_; }
  LocalMedia local_media() const;
  /// What its far end said there, for a description that another one gets. A phone that takes INFO is told of digits
  /// that way, so that the other one may send telephone-events in any case. That we hold it is no business of others.
  std::optional<MediaWish> wish_in(const sip::sdp::Session& said) const;
  /// The suite that its audio is encrypted with; empty: plain, or not agreed on yet.
  std::string_view srtp_suite() const;
  /// Key presses reach it in RTP.
  bool has_telephone_event() const;
  const Muting& muting() const { return muting_; }
  const media::VoiceProcessing& voice_processing() const { return voice_processing_; }
  /// What it says is, or in this moment still is, worked on or listened to.
  bool voice_is_processed() const { return voice_processing_.wanted() || voice_timer_; }
  /// The last of speech, its end, silence and dead air that was heard while its voice was listened to.
  std::optional<media::VoiceEvent> voice_heard() const { return voice_heard_; }
  TimePoint voice_heard_at() const { return voice_heard_at_; }
  bool voice_clips() const { return voice_clips_; }
  /// By its Allow, or because it sends INFO itself.
  bool takes_info() const { return far_end_allows_info_; }
  /// By its Allow.
  bool takes_refer() const { return far_end_allows_refer_; }
  /// We hold it; see hold().
  bool held() const { return held_; }
  /// A REFER of ours has not ended.
  bool is_referred() const { return refer_.has_value(); }
  bool replaces_match(std::string_view to_tag, std::string_view from_tag) const;
  const sip::Dialog* dialog() const { return dialog_ ? &*dialog_ : nullptr; }

  TimePoint started{};
  std::optional<TimePoint> answered_at;
  std::optional<TimePoint> ended_at;
  Cause cause;  ///< why it ended
  /// What its port was called on other workers; kept by the call table.
  std::vector<PortId> former_ports;
  LegId peer;                ///< whom it talks to; kept by the Call
  LegId exchange_for;        ///< the leg whose offer ours passes on; kept by the Call
  Mixer* mixer = nullptr;    ///< where it sits; kept by the mixer
  std::string label;         ///< for people: "user:1002"
  DigitSource told_digits;   ///< what it told of key presses; kept by the Call
  bool key_is_copy = false;  ///< of the key that is down; kept by the Call
  bool audio_timed_out = false;
  bool holds = false;  ///< the far end does not want to hear us
  bool kept = false;   ///< an app keeps it although it talks to no other leg
  /// Why its audio is not good at present, as in LegFacts::verdict; empty: it is, or none is due.
  std::string_view verdict() const;

  // -- inbound: the initial INVITE
  void start_inbound(TransactionId invite, const sip::Message& request, const transport::Source& source, Party caller,
                     std::vector<std::string> codecs, SrtpPolicy srtp, TimePoint now);
  bool take_port(Family family, std::optional<std::uint32_t> worker);
  /// The open port goes to `worker`, unless it is there: the same for the far end, another PortId for us. The leg
  /// leaves the mixer that it sat in.
  void move_port(std::uint32_t worker);
  void ring(int status, const sip::sdp::Session* answer, TimePoint now);
  /// 200: with our answer, or with our offer if the INVITE had none.
  void accept(const sip::sdp::Session* description, TimePoint now);
  void reject(const Cause& why, TimePoint now, const Headers& headers = {});

  // -- outbound
  struct OutboundInvite {
    Destination to;
    Party from;             ///< shown to the far end
    std::string from_host;  ///< host of From; empty: our address
    std::uint32_t max_forwards = 70;
    Headers headers;
    std::optional<sip::Message> passed;   ///< headers of another leg's INVITE that the rules let through
    std::optional<MediaWish> wish;        ///< what to offer; nothing: the far end shall offer (late offer)
    std::optional<std::uint32_t> worker;  ///< where the port shall be
  };
  /// Finds the way first; the INVITE goes out at once or, when DNS is asked, from on_located().
  void start_outbound(OutboundInvite invite, TimePoint now);
  void on_located(std::span<const transport::Hop> hops, TimePoint now);
  /// The ACK with our answer, for a 2xx that had the offer.
  void ack(const sip::sdp::Session& answer, TimePoint now);

  // -- both
  /// From now on, while it talks and through every change of whom it talks to. Off as it begins.
  void process_voice(const media::VoiceProcessing& what, TimePoint now);
  /// Likewise.
  void mute(const Muting& what);

  // -- both, once there is a dialog
  /// A re-INVITE (or UPDATE, if `prefer_update` and the far end allows it); null: ask for the far end's offer.
  void send_offer(const sip::sdp::Session* offer, bool prefer_update, TimePoint now);
  void cancel_offer(TimePoint now);
  /// Holds the far end by a re-INVITE of ours (a=sendonly, or inactive while it holds us), or lets it talk again
  /// (sendrecv): from the 200 on it hears what is played to it alone and nobody else, and nobody hears it. Waits its
  /// turn where another exchange is open; 491 is tried again after the time of RFC 3261 §14.1, within hold_patience.
  /// `done` may be told before this returns. wrong_state: it is so already, or is about to be.
  Result<void, Refusal> hold(bool on, Replied done, TimePoint now);
  /// Not held any more, as far as we are concerned; the far end learns of it by the next offer.
  void forget_hold(TimePoint now);
  void answer_offer(const sip::sdp::Session& answer, TimePoint now);
  void offer_in_answer(const sip::sdp::Session& offer, TimePoint now);
  void refuse_offer(int status, TimePoint now);
  /// Sends a request inside the dialog; the answer comes by on_message_answered with `context` unless that is 0.
  void send_request(std::string_view method, const Payload& payload, std::uint64_t context, TimePoint now);
  /// The same for an app: MESSAGE, NOTIFY (with Event and Subscription-State among the headers), INFO or OPTIONS.
  Result<void, Refusal> ask(sip::Method method, const Payload& payload, Replied replied, TimePoint now);
  struct Refer {
    std::string target;    ///< a URI
    std::string replaces;  ///< of the dialog that the new one takes the place of, as in a Replaces header; empty: none
    std::string referred_by;  ///< a URI; empty: none
    Duration deadline = seconds(30);
  };
  /// Asks the far end to call the target (RFC 3515). One at a time.
  Result<void, Refusal> refer(const Refer& what, ReferTold told, TimePoint now);
  /// Tells it of key presses (0-9 * # A-D), after those that wait already: by telephone-event, where that was agreed
  /// on, else one by one by INFO, where `gap` is the far end's answer.
  Result<void, Refusal> send_digits(std::string_view digits, Duration duration, Duration gap, TimePoint now);
  void respond(TransactionId id, int status, TimePoint now, const Payload& payload = {});
  /// The request waits for respond() until `due`; then on_message_due() is told.
  void keep_asked(TransactionId id, TimePoint due);
  /// It is kept no longer, and still to be answered.
  void release_asked(TransactionId id);
  /// One that was kept and waits; null: none.
  const sip::Message* kept_request(TransactionId id) const;
  void accept_refer(TransactionId id, TimePoint now);
  /// Progress of a REFER that we accepted, as a message/sipfrag NOTIFY (RFC 3515 §2.4.5). One at a time: what comes
  /// while an earlier one is unanswered replaces what waits. After the last one, or a refusal of one, nothing is sent.
  void notify_refer(int status, bool last, TimePoint now);
  /// CANCEL, BYE, or a final refusal, whatever is right at the moment. `why` becomes a Reason header.
  void hang_up(const Cause& why, TimePoint now);

  // -- from the call table
  void on_request(TransactionId id, const sip::Message& request, const transport::Source& source, TimePoint now);
  void on_ack(const sip::Message& ack, TimePoint now);
  void on_cancel(TransactionId invite, TimePoint now);
  void on_response(TransactionId id, const sip::Message& response, transport::Origin origin, TimePoint now);
  void on_server_end(TransactionId id, transport::ServerEnd why, TimePoint now);
  void on_timer(Timer timer, TimePoint now);
  void on_media(const media::Event& event, TimePoint now);
  /// From its new mixer.
  void on_seated() { owner_->on_seated(*this); }
  /// Another call, or nobody in particular, is told from now on.
  void set_owner(LegOwner& owner) { owner_ = &owner; }
  bool finished() const { return state_ == LegState::ended && !port_ && pending_.empty(); }

 private:
  enum class Exchange : std::uint8_t { none, ours, theirs };
  enum class Request : std::uint8_t {
    invite,
    reinvite,
    update,
    refresh,
    notify /* of a REFER's progress */,
    digit,
    refer,
    aside /* its answer changes nothing */,
    bye,
    other
  };
  struct Pending {
    TransactionId id;
    Request kind = Request::other;
    std::uint64_t context = 0;
    std::unique_ptr<sip::Message> request;  // only kept where a challenge may have to be answered
    TimePoint sent{};
    Replied replied = nullptr;
  };
  struct Asked {  // of theirs, that the owner still has to answer
    TransactionId id;
    sip::Message request;
    std::optional<TimePoint> due = std::nullopt;  // it is kept until then
  };
  /// What an offer of ours is for, and so who is told of its answer.
  enum class Purpose : std::uint8_t { owner, refresh, hold };
  struct HoldWish {
    bool on = false;
    Replied done;
    TimePoint since{};
  };
  struct OurRefer {
    ReferTold told;
    bool accepted = false;
  };
  struct ReferProgress {
    int status = 100;
    bool last = false;
  };
  struct EarlyDialog {
    sip::Dialog dialog;
    std::uint32_t rseq = 0;  // last one acknowledged
  };

  static constexpr std::size_t asked_max = 16;   ///< unanswered requests of the far end inside the dialog
  static constexpr std::size_t asking_max = 64;  ///< of an app, unanswered
  /// How long a hold may wait for its turn and for the far end to stop answering 491.
  static constexpr Duration hold_patience = seconds(20);
  /// An ACK that has not come by then, with three retransmissions of the 2xx, is a fault.
  static constexpr Duration ack_patience = seconds(4);
  static constexpr std::size_t digits_max = 64;  ///< key presses that wait to be told by INFO
  static constexpr std::size_t forks_max = 16;   ///< early dialogs of one INVITE
  /// What is switched off fades out before samples are no longer needed.
  static constexpr Duration voice_fade = milliseconds(200);

  // leg.cpp
  sip::Dialog* dialog_for(const sip::Message& request);
  transport::Target target_for(const sip::Message& request) const;
  bool may_go(const sip::Message& request, const transport::Target& target) const;
  void finish_request(sip::Message& request) const;
  TransactionId send(sip::Message request, Request kind, std::uint64_t context, TimePoint now,
                     Replied replied = nullptr);
  void finish_response(sip::Message& response, const sip::Message& request) const;
  SrtpTerms srtp_terms() const;
  void apply_media(TimePoint now);
  void note_voice(const media::VoiceHeard& heard);
  void close_port(TimePoint now);
  void begin_leaving(const Cause& why, TimePoint now);
  void end(TimePoint now);
  void gone(Cause why, TimePoint now);
  void send_bye(const Cause& why, TimePoint now);
  bool add_credentials(sip::Message& request, const sip::Message& challenge);
  bool repeat_with_credentials(Pending& pending, const sip::Message& response, TimePoint now);
  void on_bye(TransactionId id, const sip::Message& request, TimePoint now);
  void note_allowed(const sip::Message& message);
  void leave_exchange(TimePoint now);
  void schedule_session_timer(TimePoint now);
  void await_ack(TransactionId invite, TimePoint now);
  void judge_ack(bool late, TimePoint now);
  void check_finished(TimePoint now);
  std::string contact() const;
  std::uint64_t timer_token(Timer timer) const;

  // leg_requests.cpp
  void send_notify(TimePoint now);
  void on_notify_answered(int status, TimePoint now);
  void tell_next_digit(TimePoint now);
  void on_digit_answered(int status, TimePoint now);
  bool is_refer_progress(const sip::Message& notify) const;
  void on_refer_progress(TransactionId id, const sip::Message& notify, TimePoint now);
  void on_refer_answered(int status, TimePoint now);
  void tell_refer(ReferNews news, TimePoint now);
  void watch_asked();
  void on_asked_due(TimePoint now);
  void give_up_requests(TimePoint now);

  // leg_inbound.cpp
  sip::Message invite_response(int status, std::string_view reason, TimePoint now);

  // leg_outbound.cpp
  void send_invite(TimePoint now);
  void on_invite_response(const sip::Message& response, transport::Origin origin, TimePoint now);
  void on_provisional(const sip::Message& response, TimePoint now);
  void on_invite_success(const sip::Message& response, TimePoint now);
  void on_invite_failure(const sip::Message& response, transport::Origin origin, TimePoint now);
  void release_fork(const sip::Message& response, TimePoint now);
  EarlyDialog* early_dialog(const sip::Message& response);
  bool acknowledge_provisional(const sip::Message& provisional, TimePoint now);
  void send_ack(TimePoint now, std::string body = {});
  void repeat_ack(const sip::Message& response, TimePoint now);
  void put_ack(std::uint32_t cseq, std::string_view body, TimePoint now);

  // leg_offer.cpp
  void on_reinvite(TransactionId id, const sip::Message& request, TimePoint now);
  void on_update(TransactionId id, const sip::Message& request, TimePoint now);
  void on_prack(TransactionId id, const sip::Message& request, TimePoint now);
  void begin_exchange(TransactionId id, const sip::Message& request, TimePoint now);
  void on_offer_response(Request kind, const sip::Message& response, TimePoint now);
  void on_refresh_response(const sip::Message& response, TimePoint now);
  void refresh_session(TimePoint now);
  void try_hold(TimePoint now);
  void on_hold_refused(const sip::Message& response, TimePoint now);
  void end_hold(int status, TimePoint now);
  void wait_for_hold(Duration time, TimePoint now);

  const LegId id_;
  const LegKind kind_;
  const LegDirection direction_;
  Services services_;
  const std::shared_ptr<const CallSettings> settings_;
  LegOwner* owner_;
  LegState state_ = LegState::calling;

  // dialog
  std::string call_id_, local_tag_;
  Party far_end_;
  std::optional<sip::Dialog> dialog_;
  std::vector<EarlyDialog> early_;
  std::optional<transport::Hop> hop_;  // the way to the far end
  std::optional<sip::Message> initial_request_;
  TransactionId initial_;          // INVITE transaction, server or client
  TransactionId acked_invite_;     // the INVITE server transaction whose 2xx waits for its ACK
  std::uint32_t invite_cseq_ = 0;  // of our last INVITE
  std::uint32_t acked_cseq_ = 0;   // of our INVITE whose 2xx was last acknowledged
  std::string ack_body_;           // what that ACK carried
  std::vector<Pending> pending_;
  std::vector<Asked> asked_;
  TimerId asked_timer_;
  std::optional<OutboundInvite> outbound_;
  std::uint32_t credential_tries_ = 0;
  std::uint32_t interval_tries_ = 0;
  std::string referred_id_;                   // CSeq of the REFER, for Event: refer;id=
  bool referring_ = false;                    // its subscription is open: the last NOTIFY was not asked for yet
  bool notify_open_ = false;                  // a NOTIFY is not answered yet
  std::optional<ReferProgress> next_notify_;  // what to tell after that
  std::optional<OurRefer> refer_;
  std::uint32_t refer_cseq_ = 0;  // of our last REFER, for Event: refer;id=; 0: there was none
  TimerId refer_timer_;
  std::deque<sip::DtmfInfo> untold_digits_;
  bool digit_open_ = false;  // an INFO of one is not answered yet
  bool far_end_allows_update_ = false;
  bool far_end_allows_info_ = false;
  bool far_end_allows_refer_ = false;
  bool far_end_100rel_ = false;
  bool bye_after_ack_ = false;
  bool bye_after_notify_ = false;
  Cause bye_cause_;

  // offer/answer
  Exchange exchange_ = Exchange::none;
  TransactionId exchange_transaction_;
  std::optional<sip::Message> exchange_request_;  // theirs: what we answer
  std::optional<sip::sdp::Session> offer_;        // of the open exchange, whoever made it
  bool answer_in_ack_ = false;                    // we offered in a 2xx; the answer comes with the ACK
  bool offer_in_2xx_ = false;                     // they offered in a 2xx; our ACK has the answer
  Purpose purpose_ = Purpose::owner;              // of the open exchange, if it is ours
  bool held_ = false;
  std::optional<HoldWish> hold_wish_;
  TimerId hold_timer_;
  bool answered_reliably_ = false;  // the initial offer was answered in a reliable 18x
  std::optional<sip::sdp::Session> local_, remote_;
  std::uint64_t session_id_ = 0;

  // media
  std::optional<media::PortLease> port_;
  PortId ready_port_;
  bool port_closing_ = false;
  media::PortStats stats_;
  std::vector<std::string> codecs_;
  SrtpPolicy srtp_ = SrtpPolicy::off;
  bool signalling_encrypted_ = false;  // to the next hop, wherever that may be

  transaction::SessionTimer session_timer_;
  Muting muting_;
  media::VoiceProcessing voice_processing_;
  TimerId voice_timer_;  // while it fades out
  std::optional<media::VoiceEvent> voice_heard_;
  TimePoint voice_heard_at_{};
  bool voice_clips_ = false;
  TimerId refresh_timer_, expire_timer_;
  TimerId ack_timer_;  // when the ACK of our 2xx is overdue
  bool ack_late_ = false;
};

}  // namespace junctor::call
