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

/// Reads them all.
Result<std::shared_ptr<const net::TlsContexts>, TlsFileFault> load_tls_files(const config::Config& config);

}  // namespace junctor::hub
