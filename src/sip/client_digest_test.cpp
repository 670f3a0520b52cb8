#include "sip/client_digest.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace junctor::sip {
namespace {

template <const EVP_MD* (*Algorithm)()>
std::string hex(std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), out, &size, Algorithm(), nullptr);
  std::string written;
  for (unsigned i = 0; i < size; ++i) {
    written += "0123456789abcdef"[out[i] >> 4];
    written += "0123456789abcdef"[out[i] & 15];
  }
  return written;
}

const digest::HashFunctions hashes{hex<EVP_md5>, hex<EVP_sha256>, hex<EVP_sha512_256>};
const digest::Account account{"line7", "secret", {}, {}};

Message request() {
  return Message::request(Method::register_, "sip:carrier.example");
}

Message challenge(int status, std::vector<std::string> values) {
  Message out = Message::response(request(), status);
  for (const auto& value : values)
    out.add(status == 407 ? HeaderId::proxy_authenticate : HeaderId::www_authenticate, value);
  return out;
}

/// The credentials in `header` are right for the request, as a server would find.
bool is_right(const Message& message, HeaderId header) {
  const auto value = message.header(header);
  const auto credentials = value ? digest::parse_credentials(*value) : fail(digest::Error{"none"});
  if (!credentials) return false;
  const auto algorithm = digest::parse_algorithm(credentials->algorithm.empty() ? "MD5" : credentials->algorithm);
  const std::string ha1 = digest::make_ha1(hashes.get(algorithm->hash), "line7", credentials->realm, "secret");
  return digest::verify(*credentials, ha1, message.method_name(), message.body(), hashes) == digest::Verdict::ok;
}

TEST(ClientDigest, EveryLegalShapeOfAChallenge) {
  const std::vector<std::vector<std::string>> shapes = {
      {R"(Digest realm="r", nonce="n")"},
      {R"(Digest realm="r", nonce="n", algorithm=MD5, qop="auth")"},
      {R"(Digest realm="r", nonce="n", qop="auth-int")"},
      {R"(Digest realm="r", nonce="n", qop="auth,auth-int", opaque="o", domain="sip:a sip:b", stale=false)"},
      {R"(Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth")"},
      {R"(Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth", userhash=true)"},
      {R"(Digest realm="r", nonce="n", algorithm=MD5-sess, qop="auth")"},
      {R"(Digest realm="r", nonce="x", algorithm=AKAv1-MD5)", R"(Digest realm="r", nonce="n", algorithm="MD5")"},
      {R"(Digest realm="r", nonce="x", algorithm=ROT13, Digest realm="r", nonce="n", algorithm=SHA-256)"},
      {R"(Bearer scope="x")", R"(Digest nonce="n", realm="r")"},
  };
  for (const int status : {401, 407})
    for (const auto& shape : shapes) {
      ClientDigest digest;
      ASSERT_EQ(digest.take(challenge(status, shape), account, hashes, "cn"), ClientDigest::Taken::answerable)
          << shape.front();
      for (int again = 0; again < 3; ++again) {
        Message message = request();
        digest.authorize(message, account, hashes);
        EXPECT_TRUE(is_right(message, status == 407 ? HeaderId::proxy_authorization : HeaderId::authorization))
            << shape.front();
      }
    }
}

TEST(ClientDigest, ANonceIsCountedAndReplaced) {
  ClientDigest digest;
  const auto nc = [&] {
    Message message = request();
    digest.begin();
    digest.authorize(message, account, hashes);
    return digest::parse_credentials(*message.header(HeaderId::authorization))->nc.value();
  };
  ASSERT_EQ(digest.take(challenge(401, {R"(Digest realm="r", nonce="a", qop="auth")"}), account, hashes, "c1"),
            ClientDigest::Taken::answerable);
  EXPECT_EQ(nc(), 1u);
  EXPECT_EQ(nc(), 2u);
  ASSERT_EQ(
      digest.take(challenge(401, {R"(Digest realm="r", nonce="b", qop="auth", stale=true)"}), account, hashes, "c"),
      ClientDigest::Taken::answerable);
  EXPECT_EQ(nc(), 1u);
}

TEST(ClientDigest, AProxyAndAServerBothAsk) {
  ClientDigest digest;
  Message message = request();
  ASSERT_EQ(digest.take(challenge(407, {R"(Digest realm="p", nonce="a", qop="auth")"}), account, hashes, "c"),
            ClientDigest::Taken::answerable);
  digest.authorize(message, account, hashes);
  ASSERT_EQ(digest.take(challenge(401, {R"(Digest realm="s", nonce="b", qop="auth")"}), account, hashes, "d"),
            ClientDigest::Taken::answerable);
  digest.authorize(message, account, hashes);
  EXPECT_TRUE(is_right(message, HeaderId::proxy_authorization));
  EXPECT_TRUE(is_right(message, HeaderId::authorization));
  const auto to_proxy = message.header(HeaderId::proxy_authorization).value_or("");
  EXPECT_NE(to_proxy.find("nc=00000002"), std::string_view::npos);
}

TEST(ClientDigest, AWrongPasswordIsNotSaidForEver) {
  ClientDigest digest;
  Message message = request();
  const Message first = challenge(401, {R"(Digest realm="r", nonce="a", qop="auth")"});
  ASSERT_EQ(digest.take(first, account, hashes, "c"), ClientDigest::Taken::answerable);
  digest.authorize(message, account, hashes);
  EXPECT_EQ(digest.take(first, account, hashes, "c"), ClientDigest::Taken::refused);

  digest.begin();
  int answered = 0;
  for (const char* nonce : {"a", "b", "c", "d", "e"}) {
    const Message next = challenge(401, {std::string(R"(Digest realm="r", qop="auth", nonce=")") + nonce + '"'});
    if (digest.take(next, account, hashes, "c") != ClientDigest::Taken::answerable) break;
    digest.authorize(message, account, hashes);
    ++answered;
  }
  EXPECT_EQ(answered, ClientDigest::rounds_max);
  EXPECT_EQ(digest.take(challenge(401, {R"(Digest realm="r", nonce="a", algorithm=ROT13)"}), account, hashes, "c"),
            ClientDigest::Taken::unknown);
  EXPECT_EQ(digest.take(challenge(401, {}), account, hashes, "c"), ClientDigest::Taken::unknown);
}

}  // namespace
}  // namespace junctor::sip
