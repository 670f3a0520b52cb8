#pragma once
// One control connection: whose token it has, what it follows, and in which form it is told.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/web.hpp"
#include "control/session_commands.hpp"
#include "control/tokens.hpp"

namespace junctor::control {

using apps::program::SessionId;
using apps::program::TokenId;

enum class Dialect : std::uint8_t {
  seed,
  flat,     ///< what clients of RustPBX 0.4.7 read
  flat_0_5  ///< the same with the names of 0.5
};

/// Lets `rate` things a second pass, and as many at once.
class TokenBucket {
 public:
  bool take(std::uint32_t rate, TimePoint now) {
    if (rate == 0) return true;
    const double passed = std::chrono::duration<double>(now - last_).count();
    filled_ = last_ == TimePoint{} ? rate : std::min<double>(rate, filled_ + passed * rate);
    last_ = now;
    if (filled_ < 1) return false;
    filled_ -= 1;
    return true;
  }

 private:
  double filled_ = 0;
  TimePoint last_{};
};

struct Session {
  SessionId id;
  std::string name;  ///< shown as session_id
  std::string resume_secret;
  std::shared_ptr<const Token> token;
  std::vector<WebId> sockets;  ///< one; of HTTP commands as many event streams as there are
  Dialect dialect = Dialect::seed;
  std::map<std::string, Level, std::less<>> contexts;  ///< changed by Sessions alone
  std::set<std::string, std::less<>> filter;           ///< names of events, either spelling; empty: all
  TokenBucket originates;
  bool by_http = false;

  /// Nothing: it does not follow the context.
  const Level* follows(std::string_view context) const {
    if (context.empty()) return nullptr;
    if (const auto at = contexts.find(context); at != contexts.end()) return &at->second;
    const auto any = contexts.find("*");
    return any == contexts.end() ? nullptr : &any->second;
  }
  Level level_of(std::string_view context) const {
    const Level* const level = follows(context);
    return level != nullptr ? *level : level_;
  }
  void set_level(Level level) { level_ = level; }
  bool wants(const apps::program::EventInfo& event) const {
    return filter.empty() || filter.contains(event.name) || filter.contains(event.flat);
  }

 private:
  Level level_ = Level::control;
};

/// All that are open; events and commands find them here.
class Sessions {
 public:
  Session& add(std::shared_ptr<const Token> token, WebId socket);
  Session* find(SessionId id);
  Session* find(WebId socket);
  bool has(WebId socket) const { return by_socket_.contains(socket); }
  /// The one in whose name HTTP commands of this token are given.
  Session& of_http(const std::shared_ptr<const Token>& token);
  void attach(Session& session, WebId socket);
  void follow(Session& session, const std::string& context, Level level);
  void unfollow(Session& session, const std::string& context);
  /// The session's last socket of that kind is gone; true: it is over, and is removed by remove().
  bool detach(WebId socket);
  void remove(SessionId id);
  std::size_t size() const { return sessions_.size(); }
  template <class Look>
  void for_each(Look&& look) {
    for (auto& [id, session] : sessions_) look(*session);
  }
  template <class Look>
  void for_each_that_follows(const std::string& context, Look&& look) {
    if (context.empty()) return;
    look_at(by_context_, context, look);
    if (context == any_context) return;
    look_at(by_context_, any_context, [&](Session& session) {
      if (!session.contexts.contains(context)) look(session);
    });
  }
  template <class Look>
  void for_each_of(TokenId token, Look&& look) {
    look_at(by_token_, token, look);
  }
  /// Those that may observe everything.
  template <class Look>
  void for_each_observer(Look&& look) {
    for (Session* const session : observers_) look(*session);
  }

 private:
  /// In the order in which they came: what lies together in memory is looked at together.
  using List = std::vector<Session*>;
  static inline const std::string any_context = "*";

  template <class Index, class Look>
  static void look_at(const Index& index, const typename Index::key_type& key, Look&& look) {
    const auto at = index.find(key);
    if (at == index.end()) return;
    for (Session* const session : at->second) look(*session);
  }
  void enlist(Session& session);
  void strike(Session& session);

  std::unordered_map<SessionId, std::unique_ptr<Session>> sessions_;
  std::unordered_map<WebId, SessionId> by_socket_;
  std::unordered_map<std::string, List> by_context_;
  std::unordered_map<TokenId, List> by_token_;
  List observers_;
  std::uint64_t last_ = 0;
};

}  // namespace junctor::control
