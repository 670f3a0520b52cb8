#include "control/session.hpp"

#include <algorithm>

namespace junctor::control {

namespace {

template <class Index>
void take_out(Index& index, const typename Index::key_type& key, Session& session) {
  const auto at = index.find(key);
  if (at == index.end()) return;
  std::erase(at->second, &session);
  if (at->second.empty()) index.erase(at);
}

}  // namespace

/// By its token.
void Sessions::enlist(Session& session) {
  by_token_[session.token->id].push_back(&session);
  if (session.token->may(Scope::observe_all)) observers_.push_back(&session);
}

void Sessions::strike(Session& session) {
  take_out(by_token_, session.token->id, session);
  std::erase(observers_, &session);
}

void Sessions::follow(Session& session, const std::string& context, Level level) {
  if (session.contexts.insert_or_assign(context, level).second) by_context_[context].push_back(&session);
}

void Sessions::unfollow(Session& session, const std::string& context) {
  if (session.contexts.erase(context) > 0) take_out(by_context_, context, session);
}

Session& Sessions::add(std::shared_ptr<const Token> token, WebId socket) {
  const SessionId id{++last_};
  Session& session = *sessions_.emplace(id, std::make_unique<Session>()).first->second;
  session.id = id;
  session.token = std::move(token);
  enlist(session);
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
  if (const auto same = by_token_.find(token->id); same != by_token_.end()) {
    for (Session* const session : same->second) {
      if (!session->by_http) continue;
      strike(*session);
      session->token = token;  // as it is after a reload
      enlist(*session);
      return *session;
    }
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
  const auto at = sessions_.find(id);
  if (at == sessions_.end()) return;
  Session& session = *at->second;
  strike(session);
  for (const auto& [context, level] : session.contexts) take_out(by_context_, context, session);
  sessions_.erase(at);
}

}  // namespace junctor::control
