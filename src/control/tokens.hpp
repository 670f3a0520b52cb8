#pragma once
// Who may control the hub: the tokens of the configuration, each with what it may do.
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "apps/program/vocabulary.hpp"
#include "base/result.hpp"
#include "base/web.hpp"

namespace junctor::control {

using apps::program::Scope;
using apps::program::TokenId;

struct Token {
  TokenId id;          ///< the same after a reload, for the same secret
  std::string name;    ///< for people; empty in the configuration: "token-1" …
  std::string secret;  ///< never shown
  std::set<Scope> scopes;
  std::vector<std::string> contexts;  ///< that it may subscribe to; empty: any
  std::vector<std::string> trunks;    ///< that it may call through; empty: any

  bool may(Scope scope) const { return scope == Scope::none || scopes.contains(scope); }
};

/// "call.control" or the short "call" …; nothing: no such scope.
std::optional<Scope> parse_scope(std::string_view word);

class Tokens {
 public:
  struct Entry {
    std::string name, secret;
    std::vector<std::string> scopes, contexts, trunks;
  };
  /// Takes the place of all that were there. Of two with the same secret the later one counts. Unknown scopes are left
  /// out: the configuration was checked.
  void set(const std::vector<Entry>& entries);

  /// Every token is compared in whole, so that the time tells nothing. Null: there is none.
  std::shared_ptr<const Token> find(std::string_view secret) const;
  /// `Authorization: Bearer …`, and only where there is no such header the query's `token`. A bad header is not made
  /// good by the query.
  std::shared_ptr<const Token> find(const WebRequest& request) const;
  std::shared_ptr<const Token> find(TokenId id) const;

 private:
  std::vector<std::shared_ptr<const Token>> tokens_;
  std::vector<std::pair<std::string, TokenId>> ids_;  // by secret, also of tokens that are gone
};

/// The value of `name` in a target's query, %XX decoded; nothing: it is not there.
std::optional<std::string> query_value(std::string_view target, std::string_view name);
/// %XX decoded.
std::string percent_decoded(std::string_view text);
std::string_view path_of(std::string_view target);

}  // namespace junctor::control
