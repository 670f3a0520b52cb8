#include "net/edge_stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

#include "base/check.hpp"
#include "net/socket_address.hpp"

namespace junctor::net {
namespace {

static_assert(EdgeStream::record_bytes >= SSL3_RT_MAX_PLAIN_LENGTH);

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL: a far end that has gone would end the process by SIGPIPE.

int fd_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool is_blocked() {
  return errno == EAGAIN || errno == EINTR;
}

int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY | BIO_FLAGS_IN_EOF);
  const ssize_t got = ::recv(fd_of(bio), into, static_cast<std::size_t>(size), 0);
  if (got < 0 && is_blocked()) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

int bio_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
  const ssize_t sent = ::send(fd_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && is_blocked()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;  // nothing is kept here
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

int bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    JUNCTOR_CHECK(made != nullptr);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    BIO_meth_set_create(made, bio_create);
    return made;
  }();
  return method;
}

/// A name for what went wrong, from the certificate's fault or OpenSSL's own.
std::string tls_text(const SSL* ssl, unsigned long error) {
  const long verified = SSL_get_verify_result(ssl);
  const char* const reason = ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED
                                 ? X509_verify_cert_error_string(verified)
                                 : ERR_reason_error_string(error);
  std::string out = "tls: ";
  if (const std::string_view host = tls_host(ssl); !host.empty()) out.append(host).append(": ");
  out += reason != nullptr ? reason : "failed";
  return out;
}

EdgeStream::Cause tls_cause(unsigned long error) {
  const int reason = ERR_GET_REASON(error);
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) return EdgeStream::Cause::certificate;
  if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_VERSION_TOO_LOW) return EdgeStream::Cause::version;
  if (reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION) return EdgeStream::Cause::version;
  return reason >= SSL_AD_REASON_OFFSET ? EdgeStream::Cause::refused : EdgeStream::Cause::protocol;
}

/// What an operation leaves behind is then its own.
void forget_errors() {
  ERR_clear_error();
  errno = 0;
}

}  // namespace

void EdgeStream::secure(Ssl ssl) {
  BIO* const bio = BIO_new(socket_method());
  JUNCTOR_CHECK(bio != nullptr);
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd_)));
  SSL_set_bio(ssl.get(), bio, bio);
  ssl_ = std::move(ssl);
}

EdgeStream::Progress EdgeStream::handshake() {
  forget_errors();
  return outcome(SSL_do_handshake(ssl_.get()));
}

EdgeStream::Progress EdgeStream::read(std::span<char> into) {
  if (ssl_) {
    forget_errors();
    return outcome(SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size())));
  }
  const ssize_t got = ::recv(fd_, into.data(), into.size(), 0);
  if (got < 0) return system_outcome(State::want_read);
  if (got == 0) return {State::ended, 0};
  return {State::done, static_cast<std::size_t>(got)};
}

EdgeStream::Progress EdgeStream::write(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (ssl_) {
    forget_errors();
    // One record at a time: what is written is then what the socket takes without much waiting inside.
    const std::string_view part = bytes.substr(0, record_bytes);
    return outcome(SSL_write(ssl_.get(), part.data(), static_cast<int>(part.size())));
  }
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0) return system_outcome(State::want_write);
  return {State::done, static_cast<std::size_t>(sent)};
}

EdgeStream::Progress EdgeStream::write(std::span<const std::string_view> pieces) {
  if (pieces.size() == 1) return write(pieces.front());
  if (ssl_) {
    // One record of them all. One that the socket did not take is offered again with the same beginning.
    thread_local std::array<char, record_bytes> record;
    std::size_t filled = 0;
    for (const std::string_view piece : pieces) filled += piece.copy(record.data() + filled, record.size() - filled);
    return write(std::string_view(record.data(), filled));
  }
  std::array<iovec, pieces_per_write> parts;
  const std::size_t count = std::min(pieces.size(), parts.size());
  for (std::size_t i = 0; i < count; ++i) parts[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  const ssize_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
  if (sent < 0) return system_outcome(State::want_write);
  return {State::done, static_cast<std::size_t>(sent)};
}

void EdgeStream::finish() {
  if (ssl_ && (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) == 0) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());  // best effort: the socket's own end follows
    ERR_clear_error();
  }
  ::shutdown(fd_, SHUT_WR);
}

EdgeStream::Progress EdgeStream::system_outcome(State when_blocked) {
  if (is_blocked()) return {when_blocked, 0};
  failure_ = {Cause::system, error_text(errno)};
  return {State::failed, 0};
}

// Without renegotiation reading only ever waits for bytes, and writing for room; a handshake for either.
EdgeStream::Progress EdgeStream::outcome(int result) {
  const int system_error = errno;
  if (result > 0) return {State::done, static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {State::want_read, 0};
    case SSL_ERROR_WANT_WRITE:
      return {State::want_write, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {State::ended, 0};
    case SSL_ERROR_SYSCALL:
      if (system_error == 0) return {State::ended, 0};
      failure_ = {Cause::system, error_text(system_error)};
      return {State::failed, 0};
    default:
      note_tls_failure();
      return {State::failed, 0};
  }
}

void EdgeStream::note_tls_failure() {
  const unsigned long error = ERR_peek_error();
  failure_ = {tls_cause(error), tls_text(ssl_.get(), error)};
  ERR_clear_error();
}

}  // namespace junctor::net
