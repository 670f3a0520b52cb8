#pragma once
// The bytes of one connection on a non-blocking socket: as they are, or through TLS. Waiting is the connection's.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "net/tls.hpp"

namespace junctor::net {

class EdgeStream {
 public:
  enum class State : std::uint8_t {
    done,        ///< `bytes` of them; for handshake(): it is complete
    want_read,   ///< again when the socket is readable
    want_write,  ///< again when it is writable
    ended,       ///< by the far end
    failed       ///< see failure()
  };
  struct Progress {
    State state = State::done;
    std::size_t bytes = 0;
  };
  enum class Cause : std::uint8_t {
    system,       ///< the socket's own
    protocol,     ///< what came is no TLS, or breaks it
    version,      ///< no common version
    certificate,  ///< theirs is not accepted
    refused       ///< they sent an alert
  };
  struct Failure {
    Cause cause = Cause::system;
    std::string text;
  };

  /// The socket stays its owner's.
  void begin(int fd) { fd_ = fd; }
  /// From now on through TLS; handshake() comes first.
  void secure(Ssl ssl);
  bool is_secure() const { return ssl_ != nullptr; }
  const ssl_st* ssl() const { return ssl_.get(); }

  Progress handshake();
  /// TLS: at most one record. The buffer takes a whole one, so that nothing stays inside, where no readiness shows it.
  Progress read(std::span<char> into);
  Progress write(std::string_view bytes);
  /// The same for several pieces, one after the other, in one go; no more than pieces_per_write of them are looked at.
  Progress write(std::span<const std::string_view> pieces);
  /// Says that nothing more will be written.
  void finish();
  /// Of the last Progress that failed.
  const Failure& failure() const { return failure_; }

  static constexpr std::size_t record_bytes = 16 * 1024;
  static constexpr std::size_t pieces_per_write = 64;

 private:
  Progress outcome(int result);
  Progress system_outcome(State when_blocked);
  void note_tls_failure();

  int fd_ = -1;
  Ssl ssl_;
  Failure failure_;
};

}  // namespace junctor::net
