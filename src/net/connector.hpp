#pragma once
// From a URL to a connection that is up: name, address, TCP, TLS with proof of the host. Inside net only.
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/url.hpp"
#include "net/any_stream.hpp"
#include "net/tls.hpp"

namespace junctor::net {

/// What is trusted toward services, read from its files when needed and again after a while.
class ServiceTrust {
 public:
  /// `ca_file`: PEM; empty: what the system trusts. The error is one line.
  Result<std::shared_ptr<const TlsContexts>, std::string> contexts(const std::string& host, const std::string& ca_file);

 private:
  static constexpr Duration fresh = minutes(1);
  static constexpr std::size_t kept_max = 16;

  struct Kept {
    std::shared_ptr<const TlsContexts> contexts;
    TimePoint until{};
  };
  std::map<std::pair<std::string, std::string>, Kept> kept_;
};

/// Called once, on the io_context, unless that is stopped. The error is one line.
using Connected = std::function<void(Result<AnyStream, std::string>)>;

/// Tries the host's addresses one after the other. `tls` is needed for https and wss.
void connect_to(boost::asio::io_context& io, const Url& url, std::shared_ptr<const TlsContexts> tls, Duration timeout,
                Connected connected);

}  // namespace junctor::net
