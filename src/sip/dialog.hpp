#pragma once
// A dialog's data (RFC 3261 §12): what in-dialog requests are built from and matched by. A plain value that can be
// saved and loaded; transactions, timers and sending are elsewhere. A forked INVITE has one Dialog per To tag; with
// RFC 6026 each further 2xx of such an INVITE makes one of its own.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sip/message.hpp"

namespace junctor::sip {

inline constexpr std::size_t max_routes = 32;  ///< Record-Route values of one dialog

/// RFC 3261 §12: local is us. A peer of RFC 2543 may have no tag.
struct DialogId {
  std::string call_id;
  std::string local_tag;
  std::string remote_tag;

  auto operator<=>(const DialogId&) const = default;
  /// The dialog that a message from the far end belongs to: for a request our tag is in To, for a response in From.
  static DialogId of_incoming(const Message& message);
};

enum class DialogError : std::uint8_t {
  not_dialog_forming,  ///< no request/response pair of a dialog-forming method, or status 100 or above 299
  no_contact,          ///< the request that arrived has no Contact that can be a Request-URI
  bad_route,           ///< a Record-Route that cannot be read, or more than max_routes
  no_local_tag,        ///< our own side of the pair has no tag
  bad_saved_state,     ///< load(): cut, damaged, or of an unknown version
};
std::string_view to_string(DialogError error);

enum class DialogState : std::uint8_t { early, confirmed };

/// What to do with an in-dialog request by its CSeq (RFC 3261 §12.2.2).
enum class RequestOrder : std::uint8_t { in_order, out_of_order /* answer 500 */ };

class Dialog {
 public:
  /// From a 101–299 response that arrived, to our request. A provisional response without To tag makes no dialog
  /// (not_dialog_forming); a 2xx without one does (RFC 2543). Where the response has no usable Contact, as the 180 of
  /// some phones, the Request-URI stands in: the ACK must go somewhere.
  static Result<Dialog, DialogError> uac(const Message& request, const Message& response);
  /// From a request that arrived and our 101–299 response, which has our To tag already.
  static Result<Dialog, DialogError> uas(const Message& request, const Message& response);

  const DialogId& id() const { return id_; }
  DialogState state() const { return state_; }
  bool is_uac() const { return is_uac_; }     ///< we sent the request that made it
  bool is_secure() const { return secure_; }  ///< made over a sips: URI
  /// Where the far end wants requests; a URI.
  const std::string& remote_target() const { return remote_target_; }
  /// Route values in the order of sending, as name-addrs.
  const std::vector<std::string>& route_set() const { return route_set_; }
  /// From/To values without tags, as name-addr.
  const std::string& local_uri() const { return local_uri_; }
  const std::string& remote_uri() const { return remote_uri_; }
  std::uint32_t local_cseq() const { return local_cseq_; }  ///< of the last request that we sent; 0 before the first
  std::optional<std::uint32_t> remote_cseq() const { return remote_cseq_; }

  /// Whether this message from the far end belongs here.
  bool matches(const Message& message) const;

  /// The final answer to an early dialog: route set and remote target are those of the 2xx (§13.2.2.4), for the UAC;
  /// the UAS passes its own 2xx, and only the state changes. No effect on a confirmed dialog.
  Result<void, DialogError> confirm(const Message& response);

  /// A request in this dialog with the next CSeq: Request-URI and Route by loose or strict routing (§12.2.1.1), To,
  /// From, Call-ID, CSeq, Max-Forwards. Via, Contact and the rest are the caller's. Not for ACK and CANCEL.
  Message request(Method method);
  Message request(std::string_view method);
  /// The ACK for a 2xx: `cseq` is the INVITE's (§13.2.2.4).
  Message ack(std::uint32_t cseq) const;
  /// The URI by which the next hop is found (RFC 3263): of the first Route, or the remote target.
  std::string next_hop() const;

  /// Checks and remembers the CSeq of a request from the far end; ACK and CANCEL are always in order.
  RequestOrder on_request(const Message& request);
  /// Takes the Contact of an accepted target refresh (INVITE, UPDATE, SUBSCRIBE, NOTIFY, REFER) of the far end: their
  /// request when we answer 2xx, or their 2xx (or reliable 1xx of INVITE) to ours. Other methods and a message without
  /// Contact change nothing. True when the target is another one now.
  bool refresh_target(const Message& message);

  /// A self-contained byte string with a version, and back.
  std::string save() const;
  static Result<Dialog, DialogError> load(std::string_view saved);

  bool operator==(const Dialog&) const = default;

 private:
  Dialog() = default;
  Message build(std::string_view method, std::uint32_t cseq) const;

  DialogId id_;
  std::string local_uri_, remote_uri_;
  std::string remote_target_;
  std::vector<std::string> route_set_;
  std::uint32_t local_cseq_ = 0;
  std::optional<std::uint32_t> remote_cseq_;
  DialogState state_ = DialogState::early;
  bool is_uac_ = false;
  bool secure_ = false;
};

}  // namespace junctor::sip

template <>
struct std::hash<junctor::sip::DialogId> {
  std::size_t operator()(const junctor::sip::DialogId& id) const noexcept {
    const std::hash<std::string_view> of;
    return (of(id.call_id) * 31 + of(id.local_tag)) * 31 + of(id.remote_tag);
  }
};
