#include "net/command.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.hpp"
#include "net/clock.hpp"
#include "net/fd.hpp"
#include "net/socket_address.hpp"

namespace junctor::net {
namespace {

/// A file that is nowhere on the disk: unlike a pipe it takes everything at once, whether it is read or not.
Result<Fd, std::string> file_with(const std::string& content) {
  Fd fd(::memfd_create("input", MFD_CLOEXEC));
  for (std::size_t done = 0; fd && done < content.size();) {
    const auto put = ::write(fd.get(), content.data() + done, content.size() - done);
    if (put < 0) fd.reset();
    if (put > 0) done += static_cast<std::size_t>(put);
  }
  if (!fd || ::lseek(fd.get(), 0, SEEK_SET) != 0) return fail(error_text(errno));
  return fd;
}

struct SpawnActions {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;

  SpawnActions(int input, int output) {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    // A process group of its own, and signals as a program expects them: ours blocks some.
    sigset_t none, standard;
    sigemptyset(&none);
    sigfillset(&standard);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &standard);
  }
  ~SpawnActions() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
};

/// A program that was started; none is left when it goes.
class Child {
 public:
  static Result<Child, std::string> start(const Command& command, int input, int output) {
    std::vector<std::string> words = command.argv;
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const SpawnActions actions(input, output);
    Child child;
    const int error = ::posix_spawnp(&child.pid_, argv[0], &actions.files, &actions.attributes, argv.data(), environ);
    if (error != 0) {
      child.pid_ = 0;
      return fail(command.argv[0] + ": " + error_text(error));
    }
    child.fd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
    if (!child.fd_) return fail(command.argv[0] + ": " + error_text(errno));
    return child;
  }
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)), fd_(std::move(other.fd_)) {}
  Child& operator=(Child&&) = delete;
  ~Child() { end(); }

  /// Readable once it has ended.
  int fd() const { return fd_.get(); }

  /// Kills what still runs of its process group; the status as waitpid(2) has it. Nobody has waited for it before, so
  /// that the number cannot be another's.
  int end() {
    int status = 0;
    if (pid_ == 0) return status;
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
  }

 private:
  Child() = default;
  pid_t pid_ = 0;
  Fd fd_;
};

/// False when the time is over.
bool wait_for(int fd, TimePoint until) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - now());
    if (left <= milliseconds(0)) return false;
    pollfd one{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&one, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
  }
}

Result<std::string, std::string> read_all(int fd, std::size_t most, TimePoint until) {
  std::string out;
  std::array<char, 65'536> piece;
  while (wait_for(fd, until)) {
    const auto got = ::read(fd, piece.data(), piece.size());
    if (got == 0) return out;
    if (got < 0 && errno != EINTR) return fail(error_text(errno));
    if (got > 0) out.append(piece.data(), static_cast<std::size_t>(got));
    if (out.size() > most) return fail("wrote more than " + std::to_string(most) + " bytes");
  }
  return fail(std::string("took too long"));
}

}  // namespace

Result<std::string, std::string> run(const Command& command) {
  JUNCTOR_CHECK(!command.argv.empty());
  const std::string& name = command.argv[0];
  const TimePoint until = now() + command.timeout;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(name + ": " + error_text(errno));
  Fd output(ends[0]), far_output(ends[1]);
  auto input = file_with(command.input);
  if (!input) return fail(name + ": " + input.error());
  auto child = Child::start(command, input->get(), far_output.get());
  if (!child) return fail(child.error());
  far_output.reset();
  auto out = read_all(output.get(), command.output_max, until);
  if (!out) return fail(name + ' ' + out.error());
  if (!wait_for(child->fd(), until)) return fail(name + " took too long");
  const int status = child->end();
  if (WIFSIGNALED(status)) return fail(name + " was ended by signal " + std::to_string(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) return fail(name + " ended with status " + std::to_string(WEXITSTATUS(status)));
  return out;
}

}  // namespace junctor::net
