#pragma once
// Where requests come from and go to: Source, Hop and Target.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/io.hpp"
#include "transaction/hop.hpp"

namespace junctor::sip {
class Message;
}

namespace junctor::transport {

using transaction::any_listener;
using transaction::Hop;
using transaction::is_reliable;
using transaction::parse_protocol;
using transaction::Protocol;
using transaction::to_string;

/// Where a request came from.
struct Source {
  Protocol protocol = Protocol::udp;
  ListenerIndex listener = 0;
  ConnectionId connection;  ///< none for UDP
  Address local;   ///< what our socket is bound to (a wildcard for UDP on 0.0.0.0); see Advertise for what to tell
  Address remote;  ///< as seen on the wire, behind any NAT

  /// The way back, by the same socket or connection: how a registered phone behind a NAT is reached.
  Hop back() const { return {protocol, remote, listener, connection}; }
};

/// Where a request shall go. `hops` are tried first, in order; then `uri`, if not empty, is resolved (RFC 3263).
struct Target {
  std::vector<Hop> hops;
  std::string uri;

  static Target to(const Hop& hop) { return {{hop}, {}}; }
  static Target to_uri(std::string_view uri) { return {{}, std::string(uri)}; }
  /// By the flow a phone registered over; its Contact if that connection is gone.
  static Target to(const Hop& hop, std::string_view fallback_uri) { return {{hop}, std::string(fallback_uri)}; }
  /// The first Route, else the Request-URI (RFC 3261 §8.1.2).
  static Target of(const sip::Message& request);
};

}  // namespace junctor::transport
