#include "net/log_writer.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <string>
#include <thread>
#include <unistd.h>

#include "base/queue.hpp"
#include "net/clock.hpp"
#include "net/log_format.hpp"
#include "net/thread_role.hpp"
#include "net/waker.hpp"

namespace junctor::net {

std::optional<LogLevel> parse_log_level(std::string_view text) {
  if (text == "debug") return LogLevel::debug;
  if (text == "info") return LogLevel::info;
  if (text == "warning" || text == "warn") return LogLevel::warning;
  if (text == "error") return LogLevel::error;
  return std::nullopt;
}

class LogWriter::Impl {
 public:
  Impl(const LogWriterSettings& settings, Counters& counters)
      : format_(settings.format),
        fd_(settings.fd),
        level_(settings.level),
        dropped_(counters.get("log_lines_dropped")),
        lines_(settings.backlog),
        thread_([this] { run(); }) {}

  ~Impl() {
    stop_.store(true);
    waker_.wake();
    thread_.join();
  }

  void write(LogLevel level, std::string_view message, std::span<const LogField> fields) {
    if (level < level_.load(std::memory_order_relaxed)) return;
    const WallTime time = wall_now();
    std::string line = format_ == LogFormat::json ? format_json(time, level, message, fields)
                                                  : format_text(time, level, message, fields);
    if (!lines_.push(std::move(line))) return dropped_.add();
    waker_.wake();
  }

  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }

 private:
  // Lines that wait together go out in one write, up to this size.
  static constexpr std::size_t block_bytes = 64 * 1024;

  void run() {
    name_thread("log");
    // A reader of our stderr that goes away must not take the hub with it.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    for (;;) {
      const bool last = stop_.load();
      while (write_some()) {
      }
      if (last) return;
      waker_.prepare_sleep();
      if (!stop_.load() && !write_some()) wait_for(waker_.fd(), POLLIN);
      waker_.awake();
      waker_.drain();
    }
  }

  bool write_some() {
    std::string block;
    while (block.size() < block_bytes) {
      std::optional<std::string> line = lines_.pop();
      if (!line) break;
      block += *line;
    }
    std::string_view rest = block;
    while (!rest.empty()) {
      const ssize_t written = ::write(fd_, rest.data(), rest.size());
      if (written > 0) {
        rest.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno == EAGAIN) {
        wait_for(fd_, POLLOUT);
      } else if (errno != EINTR) {
        dropped_.add();  // nobody can be told: the place to tell it is gone
        break;
      }
    }
    return !block.empty();
  }

  static void wait_for(int fd, short events) {
    pollfd entry{fd, events, 0};
    ::poll(&entry, 1, -1);
  }

  const LogFormat format_;
  const int fd_;
  std::atomic<LogLevel> level_;
  Counter& dropped_;
  BoundedQueue<std::string> lines_;
  Waker waker_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

LogWriter::LogWriter(const LogWriterSettings& settings, Counters& counters)
    : impl_(std::make_unique<Impl>(settings, counters)) {}

LogWriter::~LogWriter() = default;

void LogWriter::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  impl_->write(level, message, {fields.begin(), fields.size()});
}

void LogWriter::set_level(LogLevel level) {
  impl_->set_level(level);
}

}  // namespace junctor::net
