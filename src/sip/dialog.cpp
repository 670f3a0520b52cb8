#include "sip/dialog.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/saved_state.hpp"
#include "sip/name_addr.hpp"
#include "sip/uri.hpp"

namespace junctor::sip {
namespace {

constexpr std::uint8_t saved_version = 1;

bool forms_dialog(Method method) {
  return method == Method::invite || method == Method::subscribe || method == Method::refer;
}

bool refreshes_target(Method method) {
  return forms_dialog(method) || method == Method::update || method == Method::notify;
}

/// A URI as it may stand on a request line (RFC 3261 §19.1.1, table 1): without headers and method.
std::string request_uri_of(Uri uri) {
  uri.headers = {};
  const std::string params = without_param(uri.params, "method");
  uri.params = Params{params};
  return to_string(uri);
}

std::optional<std::string> contact_target(const Message& message) {
  const auto contact = message.contact();
  if (!contact || !contact->uri.is_sip()) return std::nullopt;
  return request_uri_of(contact->uri);
}

/// From or To without its parameters; what a dialog keeps of them besides the tag.
std::string party(const std::optional<NameAddr>& address) {
  if (!address) return {};
  NameAddr bare = *address;
  bare.params = {};
  return to_string(bare);
}

/// A Record-Route value as a name-addr. Without the brackets that the grammar wants, its parameters are taken for the
/// URI's: nobody sends others.
std::optional<std::string> route_of(std::string_view value) {
  if (value.find('<') == std::string_view::npos) {
    if (!Uri::parse(value)) return std::nullopt;
    return "<" + std::string(value) + ">";
  }
  if (!NameAddr::parse(value)) return std::nullopt;
  return std::string(value);
}

Result<std::vector<std::string>, DialogError> record_routes(const Message& message) {
  std::vector<std::string> routes;
  for (const std::string_view value : message.values(HeaderId::record_route)) {
    auto route = route_of(value);
    if (!route || routes.size() == max_routes) return fail(DialogError::bad_route);
    routes.push_back(std::move(*route));
  }
  return routes;
}

bool is_pair(const Message& request, const Message& response) {
  return request.is_request() && response.is_response() && forms_dialog(request.method()) &&
         response.method() == request.method() && response.status() > 100 && response.status() < 300;
}

DialogState state_after(const Message& response) {
  return response.status() >= 200 ? DialogState::confirmed : DialogState::early;
}

bool is_secure_uri(std::string_view uri) {
  const auto parsed = Uri::parse(uri);
  return parsed && parsed->is_sips();
}

/// What any Call-ID is made of, whatever else its writer likes (RFC 3261 §25.1: one or two words).
bool is_call_id(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x20; });
}
bool has_no_control(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
}
bool is_sound(const DialogId& id) {
  return is_call_id(id.call_id) && has_no_control(id.local_tag) && has_no_control(id.remote_tag);
}

enum SavedFlag : unsigned {
  saved_confirmed = 1,
  saved_uac = 2,
  saved_secure = 4,
  saved_remote_cseq = 8,
  saved_all = 15
};

}  // namespace

DialogId DialogId::of_incoming(const Message& message) {
  const std::string from(message.from_tag());
  const std::string to(message.to_tag());
  return message.is_request() ? DialogId{std::string(message.call_id()), to, from}
                              : DialogId{std::string(message.call_id()), from, to};
}

std::string_view to_string(DialogError error) {
  switch (error) {
    case DialogError::not_dialog_forming:
      return "no request and response that make a dialog";
    case DialogError::no_contact:
      return "no Contact that can be used";
    case DialogError::bad_route:
      return "a Record-Route that cannot be used";
    case DialogError::no_local_tag:
      return "our side has no tag";
    case DialogError::bad_saved_state:
      break;
  }
  return "a saved dialog that cannot be read";
}

Result<Dialog, DialogError> Dialog::uac(const Message& request, const Message& response) {
  if (!is_pair(request, response)) return fail(DialogError::not_dialog_forming);
  if (response.status() < 200 && response.to_tag().empty()) return fail(DialogError::not_dialog_forming);
  if (request.from_tag().empty()) return fail(DialogError::no_local_tag);
  auto routes = record_routes(response);
  if (!routes) return fail(routes.error());
  std::ranges::reverse(*routes);
  Dialog dialog;
  dialog.id_ = {std::string(request.call_id()), std::string(request.from_tag()), std::string(response.to_tag())};
  dialog.local_uri_ = party(request.from());
  dialog.remote_uri_ = party(request.to());
  dialog.remote_target_ = contact_target(response).value_or(std::string(request.request_uri()));
  dialog.route_set_ = std::move(*routes);
  dialog.local_cseq_ = request.cseq().number;
  dialog.state_ = state_after(response);
  dialog.is_uac_ = true;
  dialog.secure_ = is_secure_uri(request.request_uri());
  return dialog;
}

Result<Dialog, DialogError> Dialog::uas(const Message& request, const Message& response) {
  if (!is_pair(request, response)) return fail(DialogError::not_dialog_forming);
  if (response.to_tag().empty()) return fail(DialogError::no_local_tag);
  auto target = contact_target(request);
  if (!target) return fail(DialogError::no_contact);
  auto routes = record_routes(request);
  if (!routes) return fail(routes.error());
  Dialog dialog;
  dialog.id_ = {std::string(request.call_id()), std::string(response.to_tag()), std::string(request.from_tag())};
  dialog.local_uri_ = party(request.to());
  dialog.remote_uri_ = party(request.from());
  dialog.remote_target_ = std::move(*target);
  dialog.route_set_ = std::move(*routes);
  dialog.remote_cseq_ = request.cseq().number;
  dialog.state_ = state_after(response);
  dialog.secure_ = is_secure_uri(request.request_uri());
  return dialog;
}

bool Dialog::matches(const Message& message) const {
  return DialogId::of_incoming(message) == id_;
}

Result<void, DialogError> Dialog::confirm(const Message& response) {
  if (state_ == DialogState::confirmed) return {};
  if (response.status() < 200 || response.status() > 299) return fail(DialogError::not_dialog_forming);
  if (is_uac_) {
    auto routes = record_routes(response);
    if (!routes) return fail(routes.error());
    std::ranges::reverse(*routes);
    route_set_ = std::move(*routes);
    if (auto target = contact_target(response)) remote_target_ = std::move(*target);
  }
  state_ = DialogState::confirmed;
  return {};
}

Message Dialog::request(Method method) {
  JUNCTOR_CHECK(method != Method::other);
  return request(to_string(method));
}

Message Dialog::request(std::string_view method) {
  JUNCTOR_CHECK(method != "ACK" && method != "CANCEL");
  return build(method, ++local_cseq_);
}

Message Dialog::ack(std::uint32_t cseq) const {
  return build("ACK", cseq);
}

Message Dialog::build(std::string_view method, std::uint32_t cseq) const {
  std::vector<std::string> routes = route_set_;
  std::string target = remote_target_;
  if (!routes.empty()) {
    const auto first = NameAddr::parse(routes.front());
    if (first && !first->uri.params.has("lr")) {  // a strict router: §12.2.1.1
      target = request_uri_of(first->uri);
      routes.erase(routes.begin());
      routes.push_back("<" + remote_target_ + ">");
    }
  }
  Message message = Message::request(method, target);
  for (const auto& route : routes) message.add(HeaderId::route, route);
  message.add(HeaderId::max_forwards, std::to_string(max_forwards_initial));
  message.add(HeaderId::from, local_uri_ + ";tag=" + id_.local_tag);
  message.add(HeaderId::to, id_.remote_tag.empty() ? remote_uri_ : remote_uri_ + ";tag=" + id_.remote_tag);
  message.add(HeaderId::call_id, id_.call_id);
  message.add(HeaderId::cseq, std::to_string(cseq).append(" ").append(method));
  return message;
}

std::string Dialog::next_hop() const {
  if (route_set_.empty()) return remote_target_;
  const auto first = NameAddr::parse(route_set_.front());
  return first ? to_string(first->uri) : remote_target_;
}

RequestOrder Dialog::on_request(const Message& request) {
  if (request.method() == Method::ack || request.method() == Method::cancel) return RequestOrder::in_order;
  const std::uint32_t number = request.cseq().number;
  if (remote_cseq_ && number < *remote_cseq_) return RequestOrder::out_of_order;
  remote_cseq_ = number;
  return RequestOrder::in_order;
}

bool Dialog::refresh_target(const Message& message) {
  if (!refreshes_target(message.method())) return false;
  if (message.is_response() && (message.status() <= 100 || message.status() > 299)) return false;
  auto target = contact_target(message);
  if (!target || *target == remote_target_) return false;
  remote_target_ = std::move(*target);
  return true;
}

std::string Dialog::save() const {
  Saver out;
  const std::uint8_t flags =
      static_cast<std::uint8_t>((state_ == DialogState::confirmed ? saved_confirmed : 0u) | (is_uac_ ? saved_uac : 0u) |
                                (secure_ ? saved_secure : 0u) | (remote_cseq_ ? saved_remote_cseq : 0u));
  out(saved_version, flags, local_cseq_, remote_cseq_.value_or(0), id_.call_id, id_.local_tag, id_.remote_tag,
      local_uri_, remote_uri_, remote_target_, route_set_);
  return out.take();
}

Result<Dialog, DialogError> Dialog::load(std::string_view saved) {
  Loader in(saved);
  std::uint8_t version = 0, flags = 0;
  std::uint32_t remote_cseq = 0;
  Dialog dialog;
  in(version);
  if (version != saved_version) return fail(DialogError::bad_saved_state);
  in(flags, dialog.local_cseq_, remote_cseq, dialog.id_.call_id, dialog.id_.local_tag, dialog.id_.remote_tag,
     dialog.local_uri_, dialog.remote_uri_, dialog.remote_target_, dialog.route_set_);
  dialog.state_ = flags & saved_confirmed ? DialogState::confirmed : DialogState::early;
  dialog.is_uac_ = (flags & saved_uac) != 0;
  dialog.secure_ = (flags & saved_secure) != 0;
  const bool has_remote_cseq = (flags & saved_remote_cseq) != 0;
  if (has_remote_cseq) dialog.remote_cseq_ = remote_cseq;
  const bool sound =
      in.complete() && flags <= saved_all && (has_remote_cseq || remote_cseq == 0) &&
      dialog.route_set_.size() <= max_routes && is_sound(dialog.id_) && Uri::parse(dialog.remote_target_) &&
      NameAddr::parse(dialog.local_uri_) && NameAddr::parse(dialog.remote_uri_) &&
      std::ranges::all_of(dialog.route_set_, [](const std::string& r) { return NameAddr::parse(r).has_value(); });
  if (!sound) return fail(DialogError::bad_saved_state);
  return dialog;
}

}  // namespace junctor::sip
