// The test vectors of the RFCs, which begin at session keys.
#include <algorithm>

#include "srtp/test_keys.hpp"
#include "srtp/transform.hpp"

namespace junctor::srtp {
namespace {

template <std::size_t size>
void fill(std::array<std::uint8_t, size>& out, std::string_view hex) {
  const Buffer bytes = from_hex(hex);
  ASSERT_LE(bytes.size(), size);
  std::ranges::copy(bytes, out.begin());
}

template <std::size_t size>
Buffer first(const std::array<std::uint8_t, size>& bytes, std::size_t count) {
  return Buffer(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
}

SessionKeys session_keys(std::string_view key, std::string_view salt) {
  SessionKeys keys;
  fill(keys.key, key);
  fill(keys.salt, salt);
  return keys;
}

/// `blocks` blocks of the key stream with SSRC and index zero.
Buffer key_stream(const SessionKeys& keys, std::size_t key_size, std::size_t blocks) {
  Buffer zeros(16 * blocks), tag(10);
  Transform::counter_mode(keys, key_size, tag.size()).seal(ciphers(), zeros, 0, {}, {}, tag);
  return zeros;
}

constexpr std::string_view counter_salt = "f0f1f2f3f4f5f6f7f8f9fafbfcfd";

TEST(SrtpVectors, rfc_3711_b_2_aes_128_counter_mode) {
  const auto keys = session_keys("2b7e151628aed2a6abf7158809cf4f3c", counter_salt);
  EXPECT_EQ(key_stream(keys, 16, 3), from_hex("e03ead0935c95e80e166b16dd92b4eb4"
                                              "d23513162b02d0f72a43a2fe4a5f97ab"
                                              "41e95b3bb0a2e8dd477901e4fca894c0"));
}

TEST(SrtpVectors, rfc_6188_7_1_aes_256_counter_mode) {
  const auto keys = session_keys("57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98", counter_salt);
  const Buffer stream = key_stream(keys, 32, 0xff02);
  EXPECT_EQ(Buffer(stream.begin(), stream.begin() + 48), from_hex("92bdd28a93c3f52511c677d08b5515a4"
                                                                  "9da71b2378a854f67050756ded165bac"
                                                                  "63c4868b7096d88421b563b8c94c9a31"));
  EXPECT_EQ(Buffer(stream.end() - 48, stream.end()), from_hex("cea518c90fd91ced9cbb18c078a54711"
                                                              "3dbc4814f4da5f00a08772b63c6a046d"
                                                              "6eb246913062a16891433e97dd01a57f"));
}

void expect_keys(Suite suite, std::string_view key, std::string_view salt, std::string_view session_key,
                 std::string_view session_salt, std::string_view session_auth) {
  MasterKey master{.suite = suite};
  fill(master.key, key);
  fill(master.salt, salt);
  const SessionKeys keys = derive(master, Channel::rtp);
  EXPECT_EQ(first(keys.key, key_size(suite)), from_hex(session_key));
  EXPECT_EQ(first(keys.salt, 14), from_hex(session_salt));
  EXPECT_EQ(first(keys.auth, 20), from_hex(session_auth));
}

TEST(SrtpVectors, rfc_3711_b_3_key_derivation) {
  expect_keys(Suite::aes_cm_128_hmac_sha1_80, "e1f97a0d3e018be0d64fa32c06de4139", "0ec675ad498afeebb6960b3aabe6",
              "c61e7a93744f39ee10734afe3ff7a087", "30cbbc08863d8c85d49db34a9ae1",
              "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
}

TEST(SrtpVectors, rfc_6188_7_4_key_derivation_with_aes_256) {
  expect_keys(Suite::aes_256_cm_hmac_sha1_80, "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6",
              "3b04803de51ee7c96423ab5b78d2", "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
              "fa31791685ca444a9e07c6c64e93", "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05");
}

struct GcmVector {
  std::string_view plain, cipher, tag;
  std::size_t clear;
  Position at;
  std::string_view trailer;
};

void expect_gcm(std::string_view key, const GcmVector& vector) {
  const Transform transform = Transform::gcm(session_keys(key, "517569642070726f2071756f"), key.size() / 2);
  const Buffer plain = from_hex(vector.plain), trailer = from_hex(vector.trailer);
  Buffer packet = plain, tag(16);
  transform.seal(ciphers(), packet, vector.clear, vector.at, trailer, tag);
  EXPECT_EQ(Buffer(packet.begin() + static_cast<std::ptrdiff_t>(vector.clear), packet.end()), from_hex(vector.cipher));
  EXPECT_EQ(tag, from_hex(vector.tag));
  EXPECT_TRUE(transform.open(ciphers(), packet, vector.clear, vector.at, trailer, tag));
  EXPECT_EQ(packet, plain);
}

constexpr std::string_view key_128 = "000102030405060708090a0b0c0d0e0f";
constexpr std::string_view key_256 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

TEST(SrtpVectors, rfc_7714_16_rtp_with_gcm) {
  GcmVector vector{.plain =
                       "8040f17b8041f8d35501a0b2"
                       "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573",
                   .cipher = "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833",
                   .tag = "899d7f27beb16a9152cf765ee4390cce",
                   .clear = 12,
                   .at = {0x5501a0b2, 0xf17b},
                   .trailer = ""};
  expect_gcm(key_128, vector);
  vector.cipher = "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b";
  vector.tag = "7aa3db36dfffd6b0f9bb7878d7a76c13";
  expect_gcm(key_256, vector);
}

TEST(SrtpVectors, rfc_7714_17_rtcp_with_gcm) {
  GcmVector vector{.plain =
                       "81c8000d4d617273"
                       "4e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
                   .cipher = "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b",
                   .tag = "c84aa45896cf4d2fc5abf87245d9eade",
                   .clear = 8,
                   .at = {0x4d617273, 0x5d4},
                   .trailer = "800005d4"};
  expect_gcm(key_128, vector);
  vector.cipher = "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad";
  vector.tag = "1d1eb30c4446839f57ff6f6cb26ac3be";
  expect_gcm(key_256, vector);
}

}  // namespace
}  // namespace junctor::srtp
