#include "control/session.hpp"

#include <algorithm>

namespace junctor::control {

Session& Sessions::add(std::shared_ptr<const Token> token, WebId socket) {
  const SessionId id{++last_};
  Session& session = *sessions_.emplace(id, std::make_unique<Session>()).first->second;
  session.id = id;
  session.token = std::move(token);
  if (socket) attach(session, socket);
  return session;
}

Session* Sessions::find(SessionId id) {
  const auto at = sessions_.find(id);
  return at == sessions_.end() ? nullptr : at->second.get();
}

Session* Sessions::find(WebId socket) {
  const auto at = by_socket_.find(socket);
  return at == by_socket_.end() ? nullptr : find(at->second);
}

Session& Sessions::of_http(const std::shared_ptr<const Token>& token) {
  for (auto& [id, session] : sessions_) {
    if (!session->by_http || session->token->id != token->id) continue;
    session->token = token;  // as it is after a reload
    return *session;
  }
  Session& session = add(token, {});
  session.by_http = true;
  return session;
}

void Sessions::attach(Session& session, WebId socket) {
  session.sockets.push_back(socket);
  by_socket_[socket] = session.id;
}

bool Sessions::detach(WebId socket) {
  Session* const session = find(socket);
  if (session == nullptr) return false;
  by_socket_.erase(socket);
  std::erase(session->sockets, socket);
  return session->sockets.empty() && !session->by_http;
}

void Sessions::remove(SessionId id) {
  sessions_.erase(id);
}

}  // namespace junctor::control
