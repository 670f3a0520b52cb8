#include "control/gateway.hpp"

#include <algorithm>
#include <utility>

#include "control/schema.hpp"

namespace junctor::control {
namespace {

WebResponse problem(int status, std::string_view title, WebHeaders headers = {}) {
  const boost::json::object body{{"type", "about:blank"}, {"title", title}, {"status", status}};
  return {status, "application/problem+json", boost::json::serialize(body) + "\n", std::move(headers)};
}

WebResponse unauthorized() {
  return {401, {}, {}, {{"WWW-Authenticate", "Bearer realm=\"rwi\", error=\"invalid_token\""}}};
}

bool offers(std::string_view protocols, std::string_view wanted) {
  while (!protocols.empty()) {
    const std::size_t end = protocols.find(',');
    std::string_view each = protocols.substr(0, end);
    protocols = end == std::string_view::npos ? std::string_view{} : protocols.substr(end + 1);
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    if (each == wanted) return true;
  }
  return false;
}

}  // namespace

Gateway::Gateway(Parts parts, SessionControl::Orphans orphans)
    : parts_(parts),
      log_(parts.store),
      events_({parts.web, sessions_, parts.programs, log_, parts.wall, parts.counters}),
      control_({sessions_, parts.programs, events_, log_, parts.timers, parts.random, parts.wall}, std::move(orphans)),
      opened_(parts.counters.get("rwi_sessions_opened")),
      refused_token_(parts.counters.get("rwi_refused_token")),
      refused_limit_(parts.counters.get("rwi_refused_limit")),
      binary_dropped_(parts.counters.get("rwi_binary_dropped")) {}

void Gateway::set_handlers(Handlers handlers) {
  dispatcher_ =
      std::make_unique<Dispatcher>(Dispatcher::Parts{parts_.web, sessions_, parts_.programs, events_, control_,
                                                     std::move(handlers), parts_.timers, parts_.log, parts_.counters});
}

void Gateway::set_media(Binary binary, Media media) {
  binary_ = std::move(binary);
  media_ = std::move(media);
}

void Gateway::set_settings(const GatewaySettings& settings) {
  settings_ = settings;
  tokens_.set(settings.tokens);
  control_.set_limits(settings.limits);
}

bool Gateway::anyone_observes_all() {
  bool any = false;
  sessions_.for_each_observer([&](const Session&) { any = true; });
  return any;
}

void Gateway::on_request(WebId id, WebRequest&& request, TimePoint now) {
  const std::string_view path = path_of(request.target);
  const std::string_view rest = path.substr(std::min(path.size(), prefix.size()));
  if (!settings_.enabled) return parts_.web.respond(id, problem(404, "RWI is off"));
  const auto token = tokens_.find(request);
  if (token == nullptr) {
    refused_token_.add();
    return parts_.web.respond(id, unauthorized());
  }
  const bool get = request.method == "GET" || request.method == "HEAD";
  if (rest.empty()) {
    if (!request.web_socket)
      return parts_.web.respond(id, problem(426, "a WebSocket is opened here", {{"Upgrade", "websocket"}}));
    return open_session(id, request, token, now);
  }
  if (rest == "/command") {
    if (request.method != "POST")
      return parts_.web.respond(id, problem(405, "commands come by POST", {{"Allow", "POST"}}));
    return command(id, request, token, now);
  }
  if (!get) return parts_.web.respond(id, problem(405, "not allowed", {{"Allow", "GET"}}));
  if (rest == "/schema") return parts_.web.respond(id, {200, "application/json", schema_text(), {}});
  if (rest == "/events") return open_events(id, token, now);
  if (rest.starts_with("/media/")) return open_media(id, request, *token);
  parts_.web.respond(id, problem(404, "there is nothing"));
}

void Gateway::open_session(WebId id, const WebRequest& request, std::shared_ptr<const Token> token, TimePoint now) {
  if (sessions_.size() >= settings_.limits.sessions_max) {
    refused_limit_.add();
    return parts_.web.respond(id, problem(503, "rwi.max_connections is reached", {{"Retry-After", "5"}}));
  }
  const std::string_view asked = request.header("Sec-WebSocket-Protocol");
  const std::string flat_protocol = std::string(subprotocol) + ".flat";
  const bool flat = query_value(request.target, "dialect") == "flat" || offers(asked, flat_protocol);
  WebSocketTerms terms;
  terms.message_bytes_max = command_bytes_max;
  if (offers(asked, flat_protocol)) {
    terms.subprotocol = flat_protocol;
  } else if (offers(asked, subprotocol)) {
    terms.subprotocol = subprotocol;
  }
  parts_.web.open_web_socket(id, std::move(terms));
  opened_.add();
  Session& session = sessions_.add(std::move(token), id);
  if (flat) session.dialect = query_value(request.target, "names") == "0.5" ? Dialect::flat_0_5 : Dialect::flat;
  control_.on_open(session, now);
}

Session& Gateway::http_session(const std::shared_ptr<const Token>& token, TimePoint now) {
  Session& session = sessions_.of_http(token);
  if (session.name.empty()) control_.on_open(session, now);
  return session;
}

void Gateway::open_events(WebId id, const std::shared_ptr<const Token>& token, TimePoint now) {
  parts_.web.open_events(id, EventRouter::output_hard_max + (std::size_t{1} << 20));
  opened_.add();
  sessions_.attach(http_session(token, now), id);
}

void Gateway::command(WebId id, const WebRequest& request, const std::shared_ptr<const Token>& token, TimePoint now) {
  dispatcher_->on_text(http_session(token, now), request.body, id, now);
}

void Gateway::open_media(WebId id, const WebRequest& request, const Token& token) {
  if (!token.may(Scope::media)) return parts_.web.respond(id, problem(403, "scope required: media.stream"));
  if (!request.web_socket)
    return parts_.web.respond(id, problem(426, "a WebSocket is opened here", {{"Upgrade", "websocket"}}));
  const std::string_view path = path_of(request.target);
  auto servant = media_ ? media_(token.id, path.substr(path.rfind('/') + 1), id) : nullptr;
  if (servant == nullptr) return parts_.web.respond(id, problem(404, "no such stream, or somebody has it"));
  parts_.web.hand_over(id, {}, std::move(servant));
}

void Gateway::on_text(WebId id, std::string&& message, TimePoint now) {
  if (Session* const session = sessions_.find(id)) dispatcher_->on_text(*session, message, {}, now);
}

void Gateway::on_binary(WebId id, std::string&& message, TimePoint now) {
  const Session* const session = sessions_.find(id);
  if (session == nullptr) return;
  const bool taken = session->token->may(Scope::media) && binary_ && binary_(session->token->id, message, now);
  if (!taken) binary_dropped_.add();
}

void Gateway::on_closed(WebId id, const WebClose&, TimePoint now) {
  Session* const session = sessions_.find(id);
  if (session == nullptr || !sessions_.detach(id)) return;
  const SessionId gone = session->id;
  control_.on_close(*session, now);
  sessions_.remove(gone);
}

void Gateway::close(TimePoint now) {
  log_.close(now);
}

}  // namespace junctor::control
