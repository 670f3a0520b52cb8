#pragma once
// What the two sides of the HTTP server share: commands down, deliveries up.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/web.hpp"
#include "net/tls.hpp"
#include "net/web_flow.hpp"

namespace junctor::net {

struct WebOpening {
  WebSocketTerms terms;  // of event streams: output_bytes_max alone
  bool events = false;
  std::unique_ptr<WebServant> servant;
  std::shared_ptr<WebFlow> flow;
};

/// What the control thread asks of the web thread.
struct WebCommand {
  struct Respond {
    WebId id;
    std::unique_ptr<WebResponse> response;
  };
  struct Open {
    WebId id;
    std::unique_ptr<WebOpening> how;
  };
  struct Send {
    std::vector<WebId> to;
    SharedText text;
  };
  struct SendBinary {
    WebId id;
    std::string message;
  };
  struct Close {
    WebId id;
    std::uint16_t code = 0;
    std::string reason;
    bool overflow = false;  // the far end did not take what was sent
  };
  struct Tls {
    std::shared_ptr<const TlsContexts> contexts;
  };
  std::variant<std::monostate, Respond, Open, Send, SendBinary, Close, Tls> what;
};

/// The WebSockets and event streams as the control thread knows them. Only touched there, but for the count of
/// deliveries; those that are still in the inbox keep it alive when the server is gone.
class WebRegister {
 public:
  // Web thread: a delivery sets out, unless `most` of them or `bytes_most` are on their way. One always may.

  bool begin_delivery(std::size_t bytes, std::size_t most, std::size_t bytes_most) {
    const std::size_t before = in_flight_.fetch_add(1, std::memory_order_relaxed);
    const std::size_t bytes_before = bytes_in_flight_.fetch_add(bytes, std::memory_order_relaxed);
    if (before == 0 || (before < most && bytes_before + bytes <= bytes_most)) return true;
    cancel_delivery(bytes);
    return false;
  }
  void cancel_delivery(std::size_t bytes) {
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    bytes_in_flight_.fetch_sub(bytes, std::memory_order_relaxed);
  }

  // Control thread.

  struct Known {
    std::shared_ptr<WebFlow> flow;
    std::size_t output_bytes_max = 0;
    bool closing = false;  // by ourselves; on_closed is still to come
  };
  Known* find(WebId id) {
    const auto at = known_.find(id);
    return at == known_.end() ? nullptr : &at->second;
  }
  void add(WebId id, Known known) { known_.emplace(id, std::move(known)); }
  std::size_t size() const { return known_.size(); }
  void set_sink(WebSink& sink) { sink_ = &sink; }

  void on_request(WebId id, WebRequest&& request, TimePoint now) {
    if (sink_ != nullptr) sink_->on_request(id, std::move(request), now);
  }
  void on_message(WebId id, std::string&& message, bool binary, TimePoint now) {
    const Known* const known = find(id);
    if (known == nullptr || known->closing || sink_ == nullptr) return;
    if (binary) return sink_->on_binary(id, std::move(message), now);
    sink_->on_text(id, std::move(message), now);
  }
  void on_closed(WebId id, const WebClose& close, TimePoint now) {
    if (known_.erase(id) > 0 && sink_ != nullptr) sink_->on_closed(id, close, now);
  }

  /// The server is gone: nothing is told any more.
  void forget() {
    sink_ = nullptr;
    known_.clear();
  }

 private:
  std::atomic<std::size_t> in_flight_{0}, bytes_in_flight_{0};
  std::unordered_map<WebId, Known> known_;
  WebSink* sink_ = nullptr;
};

}  // namespace junctor::net
