#pragma once
// The certificates, keys and authorities that a configuration names.
#include <memory>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"
#include "net/tls.hpp"

namespace junctor::hub {

struct TlsFileFault {
  std::string path;     ///< the key: "sip.certificate_file", "trunks[0].tls_ca_file"
  std::string message;  ///< one line, with the file
};

/// Reads those of SIP.
Result<std::shared_ptr<const net::TlsContexts>, TlsFileFault> load_tls_files(const config::Config& config);

/// Reads those of the HTTP listeners; nobody is asked for a certificate without http.client_ca_file.
Result<std::shared_ptr<const net::TlsContexts>, TlsFileFault> load_http_tls_files(const config::Http& config);

}  // namespace junctor::hub
