#pragma once
// Certificates, keys and trust of the TLS connections. Files are read once, by load(); to take over renewed ones, load
// again and give the result to Edge::set_tls(): connections that are up keep what they began with.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

struct ssl_st;
struct x509_st;

namespace junctor::net {

/// PEM files; both empty: none.
struct TlsIdentity {
  std::string certificate_file;  ///< with the chain behind it
  std::string private_key_file;
};

/// What differs from the default toward one host.
struct TlsPeer {
  std::string host;      ///< name or IP address, as in a URI, without port
  bool verify = true;    ///< false: any certificate will do
  std::string ca_file;   ///< PEM, trusted in place of the system's; empty: the system's
  TlsIdentity identity;  ///< shown when asked for; empty: TlsSettings::identity
};

/// What those who connect to the listeners are asked for.
enum class ClientProof : std::uint8_t {
  any,      ///< a certificate; any will do, and none: what it proves is asked of TlsContexts::proven()
  none,     ///< nothing
  required  ///< a certificate that client_ca_file verifies; without, the handshake fails
};

struct TlsSettings {
  TlsIdentity identity;  ///< of the listeners; shown to servers too when they ask
  std::vector<TlsPeer> peers;
  ClientProof clients = ClientProof::any;
  std::string client_ca_file;  ///< PEM, for ClientProof::required
};

enum class TlsPart : std::uint8_t { certificate, private_key, ca };

struct TlsFault {
  std::optional<std::size_t> peer;  ///< index in TlsSettings::peers; none: TlsSettings's own
  TlsPart part = TlsPart::certificate;
  std::string text;  ///< one line, with the file's name
};

struct ReleaseSsl {
  void operator()(ssl_st* ssl) const;
};
using Ssl = std::unique_ptr<ssl_st, ReleaseSsl>;

/// The host that TlsContexts::connect() was told; empty for an accepted connection.
std::string_view tls_host(const ssl_st* ssl);

/// Immutable; TLS 1.2 or later, no renegotiation, no resumption. Any thread.
class TlsContexts {
 public:
  static Result<std::shared_ptr<const TlsContexts>, TlsFault> load(const TlsSettings& settings);
  ~TlsContexts();

  /// There is a certificate to accept connections with.
  bool can_accept() const;
  /// False: a peer of that name need not prove anything.
  bool verifies(std::string_view host) const;

  /// The server's side of a new connection; null when memory is short. TlsSettings::clients is what the client is asked
  /// for.
  Ssl accept() const;
  /// The client's side of a new connection to `host`, which is sent as SNI and verified; null when memory is short.
  Ssl connect(std::string_view host) const;
  /// The TlsSettings::peers that the client of an accepted connection has proven to be.
  std::vector<std::string> proven(const ssl_st* accepted) const;

 private:
  struct Contexts;
  explicit TlsContexts(std::unique_ptr<Contexts> contexts);
  std::unique_ptr<Contexts> contexts_;
};

/// The common name in the certificate that the far end has shown; empty: none.
std::string common_name(const ssl_st* ssl);

/// Without regard to case.
bool same_host(std::string_view a, std::string_view b);

/// RFC 5922 §7: a sip: URI without user part or a DNS name in subjectAltName; the common name when there is no
/// subjectAltName; for an IP address its subjectAltName. Beyond the RFC, a certificate for *.example.org is one for
/// sip.example.org.
bool certificate_names(const x509_st* certificate, std::string_view host);

}  // namespace junctor::net
