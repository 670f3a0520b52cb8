#include "sip/digest.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace junctor::sip::digest {
namespace {

std::string hashed(const EVP_MD* kind, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EXPECT_EQ(EVP_Digest(bytes.data(), bytes.size(), out, &size, kind, nullptr), 1);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[out[i] >> 4];
    hex += "0123456789abcdef"[out[i] & 15];
  }
  return hex;
}
std::string md5(std::string_view bytes) {
  return hashed(EVP_md5(), bytes);
}
std::string sha256(std::string_view bytes) {
  return hashed(EVP_sha256(), bytes);
}
std::string sha512_256(std::string_view bytes) {
  return hashed(EVP_sha512_256(), bytes);
}

constexpr HashFunctions all = {md5, sha256, sha512_256};

std::vector<Challenge> challenges(std::string_view text) {
  auto out = parse_challenges(text);
  EXPECT_TRUE(out) << out.error().reason;
  return out ? *out : std::vector<Challenge>();
}

// RFC 7616 §3.9.1
constexpr std::string_view mufasa_challenges =
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", "
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, "
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
const Account mufasa = {.username = "Mufasa", .password = "Circle of Life"};
constexpr Request get_index = {
    .method = "GET", .uri = "/dir/index.html", .nc = 1, .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};

TEST(Digest, Rfc7616Example1) {
  const auto both = challenges(mufasa_challenges);
  ASSERT_EQ(both.size(), 2u);
  const auto strong = respond(both, mufasa, get_index, all);
  ASSERT_TRUE(strong);
  EXPECT_EQ(strong->algorithm, "SHA-256");
  EXPECT_EQ(strong->response, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
  EXPECT_EQ(strong->opaque, both[0].opaque);
  const auto weak = respond(both, mufasa, get_index, {.md5 = md5});
  ASSERT_TRUE(weak);
  EXPECT_EQ(weak->response, "8ca523f5e9506fed4657c9700eebdbec");
}

// RFC 7616 §3.9.2 with the values of erratum 4897: the RFC's own are those of a truncated SHA-512.
TEST(Digest, Rfc7616Example2) {
  const auto one = challenges(
      "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, "
      "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
      "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, userhash=true");
  ASSERT_EQ(one.size(), 1u);
  const Account jason = {.username = "J\u00e4s\u00f8n Doe", .password = "Secret, or not?"};
  const auto answer = respond(
      one, jason, {.method = "GET", .uri = "/doe.json", .cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"}, all);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->userhash);
  EXPECT_EQ(answer->username, "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b");
  EXPECT_EQ(answer->response, "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");
}

TEST(Digest, Rfc2617Example) {
  const auto one = challenges(
      "Digest realm=\"testrealm@host.com\",qop=\"auth,auth-int\",nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
      "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
  const Account account = {.username = "Mufasa", .password = "Circle Of Life"};
  const Request request = {.method = "GET", .uri = "/dir/index.html", .cnonce = "0a4f113b"};
  EXPECT_EQ(respond(one, account, request, all)->response, "6629fae49393a05397450978507c4ef1");
  auto old = one;
  old[0].qop.clear();  // RFC 2069
  const auto answer = respond(old, account, request, all);
  EXPECT_EQ(answer->response, "670fd8c2df070c60b045671b8b24ff02");
  EXPECT_EQ(answer->nc, std::nullopt);
  EXPECT_EQ(answer->cnonce, "");
  EXPECT_EQ(verify(*answer, md5("Mufasa:testrealm@host.com:Circle Of Life"), "GET", "", all), Verdict::ok);
}

TEST(Digest, SessionAndIntegrity) {
  const auto one = challenges("Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess, qop=\"auth-int\"");
  const Account account = {.username = "u", .password = "p"};
  const Request request = {.method = "INVITE", .uri = "sip:x", .body = "body", .nc = 0x1a, .cnonce = "c"};
  const auto answer = respond(one, account, request, all);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->response,
            md5(md5(md5("u:r:p") + ":n:c") + ":n:0000001a:c:auth-int:" + md5("INVITE:sip:x:" + md5("body"))));
  EXPECT_EQ(verify(*answer, md5("u:r:p"), "INVITE", "body", all), Verdict::ok);
  EXPECT_EQ(verify(*answer, md5("u:r:p"), "INVITE", "other body", all), Verdict::wrong_response);
}

TEST(Digest, EveryAlgorithmAndQopIsUnderstoodByTheServer) {
  const Request request = {.method = "REGISTER", .uri = "sip:junctor", .body = "b", .nc = 2, .cnonce = "cn"};
  for (const std::string_view name :
       {"", "MD5", "MD5-sess", "SHA-256", "sha-256-SESS", "SHA-512-256", "SHA-512-256-sess"}) {
    for (const std::string_view qop : {"", "auth", "auth-int", "auth-int,auth", "x-new , auth"}) {
      Challenge challenge;
      challenge.realm = "a \"quoted\" \\ realm";
      challenge.nonce = "n";
      challenge.algorithm = name;
      challenge.qop = qop;
      const auto sent =
          respond(challenges(to_string(challenge)), {.username = "1001", .password = "secret"}, request, all);
      ASSERT_TRUE(sent) << name << " " << qop;
      const auto got = parse_credentials(to_string(*sent));
      ASSERT_TRUE(got) << got.error().reason << to_string(*sent);
      EXPECT_EQ(*got, *sent);
      const Hash hash = all.get(parse_algorithm(name.empty() ? "MD5" : name)->hash);
      const std::string ha1 = make_ha1(hash, "1001", challenge.realm, "secret");
      EXPECT_EQ(verify(*got, ha1, "REGISTER", "b", all), Verdict::ok);
      EXPECT_EQ(verify(*got, ha1, "INVITE", "b", all), Verdict::wrong_response);
      EXPECT_EQ(verify(*got, make_ha1(hash, "1001", challenge.realm, "guess"), "REGISTER", "b", all),
                Verdict::wrong_response);
    }
  }
}

TEST(Digest, FirstChallengeThatWeCanDo) {
  const auto three = challenges(
      "Digest realm=\"r\",nonce=\"1\",algorithm=SHA3-512,Digest "
      "realm=\"r\",nonce=\"2\",algorithm=SHA-256,qop=\"x-new\","
      "Digest realm=\"r\",nonce=\"3\",algorithm=SHA-256, Digest realm=\"r\",nonce=\"4\"");
  ASSERT_EQ(three.size(), 4u);
  EXPECT_EQ(choose(three, mufasa, all), &three[2]);
  EXPECT_EQ(choose(three, {.username = "u", .ha1 = "00", .ha1_hash = HashName::md5}, all), &three[3]);
  EXPECT_EQ(choose(three, mufasa, {.md5 = md5}), &three[3]);
  EXPECT_EQ(choose(three, mufasa, {.sha512_256 = sha512_256}), nullptr);
}

TEST(Digest, StoredHa1ServesAsWellAsThePassword) {
  const auto both = challenges(mufasa_challenges);
  const Account stored = {.username = "Mufasa",
                          .ha1 = make_ha1(md5, "Mufasa", "http-auth@example.org", "Circle of Life"),
                          .ha1_hash = HashName::md5};
  EXPECT_EQ(respond(both, stored, get_index, all)->response, "8ca523f5e9506fed4657c9700eebdbec");
}

TEST(Digest, VerdictsOnOddCredentials) {
  Credentials c = *respond(challenges(mufasa_challenges), mufasa, get_index, all);
  const auto verdict = [](const Credentials& odd) { return verify(odd, "ha1", "GET", "", all); };
  auto odd = c;
  odd.algorithm = "SHA3-512";
  EXPECT_EQ(verdict(odd), Verdict::unsupported_algorithm);
  EXPECT_EQ(verify(c, "ha1", "GET", "", {.md5 = md5}), Verdict::unsupported_algorithm);
  odd = c, odd.qop = "x-new";
  EXPECT_EQ(verdict(odd), Verdict::malformed);
  odd = c, odd.nc.reset();
  EXPECT_EQ(verdict(odd), Verdict::malformed);
  odd = c, odd.cnonce.clear();
  EXPECT_EQ(verdict(odd), Verdict::malformed);
  odd = c, odd.qop.clear(), odd.cnonce.clear(), odd.algorithm = "MD5-sess";
  EXPECT_EQ(verdict(odd), Verdict::malformed);
  odd = c, odd.response.clear();
  EXPECT_EQ(verdict(odd), Verdict::wrong_response);
}

TEST(Digest, ReadsChallengesAsTheyCome) {
  const auto list = challenges(
      "Basic realm=\"a, b\", Negotiate abc==, digest REALM = \"q\\\"u\" , nonce=bare,stale=TRUE,domain=\"sip:a\","
      "x-flag=1, , qop=auth, Newer");
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].realm, "q\"u");
  EXPECT_EQ(list[0].nonce, "bare");
  EXPECT_TRUE(list[0].stale);
  EXPECT_TRUE(list[0].offers("auth"));
  EXPECT_FALSE(list[0].offers("auth-int"));
  EXPECT_EQ(list[0].other, (std::vector<Parameter>{{"domain", "sip:a", true}, {"x-flag", "1", false}}));
  EXPECT_EQ(to_string(list[0]),
            "Digest realm=\"q\\\"u\", nonce=\"bare\", stale=true, qop=\"auth\", domain=\"sip:a\", x-flag=1");
  EXPECT_EQ(challenges(to_string(list[0])), list);
  EXPECT_TRUE(challenges("").empty());
}

TEST(Digest, RefusesWhatIsBroken) {
  const auto reason = [](std::string_view text) {
    const auto out = parse_challenges(text);
    return out ? std::string_view() : out.error().reason;
  };
  EXPECT_EQ(reason("Digest realm=\"a"), "a quote stays open");
  EXPECT_EQ(reason("Digest realm=\"a\\"), "a quote stays open");
  EXPECT_EQ(reason("realm=\"a\""), "no scheme");
  EXPECT_EQ(reason("Digest realm=\"a\"x, nonce=\"b\""), "bad parameter");
  EXPECT_EQ(reason("Digest realm=\"a\", nonce"), "a challenge without realm or nonce");  // nonce is a scheme here
  EXPECT_EQ(reason("Digest realm=\"a\nb\", nonce=\"b\""), "bad parameter");
  EXPECT_EQ(reason("Digest realm=\"a\""), "a challenge without realm or nonce");
  EXPECT_EQ(reason("Digest realm=\"a\", nonce=\"b\", nonce=\"c\""), "a parameter twice");
  EXPECT_EQ(reason("Digest realm=\"a\", =\"b\""), "a parameter without a name");
}

TEST(Digest, ReadsCredentials) {
  const std::string good =
      "Digest username=\"1001\",realm=\"r\",nonce=\"n\",uri=\"sip:r;a=\\\"b\\\"\",response=\"ff\",cnonce=\"c\","
      "nc=0000000A,qop=auth,algorithm=\"MD5\",x=\"y\"";
  const auto read = parse_credentials(good);
  ASSERT_TRUE(read) << read.error().reason;
  EXPECT_EQ(read->uri, "sip:r;a=\"b\"");
  EXPECT_EQ(read->nc, 10u);
  EXPECT_EQ(read->algorithm, "MD5");
  EXPECT_EQ(parse_credentials(to_string(*read)), read);
  EXPECT_FALSE(parse_credentials("Basic abc"));
  EXPECT_FALSE(parse_credentials("Digest username=\"1001\""));
  EXPECT_FALSE(parse_credentials(good + ",username*=UTF-8''x"));
  EXPECT_FALSE(parse_credentials(good + ",nc=00000001"));
  EXPECT_FALSE(parse_credentials(good + ", Digest a=b"));
}

TEST(Digest, ExtendedUsername) {
  const auto read = parse_credentials(
      "Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"ff\"");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->username, "J\u00e4s\u00f8n Doe");
  EXPECT_TRUE(read->username_extended);
  EXPECT_EQ(parse_credentials(to_string(*read)), read);
  EXPECT_FALSE(parse_credentials("Digest username*=x,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"ff\""));
  EXPECT_FALSE(parse_credentials("Digest username*=UTF-8''%0a,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"ff\""));
}

TEST(Digest, AValueCannotForgeAHeader) {
  Challenge challenge;
  challenge.realm = "a\r\nEvil: 1\"";
  EXPECT_EQ(to_string(challenge), "Digest realm=\"aEvil: 1\\\"\", nonce=\"\"");
}

TEST(Digest, AlgorithmNames) {
  for (const std::string_view name :
       {"MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"}) {
    EXPECT_EQ(to_string(*parse_algorithm(name)), name);
  }
  EXPECT_EQ(parse_algorithm("AKAv1-MD5"), std::nullopt);
}

}  // namespace
}  // namespace junctor::sip::digest
