#pragma once
// Programs that the hub dials (voice bridges): streams over WebSockets that we open. All of them live on one thread;
// whoever owns it calls run_once() when it is roused and when that asked for it.
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/mailbox.hpp"
#include "base/time.hpp"
#include "base/web_socket.hpp"
#include "stream/line.hpp"

namespace junctor::stream {

class DialledPrograms {
 public:
  struct Beginning {
    WebSocketRequest request;
    Duration timeout{};  ///< to be open, and between two frames of the program; zero: none but the connection's own
    Attached attached;
  };

  /// `rouse` is called on the control thread: run_once() is due. Everything outlives this.
  DialledPrograms(WebSockets& sockets, std::function<void()> rouse);
  ~DialledPrograms();
  DialledPrograms(const DialledPrograms&) = delete;
  DialledPrograms& operator=(const DialledPrograms&) = delete;

  // Control thread.

  void begin(Beginning beginning);
  /// A session has orders.
  void rouse();

  // The programs' thread, which `sockets` belong to.

  std::optional<TimePoint> run_once(TimePoint now);
  /// Lets go of all: the last thing on the thread.
  void finish();

 private:
  class Program;

  WebSockets& sockets_;
  std::function<void()> rouse_;
  Mailbox<std::unique_ptr<Beginning>> beginnings_{64};
  std::vector<std::unique_ptr<Program>> programs_;
};

}  // namespace junctor::stream
