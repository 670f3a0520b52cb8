#pragma once
// For tests: a certification authority that issues certificates of every kind into a folder of the test.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string>

#include "net/tls.hpp"

namespace junctor::net {

class TestFolder {
 public:
  TestFolder() { EXPECT_NE(::mkdtemp(path_.data()), nullptr); }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = testing::TempDir() + "junctor-tls-XXXXXX";
};

/// What a certificate says.
struct TestCertificate {
  std::string alt_names = "DNS:hub.test";  ///< as OpenSSL writes them: "DNS:a,IP:127.0.0.1,URI:sip:b"; empty: none
  std::string common_name = "test";
  int days_from = -1;  ///< counted from today
  int days_until = 30;
};

struct ReleaseTestObject {
  void operator()(X509* x) const { X509_free(x); }
  void operator()(EVP_PKEY* x) const { EVP_PKEY_free(x); }
  void operator()(X509_EXTENSION* x) const { X509_EXTENSION_free(x); }
  void operator()(std::FILE* x) const { std::fclose(x); }
};
using TestX509 = std::unique_ptr<X509, ReleaseTestObject>;
using TestKey = std::unique_ptr<EVP_PKEY, ReleaseTestObject>;

class TestCa {
 public:
  TestCa(const TestFolder& folder, const std::string& name)
      : folder_(folder.path()), key_(new_key()), certificate_(make(*this, {"", name, -1000, 1000}, key_.get(), true)) {
    write(name, certificate_.get(), nullptr);
    file_ = folder_ + "/" + name + ".pem";
  }

  const std::string& file() const { return file_; }

  /// A certificate in memory.
  TestX509 certificate(const TestCertificate& what) const { return make(*this, what, new_key().get(), false); }

  /// `stem`.pem and `stem`.key in the folder; an earlier pair of that name is replaced.
  TlsIdentity issue(const std::string& stem, const TestCertificate& what = {}) const {
    const TestKey key = new_key();
    const TestX509 made = make(*this, what, key.get(), false);
    write(stem, made.get(), key.get());
    return {folder_ + "/" + stem + ".pem", folder_ + "/" + stem + ".key"};
  }

 private:
  static TestKey new_key() { return TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }

  static TestX509 make(const TestCa& ca, const TestCertificate& what, EVP_PKEY* key, bool authority) {
    static long serial = 1;
    TestX509 made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), 86'400L * what.days_from);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400L * what.days_until);
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(what.common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(made.get(), X509_get_subject_name(authority ? made.get() : ca.certificate_.get()));
    if (!what.alt_names.empty()) extend(made.get(), NID_subject_alt_name, what.alt_names);
    if (authority) extend(made.get(), NID_basic_constraints, "critical,CA:TRUE");
    EXPECT_GT(X509_sign(made.get(), ca.key_.get(), EVP_sha256()), 0);
    return made;
  }
  static void extend(X509* certificate, int kind, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, ReleaseTestObject> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
    EXPECT_TRUE(extension) << value;
    X509_add_ext(certificate, extension.get(), -1);
  }
  void write(const std::string& stem, X509* certificate, EVP_PKEY* key) const {
    using File = std::unique_ptr<std::FILE, ReleaseTestObject>;
    PEM_write_X509(File(std::fopen((folder_ + "/" + stem + ".pem").c_str(), "w")).get(), certificate);
    if (key == nullptr) return;
    const File file(std::fopen((folder_ + "/" + stem + ".key").c_str(), "w"));
    PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  }

  std::string folder_, file_;
  TestKey key_;
  TestX509 certificate_;
};

}  // namespace junctor::net
