#pragma once
// RWI over the HTTP listener: /rwi/v1 (WebSocket), /rwi/v1/command and /rwi/v1/events (the same over HTTP),
// /rwi/v1/schema, /rwi/v1/media/ID (a stream's own WebSocket).
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/counters.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/timer_wheel.hpp"
#include "base/web.hpp"
#include "control/dispatcher.hpp"
#include "control/event_log.hpp"
#include "control/event_router.hpp"
#include "control/session.hpp"
#include "control/session_control.hpp"
#include "control/tokens.hpp"
#include "control/web_router.hpp"
#include "store/store.hpp"

namespace junctor::control {

struct GatewaySettings {
  bool enabled = true;
  SessionLimits limits;
  std::vector<Tokens::Entry> tokens;
};

/// Counters besides those of its parts: rwi_sessions_opened, rwi_refused_token, rwi_refused_limit, rwi_binary_dropped.
class Gateway final : public WebService {
 public:
  static constexpr std::size_t command_bytes_max = std::size_t{1} << 20;
  static constexpr std::string_view subprotocol = "rwi-v1";
  static constexpr std::string_view prefix = "/rwi/v1";

  struct Parts {
    WebServer& web;
    apps::program::ProgramCalls& programs;
    TimerWheel& timers;
    Random& random;
    const WallClock& wall;
    store::Store& store;
    Log& log;
    Counters& counters;
  };
  /// Frames of samples on the control socket; false: of no stream.
  using Binary = std::function<bool(TokenId token, std::string_view frame, TimePoint now)>;
  /// Who serves this socket for a stream of this token; null: there is none, or somebody has it.
  using Media = std::function<std::unique_ptr<WebServant>(TokenId token, std::string_view stream_id, WebId socket)>;

  Gateway(Parts parts, SessionControl::Orphans orphans);

  // Once, before the first request.

  EventRouter& events() { return events_; }
  SessionControl& control() { return control_; }
  Sessions& sessions() { return sessions_; }
  void set_handlers(Handlers handlers);
  void set_media(Binary binary, Media media);
  void load(std::map<std::string, std::uint64_t> sequences) { log_.load(std::move(sequences)); }

  void set_settings(const GatewaySettings& settings);
  const Tokens& tokens() const { return tokens_; }
  bool anyone_observes_all();

  /// A request whose path begins with `prefix`.
  void on_request(WebId id, WebRequest&& request, TimePoint now) override;
  bool owns(WebId id) const override { return sessions_.has(id); }
  void on_text(WebId id, std::string&& message, TimePoint now) override;
  void on_binary(WebId id, std::string&& message, TimePoint now) override;
  void on_closed(WebId id, const WebClose& close, TimePoint now) override;
  /// An orderly stop.
  void close(TimePoint now);

 private:
  void open_session(WebId id, const WebRequest& request, std::shared_ptr<const Token> token, TimePoint now);
  void open_events(WebId id, const std::shared_ptr<const Token>& token, TimePoint now);
  void open_media(WebId id, const WebRequest& request, const Token& token);
  void command(WebId id, const WebRequest& request, const std::shared_ptr<const Token>& token, TimePoint now);
  Session& http_session(const std::shared_ptr<const Token>& token, TimePoint now);

  Parts parts_;
  GatewaySettings settings_;
  Tokens tokens_;
  Sessions sessions_;
  EventLog log_;
  EventRouter events_;
  SessionControl control_;
  std::unique_ptr<Dispatcher> dispatcher_;
  Binary binary_;
  Media media_;
  Counter& opened_;
  Counter& refused_token_;
  Counter& refused_limit_;
  Counter& binary_dropped_;
};

}  // namespace junctor::control
