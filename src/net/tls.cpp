#include "net/tls.hpp"

#include <algorithm>
#include <array>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <utility>

#include "base/address.hpp"

namespace junctor::net {
namespace {

struct ReleaseContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ReleaseContext>;

struct ReleaseVerification {
  void operator()(X509_STORE_CTX* verification) const { X509_STORE_CTX_free(verification); }
};
using Verification = std::unique_ptr<X509_STORE_CTX, ReleaseVerification>;

struct ReleaseCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, ReleaseCertificate>;

std::string last_error() {
  const unsigned long error = ERR_peek_last_error();
  const char* const reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return reason != nullptr ? reason : "it cannot be read";
}

/// A key with a password is a fault: nobody is there to be asked.
int no_password(char*, int, int, void*) {
  return 0;
}

/// Where an SSL keeps the host that it is for: the slot that is the application's.
constexpr int host_slot = 0;

/// Verifies the server's chain, and that it is the server asked for.
int verify_server(X509_STORE_CTX* verification, void*) {
  if (X509_verify_cert(verification) != 1) return 0;
  const auto* const ssl =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (certificate_names(X509_STORE_CTX_get0_cert(verification), tls_host(ssl))) return 1;
  X509_STORE_CTX_set_error(verification, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

/// A client's certificate says what it may be used for (TlsContexts::proven), not whether it may connect: phones come
/// with certificates of their makers.
int take_any_client(X509_STORE_CTX*, void*) {
  return 1;
}

Context make_context(const SSL_METHOD* method) {
  Context context(SSL_CTX_new(method));
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // The end of a message is known by its Content-Length, so an end without close_notify cuts nothing off unseen.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context.get(), no_password);
  return context;
}

Result<void, TlsFault> use_identity(SSL_CTX* context, const TlsIdentity& identity, std::optional<std::size_t> peer) {
  if (identity.certificate_file.empty()) return {};
  const auto refuse = [&](TlsPart part, const std::string& file) {
    return fail(TlsFault{peer, part, file + ": " + last_error()});
  };
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, identity.certificate_file.c_str()) != 1)
    return refuse(TlsPart::certificate, identity.certificate_file);
  if (SSL_CTX_use_PrivateKey_file(context, identity.private_key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1)
    return refuse(TlsPart::private_key, identity.private_key_file);
  return {};
}

Result<Context, TlsFault> server_context(const TlsSettings& settings) {
  Context context = make_context(TLS_server_method());
  if (!context) return fail(TlsFault{{}, TlsPart::certificate, last_error()});
  if (auto used = use_identity(context.get(), settings.identity, {}); !used) return fail(std::move(used.error()));
  switch (settings.clients) {
    case ClientProof::none:
      break;
    case ClientProof::any:
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
      SSL_CTX_set_cert_verify_callback(context.get(), take_any_client, nullptr);
      break;
    case ClientProof::required:
      ERR_clear_error();
      if (SSL_CTX_load_verify_file(context.get(), settings.client_ca_file.c_str()) != 1)
        return fail(TlsFault{{}, TlsPart::ca, settings.client_ca_file + ": " + last_error()});
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      break;
  }
  return context;
}

Result<Context, TlsFault> client_context(const TlsPeer& peer, const TlsIdentity& identity,
                                         std::optional<std::size_t> index) {
  Context context = make_context(TLS_client_method());
  if (!context) return fail(TlsFault{index, TlsPart::certificate, last_error()});
  if (auto used = use_identity(context.get(), identity, index); !used) return fail(std::move(used.error()));
  ERR_clear_error();
  const int trusted = peer.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                           : SSL_CTX_load_verify_file(context.get(), peer.ca_file.c_str());
  if (trusted != 1) return fail(TlsFault{index, TlsPart::ca, peer.ca_file + ": " + last_error()});
  SSL_CTX_set_verify(context.get(), peer.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (peer.verify) SSL_CTX_set_cert_verify_callback(context.get(), verify_server, nullptr);
  return context;
}

/// A client's certificate, its chain and what is trusted toward one peer fit together.
bool verifies_client(SSL_CTX* trust, X509* certificate, STACK_OF(X509) * chain) {
  const Verification verification(X509_STORE_CTX_new());
  return verification &&
         X509_STORE_CTX_init(verification.get(), SSL_CTX_get_cert_store(trust), certificate, chain) == 1 &&
         X509_STORE_CTX_set_default(verification.get(), "ssl_client") == 1 && X509_verify_cert(verification.get()) == 1;
}

}  // namespace

std::string_view tls_host(const ssl_st* ssl) {
  const auto* const host = static_cast<const std::string*>(SSL_get_ex_data(ssl, host_slot));
  return host != nullptr ? std::string_view(*host) : std::string_view();
}

void ReleaseSsl::operator()(ssl_st* ssl) const {
  delete static_cast<const std::string*>(SSL_get_ex_data(ssl, host_slot));
  SSL_free(ssl);
}

struct TlsContexts::Contexts {
  struct Peer {
    std::string host;
    bool verify = true;
    Context context;
  };

  const Peer* find(std::string_view host) const {
    const auto at = std::ranges::find_if(peers, [host](const Peer& peer) { return same_host(peer.host, host); });
    return at == peers.end() ? nullptr : &*at;
  }

  Context server;  // none: no certificate
  Context client;  // toward hosts that are not in `peers`
  std::vector<Peer> peers;
};

TlsContexts::TlsContexts(std::unique_ptr<Contexts> contexts) : contexts_(std::move(contexts)) {}
TlsContexts::~TlsContexts() = default;

Result<std::shared_ptr<const TlsContexts>, TlsFault> TlsContexts::load(const TlsSettings& settings) {
  auto made = std::make_unique<Contexts>();
  if (!settings.identity.certificate_file.empty()) {
    auto server = server_context(settings);
    if (!server) return fail(std::move(server.error()));
    made->server = std::move(*server);
  }
  auto client = client_context({}, settings.identity, {});
  if (!client) return fail(std::move(client.error()));
  made->client = std::move(*client);
  for (std::size_t i = 0; i < settings.peers.size(); ++i) {
    const TlsPeer& peer = settings.peers[i];
    const bool own = !peer.identity.certificate_file.empty();
    auto context = client_context(peer, own ? peer.identity : settings.identity, i);
    if (!context) return fail(std::move(context.error()));
    made->peers.push_back({peer.host, peer.verify, std::move(*context)});
  }
  return std::shared_ptr<const TlsContexts>(new TlsContexts(std::move(made)));
}

bool TlsContexts::can_accept() const {
  return contexts_->server != nullptr;
}

bool TlsContexts::verifies(std::string_view host) const {
  const Contexts::Peer* const peer = contexts_->find(host);
  return peer == nullptr || peer->verify;
}

Ssl TlsContexts::accept() const {
  Ssl ssl(SSL_new(contexts_->server.get()));
  if (ssl) SSL_set_accept_state(ssl.get());
  return ssl;
}

Ssl TlsContexts::connect(std::string_view host) const {
  const Contexts::Peer* const peer = contexts_->find(host);
  Ssl ssl(SSL_new(peer != nullptr ? peer->context.get() : contexts_->client.get()));
  if (!ssl) return ssl;
  auto* const name = new std::string(host);
  SSL_set_ex_data(ssl.get(), host_slot, name);  // deleted by ReleaseSsl
  SSL_set_connect_state(ssl.get());
  // RFC 6066 §3: no addresses.
  if (!IpAddress::parse(host))
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name->data());
  return ssl;
}

std::vector<std::string> TlsContexts::proven(const ssl_st* accepted) const {
  const Certificate certificate(SSL_get1_peer_certificate(accepted));
  std::vector<std::string> out;
  if (!certificate) return out;
  for (const Contexts::Peer& peer : contexts_->peers) {
    if (certificate_names(certificate.get(), peer.host) &&
        verifies_client(peer.context.get(), certificate.get(), SSL_get_peer_cert_chain(accepted)))
      out.push_back(peer.host);
  }
  ERR_clear_error();
  return out;
}

}  // namespace junctor::net
