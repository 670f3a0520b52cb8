#pragma once
// Network byte order in and out of plain bytes. The caller has checked the size.
#include <cstdint>

namespace junctor::srtp {

inline std::uint16_t read_u16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}
inline std::uint32_t read_u32(const std::uint8_t* p) {
  return std::uint32_t{read_u16(p)} << 16 | read_u16(p + 2);
}
inline void write_u32(std::uint8_t* p, std::uint32_t v) {
  for (int i = 0; i < 4; ++i) p[i] = static_cast<std::uint8_t>(v >> (24 - 8 * i));
}

/// The lower 48 bits of `v`, mixed into what stands there.
inline void xor_u48(std::uint8_t* p, std::uint64_t v) {
  for (int i = 0; i < 6; ++i) p[i] ^= static_cast<std::uint8_t>(v >> (40 - 8 * i));
}
inline void xor_u32(std::uint8_t* p, std::uint32_t v) {
  for (int i = 0; i < 4; ++i) p[i] ^= static_cast<std::uint8_t>(v >> (24 - 8 * i));
}

}  // namespace junctor::srtp
