#pragma once
// Who serves what over HTTP: by the beginning of the path.
#include <string>
#include <utility>
#include <vector>

#include "base/web.hpp"

namespace junctor::control {

/// Control thread only.
class WebService {
 public:
  virtual ~WebService() = default;
  virtual void on_request(WebId id, WebRequest&& request, TimePoint now) = 0;

  // For those who open WebSockets or event streams.

  /// Opened by this service and not closed yet.
  virtual bool owns(WebId) const { return false; }
  virtual void on_text(WebId, std::string&&, TimePoint) {}
  virtual void on_binary(WebId, std::string&&, TimePoint) {}
  virtual void on_closed(WebId, const WebClose&, TimePoint) {}
};

class WebRouter final : public WebSink {
 public:
  explicit WebRouter(WebServer& server) : server_(server) {}

  /// Requests for `prefix`, and for whatever comes behind it and a '/'. Where several fit, the longest counts. Before
  /// the first request.
  void serve(std::string prefix, WebService& service);

  void on_request(WebId id, WebRequest&& request, TimePoint now) override;
  void on_text(WebId id, std::string&& message, TimePoint now) override;
  void on_binary(WebId id, std::string&& message, TimePoint now) override;
  void on_closed(WebId id, const WebClose& close, TimePoint now) override;

 private:
  WebService* owner_of(WebId id) const;

  WebServer& server_;
  std::vector<std::pair<std::string, WebService*>> services_;  // the longest prefix first
};

}  // namespace junctor::control
