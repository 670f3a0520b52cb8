#pragma once
// The words that everybody speaks who wants something of a call or learns of one: apps, control, the console. Commands
// are answered when their effect is on the wire; events are told once, in order, on the control thread.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "call/digits.hpp"
#include "media/media.hpp"

namespace junctor::call {

enum class LegKind : std::uint8_t { device, trunk, guest };
std::string_view to_string(LegKind kind);

enum class LegDirection : std::uint8_t { inbound, outbound };  ///< inbound: the far end called us

/// What a far end is called: the user part of its URI, a name for people, and the whole URI.
struct Party {
  std::string number;
  std::string name;
  std::string uri;
};

/// Why something ended. `status` is the SIP status (0: none was sent or received), `q850` the cause of ITU-T Q.850.
struct Cause {
  int status = 0;
  int q850 = 0;
  std::string text;
};

/// The cause that goes with a SIP status, and with Q.850 16 for an ordinary end (RFC 3398 §7.2.4.1, the interface's
/// table).
Cause cause_of_status(int status, std::string_view text = {});
Cause normal_clearing();
/// Q.850 26, non-selected user clearing: another leg answered first. Phones then show no missed call.
inline constexpr int q850_answered_elsewhere = 26;
Cause answered_elsewhere();

enum class HangupBy : std::uint8_t { nobody, caller, callee, hub };
std::string_view to_string(HangupBy by);

/// Name and value of a header that goes onto a request as it is.
using Headers = std::vector<std::pair<std::string, std::string>>;

// -- what comes of a request that an app has a leg send inside its dialog

/// The final response.
struct Reply {
  int status = 0;  ///< 408 and 503 also when nobody answered or could be reached; 0: the leg was over before
  std::string content_type, body;
  Duration round_trip{};  ///< from the (last) sending of the request to its response
};
/// Told exactly once, and may give commands at once.
using Replied = std::function<void(const Reply& reply, TimePoint now)>;

/// How a REFER of ours is getting on (RFC 3515). accepted and trying may be followed by others; after any other one
/// nothing more is told, and exactly one of those comes.
struct ReferNews {
  enum class Step : std::uint8_t {
    accepted,   ///< 202, or a NOTIFY that came before it
    trying,     ///< a provisional status, by NOTIFY
    succeeded,  ///< 2xx by NOTIFY
    failed,     ///< 300 or above by NOTIFY; status 0: the subscription ended without saying how it went
    refused,    ///< the REFER itself, with this status
    timeout,    ///< nothing final came in time
    gone,       ///< the leg was over before
  };
  Step step = Step::accepted;
  int status = 0;
};
using ReferTold = std::function<void(const ReferNews& news, TimePoint now)>;

// -- events. Every event names its call; `leg` is the leg it happened on.

/// A new call: its first leg asks to be answered. Nothing has been sent to it but 100.
struct Incoming {
  LegId leg;
};
/// A new call that the hub makes by itself, or for a program. It has no leg yet.
struct Outgoing {};
/// An outgoing leg's INVITE is on the wire.
struct LegCalling {
  LegId leg;
};
/// 18x: with_media if the far end sent a description of its audio with it (early media).
struct LegRinging {
  LegId leg;
  int status = 180;
  bool with_media = false;
};
struct LegAnswered {
  LegId leg;
};
/// An outgoing leg that never was answered: refused, timed out or cancelled by us.
struct LegFailed {
  LegId leg;
  Cause cause;
  std::optional<std::uint32_t> retry_after_secs;
};
/// A leg that is over after it was answered, or an incoming one that was cancelled.
struct LegGone {
  LegId leg;
  Cause cause;
  bool by_far_end = true;
};
/// The caller has got its 200. `with` is the leg that it talks to; none: the hub itself.
struct Answered {
  LegId leg;
  LegId with;
};
/// Two legs were brought together.
struct Connected {
  LegId a, b;
};
/// The far end holds whom it talks to, or does not any more.
struct Hold {
  LegId leg;
  bool on = false;
};
/// A key went down. Digit follows when it is up again.
struct KeyDown {
  LegId leg;
};
/// A key press, once, whichever way it was told: telephone-event, INFO, or tones where a leg without telephone-event
/// sits in a mixer. Told when the key is up. What the leg's peer is told of it is the call's business.
struct Digit {
  LegId leg;
  char digit = 0;
  DigitKind kind = DigitKind::event;
  std::optional<Duration> duration;  ///< nothing: the INFO did not say
};
/// The far end asks us to call somebody for it (RFC 3515). Has been answered 202; tell it more by
/// Calls::refer_progress().
struct Referred {
  LegId leg;
  std::string target;
  std::string replaces;
  std::string referred_by;
};
/// MESSAGE, NOTIFY, INFO or OPTIONS inside the dialog, but no key press and nothing about a REFER of ours.
struct MessageReceived {
  LegId leg;
  TransactionId request;  ///< for Calls::respond() and Calls::pass_on(), while it is taken
  std::string method, content_type;
  std::string event_package;  ///< the Event header of a NOTIFY
  std::string body;
  bool taken = false;  ///< it waits for an app; else it went to the leg's peer or has been answered
};
/// No audio arrives where audio is due.
struct AudioTimeout {
  LegId leg;
};
/// The leg's audio is not good, or is good again (LegFacts::verdict has the word): see docs/troubleshooting.md.
struct AudioJudged {
  LegId leg;
  std::string verdict;  ///< empty: good
};
/// What somebody's voice does, of a leg whose VoiceProcessing wants to know.
struct VoiceHeard {
  LegId leg;
  media::VoiceEvent what = media::VoiceEvent::silence;
  TimePoint at{};  ///< when it was; told a little later
};
/// The leg sits in another mixer than before (Leg::mixer).
struct Seated {
  LegId leg;
};
/// The one terminal event. The call is gone when this has been told.
struct Ended {
  HangupBy by = HangupBy::nobody;
  Cause cause;
};

using EventBody =
    std::variant<Incoming, LegRinging, LegAnswered, LegFailed, LegGone, Answered, Connected, Hold, KeyDown, Digit,
                 Referred, AudioTimeout, AudioJudged, Ended, VoiceHeard, Outgoing, LegCalling, MessageReceived, Seated>;

struct Event {
  CallId call;
  EventBody body;
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  /// May give commands at once; what they cause is told after this event.
  virtual void on_call_event(const Event& event, TimePoint now) = 0;
};

/// What becomes of a request inside a dialog.
struct MessageFate {
  /// An app takes it: it waits for Calls::respond() so long, Leg::take_max at most. After that it goes to the peer, if
  /// there is one; else OPTIONS gets 200 and everything else 480.
  std::optional<Duration> take;
  bool listens = false;  ///< not taken, but heard: where there is no peer, MESSAGE gets 200 as INFO does, not 405
};
/// Asked before a MessageReceived is told of which `taken` is not known yet.
using MessageTaker = std::function<MessageFate(CallId call, const MessageReceived& message, TimePoint now)>;

/// Why a command could not be done.
enum class Refusal : std::uint8_t {
  no_such_call,
  no_such_leg,
  wrong_state,  ///< the call or leg has moved on
  no_port,      ///< no media port is free
  no_common_codec,
  too_many_legs,
  bad_digits,  ///< not 0-9 * # A-D, too many, or too short or long
  no_digits,   ///< the far end has no way to be told of digits: neither telephone-event nor INFO, nor a codec of ours
  too_many_requests,  ///< inside the dialog that wait for their answers
  no_such_request,    ///< it was answered already, or was not taken
};
std::string_view to_string(Refusal refusal);

}  // namespace junctor::call
