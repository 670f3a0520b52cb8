#include "control/problem.hpp"

#include <boost/json.hpp>
#include <utility>

#include "control/to_json.hpp"

namespace junctor::control {
namespace {

std::string_view title_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

int status_of(std::string_view code) {
  static constexpr std::pair<std::string_view, int> known[] = {
      {"invalid_params", 400},      {"forbidden", 403},        {"not_found", 404},
      {"already_exists", 409},      {"wrong_state", 409},      {"invalid_state", 409},
      {"invalid_destination", 422}, {"originate_failed", 422}, {"rate_limited", 429},
      {"not_implemented", 501},     {"draining", 503},         {"store_failed", 503}};
  for (const auto& [word, status] : known)
    if (word == code) return status;
  return 500;
}

}  // namespace

WebResponse problem(int status, std::string_view code, std::string_view detail) {
  const boost::json::object body{{"type", "about:blank"},
                                 {"title", text(title_of(status))},
                                 {"status", status},
                                 {"detail", text(detail)},
                                 {"code", text(code)}};
  return {status, "application/problem+json", boost::json::serialize(body), {}};
}

WebResponse problem(const Failure& failure) {
  return problem(status_of(failure.code), failure.code, failure.message);
}

WebResponse method_not_allowed(std::string_view allowed) {
  WebResponse response = problem(405, "method_not_allowed", "only " + std::string(allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace junctor::control
