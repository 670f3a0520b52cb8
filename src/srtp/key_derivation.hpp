#pragma once
// Session keys from the master key (RFC 3711 §4.3, RFC 6188 §3, RFC 7714 §11).
#include <array>
#include <cstdint>

#include "srtp/suite.hpp"

namespace junctor::srtp {

enum class Channel : std::uint8_t { rtp, rtcp };

struct SessionKeys {
  std::array<std::uint8_t, key_size_max> key{};
  std::array<std::uint8_t, salt_size_max> salt{};
  std::array<std::uint8_t, 20> auth{};  ///< not used by GCM
};

SessionKeys derive(const MasterKey& master, Channel channel);

}  // namespace junctor::srtp
