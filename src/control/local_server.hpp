#pragma once
// The local control socket: newline-delimited JSON in RWI's command and result form. Connections come from net; who may
// connect is the socket file's mode, so there is no token and every scope is given.
//
//   {"action_id":"1","action":"calls.show","params":{"call_id":"n1-…","messages":true}}
//   {"type":"command_completed","action_id":"1","action":"calls.show","call_id":"n1-…","status":"success","data":{…}}
//   {"type":"command_failed","action_id":"1","action":"calls.show","status":"error","code":"not_found","error":"…"}
//
// Lists are {"items":[…],"next_cursor":…}; null: that was all.
//
// Actions: status, calls.list, calls.show, call.hangup, records.list, records.show, registrations.list, trunks.list,
// route.explain, reload, drain, user.add, user.passwd, user.remove.
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/io.hpp"
#include "control/commands.hpp"

namespace junctor::control {

/// One command; longer lines end the connection.
inline constexpr std::size_t line_bytes_max = 64 * 1024;
/// Items of one answer to a *.list action: it has to fit into the connection's output bound. The rest follows on the
/// same command with `"cursor":` the answer's `next_cursor`.
inline constexpr std::size_t list_items_max = 500;
/// `limit` of records.list when not given.
inline constexpr std::size_t records_default = 50;

/// Cuts the stream into lines (LF, an optional CR before it is dropped, empty lines are skipped).
class LineFramer final : public StreamFramer {
 public:
  const char* on_bytes(std::string_view bytes, const std::function<void(std::string&&)>& message) override;
  bool partial() const override { return !pending_.empty(); }

 private:
  std::string pending_;
};

/// One for all local connections. Counters: control_commands, control_failures.
class LocalServer final : public StreamSink {
 public:
  /// All outlive this, and this outlives every Reply that it handed out.
  LocalServer(Commands& commands, StreamSender& streams, Counters& counters);

  void on_open(ConnectionId, ListenerIndex, const Address& local, const Address& remote, TimePoint now) override;
  void on_message(ConnectionId connection, std::string&& line, TimePoint now) override;
  void on_close(ConnectionId connection, std::string_view reason, TimePoint now) override;

  /// What is left of the list that a connection is reading.
  using Rest = std::variant<std::vector<CallInfo>, std::vector<Registration>>;

 private:
  Commands& commands_;
  StreamSender& streams_;
  Counter& commands_count_;
  Counter& failures_count_;
  std::unordered_map<ConnectionId, Rest> rests_;
};

}  // namespace junctor::control
