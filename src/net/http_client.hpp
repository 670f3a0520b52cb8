#pragma once
// One HTTP/1.1 request to a service, and its response (RFC 9110, 9112).
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace junctor::net {

struct HttpRequest {
  std::string method = "GET";
  std::string url;                                           ///< http:// or https://
  std::vector<std::pair<std::string, std::string>> headers;  ///< besides Host, Content-Length and Connection
  std::string body;
  Duration timeout = seconds(10);  ///< for all of it; looking up a name may take longer, as the system has it
  std::size_t body_max = std::size_t{16} << 20;  ///< bytes of the response's body
};

struct HttpResponse {
  int status = 0;
  std::string content_type;
  std::string body;
};

class ServiceTrust;

/// Redirections are not followed. One thread at a time.
class HttpClient {
 public:
  /// https: PEM, trusted in place of what the system trusts; empty: the system's.
  explicit HttpClient(std::string ca_file);
  ~HttpClient();

  /// Blocks: background threads only. The error is one line; a status that is none of success is no error here.
  Result<HttpResponse, std::string> fetch(const HttpRequest& request);

 private:
  const std::string ca_file_;
  std::unique_ptr<ServiceTrust> trust_;
};

}  // namespace junctor::net
