// doctor: what the hub would bind, and how others reach it.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>

#include "hub/cli_doctor.hpp"
#include "net/fd.hpp"
#include "net/local_address.hpp"
#include "net/socket_address.hpp"

namespace junctor::hub::cli {
namespace {

void examine_port(const std::string& subject, int error, Hub hub, Findings& findings) {
  switch (error) {
    case 0:
      findings.push_back({Health::ok, subject, "can be bound", {}});
      return;
    case EADDRINUSE:
      if (hub == Hub::running) {
        findings.push_back({Health::ok, subject, "is taken, as the hub is running", {}});
      } else {
        findings.push_back({Health::fault, subject, "is taken by another process",
                            "find it with `ss -lnup` or `ss -lntp`, stop it or choose another port"});
      }
      return;
    case EAFNOSUPPORT:
      findings.push_back({Health::warning, subject, "this machine does not have that address family",
                          "take the address out of the configuration, or switch the family on"});
      return;
    case EADDRNOTAVAIL:
      findings.push_back({Health::fault, subject, "is no address of this machine", "see `ip address`"});
      return;
    case EACCES:
      findings.push_back({Health::fault, subject, "ports below 1024 need a privilege",
                          "give CAP_NET_BIND_SERVICE to the service, or choose another port"});
      return;
    default:
      findings.push_back({Health::fault, subject, std::strerror(error), "the hub cannot start so"});
  }
}

/// 0 when the address can be bound, else errno.
int bind_error(const Address& address, int socket_type) {
  net::SocketAddress to;
  const socklen_t length = net::to_socket_address(address, to);
  const net::Fd fd(::socket(to.any.sa_family, socket_type | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  const int on = 1;
  if (socket_type == SOCK_STREAM) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ip.family == Family::v6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  return ::bind(fd.get(), &to.any, length) == 0 ? 0 : errno;
}

struct PortRange {
  int first = 0;
  int last = 0;
};

/// The ports that the system gives to outgoing connections.
std::optional<PortRange> ephemeral_ports() {
  std::ifstream in("/proc/sys/net/ipv4/ip_local_port_range");
  PortRange range;
  if (in >> range.first >> range.last) return range;
  return std::nullopt;
}

bool is_private(const IpAddress& ip) {
  const auto networks = config::NetworkTable::default_local_networks();
  return ip.is_any() || std::ranges::any_of(networks, [&](const Network& n) { return n.contains(ip); });
}

}  // namespace

void examine_listeners(const config::Config& config, Hub hub, Findings& findings) {
  for (const Address& a : config.sip.udp) examine_port("udp " + to_string(a), bind_error(a, SOCK_DGRAM), hub, findings);
  for (const Address& a : config.sip.tcp)
    examine_port("tcp " + to_string(a), bind_error(a, SOCK_STREAM), hub, findings);
  for (const Address& a : config.sip.tls)
    examine_port("tls " + to_string(a), bind_error(a, SOCK_STREAM), hub, findings);
  for (const Address& a : config.http.listen)
    examine_port("http " + to_string(a), bind_error(a, SOCK_STREAM), hub, findings);
}

void examine_media_ports(const config::Config& config, Hub hub, Findings& findings) {
  const config::Rtp& rtp = config.rtp;
  const std::string range = std::to_string(rtp.port_min) + "-" + std::to_string(rtp.port_max);
  for (const IpAddress& ip : rtp.address) {
    int taken = 0;
    int other = 0;
    for (int port = rtp.port_min; port <= rtp.port_max && other == 0; ++port) {
      const int error = bind_error({ip, static_cast<std::uint16_t>(port)}, SOCK_DGRAM);
      if (error == EADDRINUSE) {
        ++taken;
      } else {
        other = error;
      }
    }
    const std::string subject = "media ports " + range + " on " + to_string(ip);
    const int ports = rtp.port_max - rtp.port_min + 1;
    if (other != 0) {
      examine_port(subject, other, hub, findings);
    } else if (taken == 0 || hub == Hub::running) {
      findings.push_back({Health::ok, subject, std::to_string(ports / 2) + " pairs", {}});
    } else {
      findings.push_back({taken * 2 > ports ? Health::fault : Health::warning, subject,
                          std::to_string(taken) + " of " + std::to_string(ports) + " are taken by other processes",
                          "move rtp.port_min and rtp.port_max to a free range"});
    }
  }
  const auto outgoing = ephemeral_ports();
  if (outgoing && rtp.port_min <= outgoing->last && rtp.port_max >= outgoing->first) {
    findings.push_back({Health::warning, "media ports " + range,
                        "overlap with the system's ports for outgoing connections (" + std::to_string(outgoing->first) +
                            "-" + std::to_string(outgoing->last) + ")",
                        "reserve them: sysctl net.ipv4.ip_local_reserved_ports=" + range});
  }
}

void examine_addresses(const config::Config& config, Findings& findings) {
  std::vector<IpAddress> own;
  std::string shown;
  for (const net::InterfaceAddress& at : net::interface_addresses()) {
    if (at.ip.is_loopback()) continue;
    own.push_back(at.ip);
    shown += (shown.empty() ? "" : ", ") + to_string(at.ip) + " (" + at.interface + ")";
  }
  findings.push_back(own.empty() ? Finding{Health::warning, "addresses",
                                           "only loopback: no phone can reach this machine", "connect it to a network"}
                                 : Finding{Health::ok, "addresses", shown, {}});
  for (const IpAddress& ip : config.network.public_ip) {
    const bool ours = std::ranges::find(own, ip) != own.end();
    const std::string subject = "network.public_ip " + to_string(ip);
    if (is_private(ip)) {
      findings.push_back({Health::warning, subject, "is a private address", "peers on the internet cannot reach it"});
    } else {
      findings.push_back({Health::ok,
                          subject,
                          ours ? "is an address of this machine"
                               : "is not on this machine: the NAT must forward SIP and media ports unchanged",
                          {}});
    }
  }
  if (config.network.public_ip.empty() && !own.empty() && std::ranges::all_of(own, is_private)) {
    findings.push_back({Health::warning, "network.public_ip", "is not set, and this machine has private addresses only",
                        "for carriers and phones outside the local network set it to the NAT's public address, and "
                        "forward SIP and media ports"});
  }
}

}  // namespace junctor::hub::cli
