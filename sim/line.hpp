#pragma once
// One call as a scripted phone sees it: an INVITE dialog, its offer/answer state and its audio. Made by Phone::dial()
// or by an INVITE that comes in; lives until the phone forgets it, so that a test can ask afterwards what happened.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "sim/speaker.hpp"
#include "sim/world.hpp"
#include "sip/message.hpp"
#include "sip/offer_answer.hpp"
#include "sip/sdp.hpp"
#include "srtp/sdes.hpp"

namespace junctor::sim {

class Phone;

enum class LineState : std::uint8_t {
  calling,   ///< INVITE sent, nothing heard
  ringback,  ///< 18x received
  ringing,   ///< an INVITE has come in and is unanswered
  answered,  ///< we sent 2xx, no ACK yet
  up,
  ended,
};

struct DialOptions {
  bool late_offer = false;  ///< no description in the INVITE (RFC 3264 §4)
  bool require_100rel = false;
  std::string replaces;  ///< a Replaces header
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::uint32_t> max_forwards;
};

struct RingOptions {
  int status = 180;
  bool with_sdp = false;
  bool reliable = false;  ///< RFC 3262
  std::string tag;        ///< another To tag: one branch of a fork downstream; empty: our own
};

class Line {
 public:
  Line(Phone& phone, std::uint16_t rtp_port);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  // --- what the person does -----------------------------------------------------------------------------------------
  void dial(std::string_view uri, DialOptions options);
  void cancel(std::string_view reason = {});
  void ring(RingOptions options = {});
  void answer(std::string_view tag = {});
  void reject(int status = 486);
  /// BYE; CANCEL or 480 when it is not answered yet.
  void hang_up();
  void hold() { reinvite(sip::sdp::Direction::sendonly); }
  void unhold() { reinvite(sip::sdp::Direction::sendrecv); }
  void reinvite(sip::sdp::Direction direction);
  /// A re-INVITE without a description: the other side offers.
  void reinvite_late();
  void change_codecs(std::vector<std::string> codecs);
  /// A re-INVITE with a fresh key for what we send.
  void change_key();
  /// UPDATE (RFC 3311) with an offer.
  void update(sip::sdp::Direction direction);
  /// UPDATE without a description: refreshes the session.
  void refresh();
  void refer(std::string_view target_uri);
  /// Attended transfer: the far end of this line shall be connected to the far end of `consultation`.
  void refer(const Line& consultation);
  /// Any other request in the dialog; its answer goes to answers().
  void send(sip::Method method, std::string_view content_type = {}, std::string_view body = {},
            std::vector<std::pair<std::string, std::string>> headers = {});
  /// Gone without a word, as after losing power.
  void vanish();

  Speaker& audio() { return speaker_; }
  const Speaker& audio() const { return speaker_; }
  void speak(double hz) { speaker_.speak(hz); }
  bool hears(double hz) const { return speaker_.hears(hz); }

  // --- what it finds ------------------------------------------------------------------------------------------------
  const Phone& phone() const { return phone_; }
  LineState state() const { return state_; }
  bool ringing() const { return state_ == LineState::ringing; }
  bool ringback() const { return state_ == LineState::ringback; }
  bool up() const { return state_ == LineState::up; }
  bool ended() const { return state_ == LineState::ended; }
  bool outgoing() const { return outgoing_; }
  /// The final answer to the first INVITE, received or sent; 0 before it, 408 when none came.
  int status() const { return status_; }
  bool hung_up_by_peer() const { return hung_up_by_peer_; }
  /// No answer came although one was due: the peer owes us.
  bool unanswered() const { return unanswered_; }
  const std::vector<int>& provisionals() const { return provisionals_; }
  bool early_media() const { return early_media_; }
  const sip::Message& invite() const { return invite_; }
  /// The final response, BYE or CANCEL that ended it; nothing otherwise.
  const std::optional<sip::Message>& last_words() const { return last_words_; }
  /// Reason header of these.
  std::string reason() const;
  const std::string& call_id() const { return call_id_; }
  const std::string& local_tag() const { return local_tag_; }
  const std::string& remote_tag() const { return remote_tag_; }
  std::string replaces() const { return call_id_ + ";to-tag=" + remote_tag_ + ";from-tag=" + local_tag_; }
  const std::optional<sip::sdp::Session>& remote_sdp() const { return remote_sdp_; }
  const std::optional<sip::sdp::Session>& local_sdp() const { return local_sdp_; }
  /// What we may do after the last offer/answer.
  sip::sdp::Direction direction() const;
  bool on_hold_by_peer() const;

  /// Requests inside the dialog that came, by method; with the bodies of INFO, MESSAGE, NOTIFY.
  struct Got {
    sip::Method method;
    std::string body;
    sip::Message message;
    std::string header(std::string_view name) const { return std::string(message.header(name).value_or("")); }
  };
  const std::vector<Got>& got() const { return got_; }
  int count(sip::Method method) const;
  /// The newest of that method; null: none came.
  const Got* last_got(sip::Method method) const;
  /// Statuses of our requests inside the dialog: 0 while unanswered, 408 when nobody did.
  struct Asked {
    sip::Method method;
    int status = 0;
  };
  const std::vector<Asked>& asked() const { return asked_; }
  int last_asked(sip::Method method) const;
  /// Statuses told by NOTIFY after refer().
  const std::vector<int>& transfer_progress() const { return transfer_progress_; }
  int glares() const { return glares_; }
  int reinvites_done() const { return reinvites_done_; }

 private:
  friend class Phone;

  enum class Pending : std::uint8_t { none, ours, theirs };

  // the dialog
  sip::Message request(sip::Method method);
  Address next_hop() const;
  void learn_route(const sip::Message& message);
  void end(int status, bool by_peer);
  void ask(sip::Message message, std::function<void(const sip::Message*)> then);

  // outgoing INVITE
  void send_invite();
  void on_invite_response(const sip::Message* response);
  void on_provisional(const sip::Message& response);
  void on_answered(const sip::Message& response);
  void on_refused(const sip::Message& response);
  void send_ack(const sip::Message& response, std::string_view body);
  void send_prack(const sip::Message& provisional);

  // incoming
  void on_invite(const sip::Message& invite);
  void on_request(const sip::Message& message);
  void on_reinvite(const sip::Message& message);
  void on_update(const sip::Message& message);
  void on_prack(const sip::Message& message);
  void on_notify(const sip::Message& message);
  void answer_message(const sip::Message& message);
  void on_refer(const sip::Message& message);
  void tell_of_refer(int status, std::vector<int> then);
  void follow_refer(Line& called, std::shared_ptr<bool> called_alive, int told);
  void notify_refer(int status, bool last);
  void on_bye(const sip::Message& message);
  void on_ack(const sip::Message& message);
  void on_cancel(const sip::Message& message);
  void on_ack_missing();
  sip::Message response(const sip::Message& request, int status, std::string_view tag = {});
  void send_reliably(sip::Message provisional);
  void retransmit_provisional(Duration interval);
  void send_answer(std::string_view tag);
  void send_bye();

  // re-INVITE and UPDATE that we send
  void send_reinvite(bool with_offer);
  void on_reinvite_response(const sip::Message* response);
  void send_update(bool with_offer);

  // offer/answer
  sip::sdp::LocalAudio wanted(sip::sdp::Direction direction) const;
  std::string make_offer(sip::sdp::Direction direction);
  /// The answer to `body`; nothing when we have no common codec.
  std::string_view allowed_methods() const;
  std::optional<std::string> make_answer(std::string_view body);
  void take_answer(std::string_view body);
  void apply_media();
  std::vector<sip::sdp::Attribute> keys_to_offer();
  bool answer_keys(const sip::sdp::Session& offer, sip::sdp::LocalAudio& audio);
  std::optional<media::SrtpKeys> agreed_keys() const;
  void check_version(const sip::sdp::Session& next);

  // session timer
  void start_session_timer(const sip::Message& message, bool we_are_uac);
  void add_session_timer(sip::Message& response, const sip::Message& request);

  void complain(std::string what);
  World::EventId later(Duration delay, std::function<void()> action);

  Phone& phone_;
  World& world_;
  Speaker speaker_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  LineState state_ = LineState::calling;
  bool outgoing_ = false;
  int status_ = 0;
  bool hung_up_by_peer_ = false, unanswered_ = false, early_media_ = false, cancelled_ = false, bye_on_ack_ = false;
  std::vector<int> provisionals_;
  std::optional<sip::Message> last_words_;

  // dialog
  std::string call_id_, local_tag_, remote_tag_, local_uri_, remote_uri_, remote_target_;
  std::vector<std::string> routes_;
  std::uint32_t local_cseq_ = 0;
  std::optional<std::uint32_t> remote_cseq_;
  bool peer_allows_update_ = false;

  // the first INVITE
  sip::Message invite_;
  DialOptions options_;
  std::string invite_branch_;
  int attempts_ = 0;  // with credentials, or with a longer session interval
  std::optional<std::pair<sip::HeaderId, std::string>> authorization_;
  std::uint32_t session_wanted_ = 0;
  std::optional<sip::Message> ack_;  // for the last 2xx, kept for its retransmissions
  std::uint32_t last_rseq_ = 0;

  // reliable provisionals that we send
  std::uint32_t own_rseq_ = 0;
  std::optional<sip::Message> unacknowledged_;
  World::EventId prack_timer_;
  bool answer_waits_for_prack_ = false;

  // offer/answer
  std::vector<std::string> codecs_;
  sip::sdp::Direction wanted_ = sip::sdp::Direction::sendrecv;
  std::optional<sip::sdp::Session> local_sdp_, remote_sdp_, offered_sdp_;
  Pending offer_ = Pending::none;
  std::vector<srtp::Crypto> own_keys_;  // one for each suite, tags from 1

  // re-INVITE
  std::optional<sip::Message> reinvite_;  // theirs, not acknowledged yet
  bool reinvite_pending_ = false;         // ours
  bool reinvite_has_offer_ = false;
  std::uint32_t answer_due_in_ack_ = 0;  // CSeq of the INVITE whose 2xx had our offer
  World::EventId glare_timer_;
  int glares_ = 0, reinvites_done_ = 0;

  // session timer
  std::uint32_t session_seconds_ = 0;
  World::EventId session_timer_;

  std::vector<Got> got_;
  std::vector<Asked> asked_;
  std::vector<int> transfer_progress_;
  std::string refer_id_;  // CSeq of the REFER that came
  bool notify_unanswered_ = false;
};

}  // namespace junctor::sim
