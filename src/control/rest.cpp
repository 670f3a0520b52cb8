#include "control/rest.hpp"

#include <algorithm>
#include <charconv>

#include "control/rest_table.hpp"
#include "control/to_json.hpp"

namespace junctor::control {
namespace {

namespace json = boost::json;

/// Whether `path` is one of `pattern`; `name` gets what stands for {id}.
bool fits(std::string_view path, std::string_view pattern, std::string& name) {
  const std::size_t brace = pattern.find("{id}");
  if (brace == std::string_view::npos) return path == pattern;
  if (!path.starts_with(pattern.substr(0, brace))) return false;
  const std::string_view rest = path.substr(brace);
  if (rest.empty() || rest.contains('/')) return false;
  const auto decoded = percent_decoded(rest);
  name = decoded;
  return true;
}

/// The body that an endpoint wants, which is a JSON object.
Result<json::object, Failure> body_of(const RestEndpoint& endpoint, const WebRequest& request) {
  if (endpoint.body.empty()) return json::object();
  boost::system::error_code error;
  json::value parsed = json::parse(request.body, error);
  if (error || !parsed.is_object()) return fail(Failure{"invalid_params", "the body must be a JSON object"});
  for (const auto& [key, value] : parsed.get_object()) {
    const std::string_view name(key.data(), key.size());
    if (std::ranges::find(endpoint.body, name, &RestMember::name) == endpoint.body.end())
      return fail(Failure{"invalid_params", "\"" + std::string(name) + "\" is no member of it"});
  }
  for (const RestMember& member : endpoint.body)
    if (member.required && !parsed.get_object().contains(json::string_view(member.name.data(), member.name.size())))
      return fail(Failure{"invalid_params", "\"" + std::string(member.name) + "\" is missing"});
  return std::move(parsed.get_object());
}

WebResponse unauthorized() {
  WebResponse response = problem(401, "unauthorized", "a bearer token is needed");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

void RestReturn::answer(int status, const json::value& body, WebHeaders headers) const {
  web->respond(id, {status, "application/json", json::serialize(body), std::move(headers)});
}
void RestReturn::nothing() const {
  web->respond(id, {204, {}, {}, {}});
}
void RestReturn::fail(const Failure& why) const {
  failures->add();
  web->respond(id, problem(why));
}

std::optional<std::size_t> limit_of(const RestAsk& ask) {
  const auto asked = ask.query("limit");
  if (!asked) return Rest::list_default;
  std::size_t limit = 0;
  const auto end = asked->data() + asked->size();
  if (std::from_chars(asked->data(), end, limit).ptr == end && limit >= 1 && limit <= Rest::list_max) return limit;
  ask.back.fail({"invalid_params", "\"limit\" must be from 1 to " + std::to_string(Rest::list_max)});
  return std::nullopt;
}

std::optional<std::string> member(const RestAsk& ask, std::string_view name, std::optional<Failure>& fault) {
  const json::value* const value = ask.body.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr) return std::nullopt;
  if (const json::string* const string = value->if_string()) return std::string(string->data(), string->size());
  if (!fault) fault = Failure{"invalid_params", "\"" + std::string(name) + "\" must be a string"};
  return std::nullopt;
}

json::object listing(json::array items, std::optional<std::string> next_cursor) {
  return {{"items", std::move(items)}, {"next_cursor", next_cursor ? json::value(text(*next_cursor)) : nullptr}};
}

Rest::Rest(WebServer& web, Commands& commands, const Tokens& tokens, Counters& counters)
    : web_(web),
      commands_(commands),
      tokens_(tokens),
      requests_(counters.get("rest_requests")),
      refused_token_(counters.get("rest_refused_token")),
      refused_scope_(counters.get("rest_refused_scope")),
      failed_(counters.get("rest_failed")) {}

void Rest::on_request(WebId id, WebRequest&& request, TimePoint now) {
  requests_.add();
  const RestReturn back{&web_, id, &failed_};
  std::string name, allowed;
  const RestEndpoint* found = nullptr;
  for (const RestEndpoint& endpoint : rest_endpoints()) {
    if (!fits(path_of(request.target), endpoint.path, name)) continue;
    allowed += (allowed.empty() ? "" : ", ") + std::string(endpoint.method);
    if (endpoint.method == request.method) found = &endpoint;
  }
  const auto token = tokens_.find(request);
  if (!token && (found == nullptr || found->scope != Scope::none)) {
    refused_token_.add();
    return web_.respond(id, unauthorized());
  }
  if (allowed.empty()) return back.fail({"not_found", "nothing is served there"});
  if (found == nullptr) return web_.respond(id, method_not_allowed(allowed));
  if (found->scope != Scope::none && !token->may(found->scope)) {
    refused_scope_.add();
    return web_.respond(id,
                        problem(403, "forbidden", "the token lacks the scope " + std::string(to_string(found->scope))));
  }
  auto body = body_of(*found, request);
  if (!body) return back.fail(body.error());
  RestAsk ask{commands_, request, back, std::move(name), std::move(*body), now};
  found->run(ask);
}

}  // namespace junctor::control
