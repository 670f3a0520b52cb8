#pragma once
// The hash functions that SIP digest (RFC 7616, RFC 8760) and nonces need; sip gets them passed in. Safe on any thread:
// each thread keeps its own contexts.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace junctor::net {

/// Lower-case hexadecimal digests.
std::string md5_hex(std::string_view data);
std::string sha256_hex(std::string_view data);
std::string sha512_256_hex(std::string_view data);

/// RFC 2104 with SHA-256.
std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view data);

}  // namespace junctor::net
