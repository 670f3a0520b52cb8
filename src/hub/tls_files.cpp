#include "hub/tls_files.hpp"

#include <cstddef>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "sip/uri.hpp"

namespace junctor::hub {
namespace {

/// As transport asks for it: without port, an address without brackets.
std::string host_of(const config::Trunk& trunk) {
  const std::string text = "sip:" + trunk.host;
  const auto uri = sip::Uri::parse(text);
  if (!uri) return trunk.host;
  const auto ip = IpAddress::parse(uri->host);
  return ip ? to_string(*ip) : std::string(uri->host);
}

std::string key_of(const net::TlsFault& fault, const std::vector<std::size_t>& trunks, const config::Config& config) {
  const bool own = fault.peer && !config.trunks[trunks[*fault.peer]].tls_certificate_file.empty();
  std::string path = "sip.";
  if (fault.peer && (own || fault.part == net::TlsPart::ca))
    path = "trunks[" + std::to_string(trunks[*fault.peer]) + "].tls_";
  switch (fault.part) {
    case net::TlsPart::certificate:
      return path + "certificate_file";
    case net::TlsPart::private_key:
      return path + "private_key_file";
    case net::TlsPart::ca:
      return path + "ca_file";
  }
  return path;
}

}  // namespace

Result<std::shared_ptr<const net::TlsContexts>, TlsFileFault> load_tls_files(const config::Config& config) {
  net::TlsSettings settings;
  settings.identity = {config.sip.certificate_file, config.sip.private_key_file};
  std::vector<std::size_t> trunks;  // of each peer
  for (std::size_t i = 0; i < config.trunks.size(); ++i) {
    const config::Trunk& trunk = config.trunks[i];
    if (trunk.transport != config::TrunkTransport::tls) continue;
    settings.peers.push_back({host_of(trunk),
                              trunk.tls_verify,
                              trunk.tls_ca_file,
                              {trunk.tls_certificate_file, trunk.tls_private_key_file}});
    trunks.push_back(i);
  }
  auto contexts = net::TlsContexts::load(settings);
  if (contexts) return std::move(*contexts);
  return fail(TlsFileFault{key_of(contexts.error(), trunks, config), std::move(contexts.error().text)});
}

Result<std::shared_ptr<const net::TlsContexts>, TlsFileFault> load_http_tls_files(const config::Http& config) {
  net::TlsSettings settings;
  settings.identity = {config.certificate_file, config.private_key_file};
  settings.clients = config.client_ca_file.empty() ? net::ClientProof::none : net::ClientProof::required;
  settings.client_ca_file = config.client_ca_file;
  auto contexts = net::TlsContexts::load(settings);
  if (contexts) return std::move(*contexts);
  const net::TlsPart part = contexts.error().part;
  const char* const key = part == net::TlsPart::certificate   ? "http.certificate_file"
                          : part == net::TlsPart::private_key ? "http.private_key_file"
                                                              : "http.client_ca_file";
  return fail(TlsFileFault{key, std::move(contexts.error().text)});
}

}  // namespace junctor::hub
