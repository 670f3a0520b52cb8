// Default values that are lists of addresses.
#include "base/check.hpp"
#include "config/config.hpp"

namespace junctor::config {
namespace {

std::vector<Network> networks(std::initializer_list<const char*> texts) {
  std::vector<Network> out;
  for (const char* text : texts) {
    const auto network = Network::parse(text);
    JUNCTOR_CHECK(network);
    out.push_back(*network);
  }
  return out;
}

}  // namespace

std::vector<Network> NetworkTable::default_local_networks() {
  return networks({"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128",
                   "fc00::/7", "fe80::/10"});
}

std::vector<Address> Sip::default_listen() {
  return {Address{IpAddress{}, 5060}, Address{IpAddress{{}, Family::v6}, 5060}};
}

std::vector<Network> Metrics::default_allow() {
  return networks({"127.0.0.0/8", "::1/128"});
}

}  // namespace junctor::config
