#include "control/tokens.hpp"

#include <algorithm>
#include <array>

namespace junctor::control {
namespace {

constexpr std::array all_scopes = {Scope::call,  Scope::queue,       Scope::record, Scope::supervisor,
                                   Scope::media, Scope::observe_all, Scope::admin};

/// Without an end before the last byte; lengths may be known.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference =
        static_cast<unsigned char>(difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
  }
  return difference == 0;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return std::nullopt;
}

/// `plus`: what a '+' stands for.
std::string decoded(std::string_view text, char plus = ' ') {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (low) {
      out += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      out += text[i] == '+' ? plus : text[i];
    }
  }
  return out;
}

}  // namespace

std::optional<Scope> parse_scope(std::string_view word) {
  for (const Scope scope : all_scopes) {
    const std::string_view full = to_string(scope);
    if (word == full || word == full.substr(0, full.find('.'))) return scope;
  }
  if (word == "session" || word == "conference") return Scope::call;
  return std::nullopt;
}

void Tokens::set(const std::vector<Entry>& entries) {
  tokens_.clear();
  for (const Entry& entry : entries) {
    if (entry.secret.empty()) continue;
    auto token = std::make_shared<Token>();
    token->name = entry.name.empty() ? "token-" + std::to_string(tokens_.size() + 1) : entry.name;
    token->secret = entry.secret;
    for (const std::string& word : entry.scopes)
      if (const auto scope = parse_scope(word)) token->scopes.insert(*scope);
    token->contexts = entry.contexts;
    token->trunks = entry.trunks;
    auto known = std::ranges::find(ids_, entry.secret, &std::pair<std::string, TokenId>::first);
    if (known == ids_.end()) known = ids_.insert(known, {entry.secret, TokenId{ids_.size() + 1}});
    token->id = known->second;
    std::erase_if(tokens_, [&](const auto& other) { return other->secret == entry.secret; });
    tokens_.push_back(std::move(token));
  }
}

std::shared_ptr<const Token> Tokens::find(std::string_view secret) const {
  std::shared_ptr<const Token> found;
  for (const auto& token : tokens_)
    if (is_same(token->secret, secret)) found = token;
  return found;
}

std::shared_ptr<const Token> Tokens::find(TokenId id) const {
  const auto at = std::ranges::find_if(tokens_, [&](const auto& token) { return token->id == id; });
  return at == tokens_.end() ? nullptr : *at;
}

std::shared_ptr<const Token> Tokens::find(const WebRequest& request) const {
  constexpr std::string_view scheme = "bearer ";
  const std::string_view header = request.header("Authorization");
  const bool bearer = header.size() >= scheme.size() && std::equal(scheme.begin(), scheme.end(), header.begin(),
                                                                   [](char a, char b) { return a == lower(b); });
  if (bearer) return find(header.substr(scheme.size()));
  const auto query = query_value(request.target, "token");
  return query ? find(*query) : nullptr;
}

std::optional<std::string> query_value(std::string_view target, std::string_view name) {
  const std::size_t mark = target.find('?');
  std::string_view query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    const std::size_t equals = pair.find('=');
    if (decoded(pair.substr(0, equals)) != name) continue;
    return equals == std::string_view::npos ? std::string() : decoded(pair.substr(equals + 1));
  }
  return std::nullopt;
}

std::string percent_decoded(std::string_view text) {
  return decoded(text, '+');
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

}  // namespace junctor::control
