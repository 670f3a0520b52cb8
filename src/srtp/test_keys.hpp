#pragma once
// What the tests of this room share.
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "srtp/sdes.hpp"
#include "srtp/srtp.hpp"

namespace junctor::srtp {

using Buffer = std::vector<std::uint8_t>;

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

inline MasterKey key_of(Suite suite, std::uint64_t seed = 1) {
  SeededRandom random(seed);
  return make_master_key(suite, random);
}

inline Buffer from_hex(std::string_view text) {
  Buffer bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

/// A PCMU packet of 20 ms, 172 bytes.
inline Buffer rtp_packet(std::uint16_t sequence, std::uint32_t ssrc = 0xcafebabe) {
  Buffer bytes(172);
  for (std::size_t i = 12; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + sequence);
  bytes[0] = 0x80;
  bytes[2] = static_cast<std::uint8_t>(sequence >> 8);
  bytes[3] = static_cast<std::uint8_t>(sequence);
  for (std::size_t i = 0; i < 4; ++i) bytes[8 + i] = static_cast<std::uint8_t>(ssrc >> (24 - 8 * i));
  return bytes;
}

/// A sender report without blocks.
inline Buffer rtcp_packet(std::uint32_t ssrc = 0xcafebabe) {
  Buffer bytes(28);
  bytes[0] = 0x80, bytes[1] = 200, bytes[3] = 6;
  for (std::size_t i = 0; i < 4; ++i) bytes[4 + i] = static_cast<std::uint8_t>(ssrc >> (24 - 8 * i));
  for (std::size_t i = 8; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  return bytes;
}

/// Of the tests' one thread. Not made before main(): a test counts what OpenSSL allocates from its beginning on.
inline Ciphers& ciphers() {
  static Ciphers all;
  return all;
}

using Outcome = Result<std::size_t, SrtpError>;

inline Result<Buffer, SrtpError> sized(Buffer buffer, Outcome size) {
  if (!size) return fail(size.error());
  buffer.resize(*size);
  return buffer;
}
inline Result<Buffer, SrtpError> protect(Context& context, Buffer packet) {
  const std::size_t size = packet.size();
  packet.resize(size + overhead_max);
  const Outcome outcome = context.protect(ciphers(), packet, size);
  return sized(std::move(packet), outcome);
}
inline Result<Buffer, SrtpError> unprotect(Context& context, Buffer packet) {
  const Outcome outcome = context.unprotect(ciphers(), packet);
  return sized(std::move(packet), outcome);
}
inline Result<Buffer, SrtpError> protect_rtcp(Context& context, Buffer packet) {
  const std::size_t size = packet.size();
  packet.resize(size + overhead_max);
  const Outcome outcome = context.protect_rtcp(ciphers(), packet, size);
  return sized(std::move(packet), outcome);
}
inline Result<Buffer, SrtpError> unprotect_rtcp(Context& context, Buffer packet) {
  const Outcome outcome = context.unprotect_rtcp(ciphers(), packet);
  return sized(std::move(packet), outcome);
}

class EverySuite : public testing::TestWithParam<Suite> {};

inline std::string suite_in_test_name(const testing::TestParamInfo<Suite>& info) {
  return std::string(name_of(info.param));
}

}  // namespace junctor::srtp
