// doctor: certificates and their keys.
#include <memory>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "hub/cli_doctor.hpp"
#include "net/tls.hpp"

namespace junctor::hub::cli {
namespace {

constexpr int days_left_wanted = 14;

template <class T, void (*release)(T*)>
struct Release {
  void operator()(T* object) const { release(object); }
};
struct ReleaseBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, ReleaseBio>;
using Certificate = std::unique_ptr<X509, Release<X509, X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY, EVP_PKEY_free>>;

/// Days until the certificate ends; negative: since.
int days_left(const X509* certificate) {
  int days = 0;
  int secs = 0;
  ASN1_TIME_diff(&days, &secs, nullptr, X509_get0_notAfter(certificate));
  return secs < 0 ? days - 1 : days;
}

/// Its first day is still to come.
bool is_early(const X509* certificate) {
  return X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0;
}

/// `domains`: whom it should name; those who check it refuse it otherwise.
void examine_pair(const std::string& what, const std::string& file, const std::string& key_file,
                  const std::vector<std::string>& domains, Findings& findings) {
  if (file.empty() || key_file.empty()) return;
  const std::string subject = what + " " + file;
  const auto fault = [&](std::string text, std::string advice) {
    findings.push_back({Health::fault, subject, std::move(text), std::move(advice)});
  };
  const Bio bytes(BIO_new_file(file.c_str(), "r"));
  if (!bytes) return fault("cannot be read", "check path and permissions");
  const Certificate certificate(PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr));
  if (!certificate) return fault("holds no PEM certificate", "it must begin with -----BEGIN CERTIFICATE-----");
  const Bio key_bytes(BIO_new_file(key_file.c_str(), "r"));
  if (!key_bytes) return fault("its key " + key_file + " cannot be read", "check path and permissions");
  const PrivateKey key(PEM_read_bio_PrivateKey(key_bytes.get(), nullptr, nullptr, const_cast<char*>("")));
  if (!key) return fault(key_file + " holds no PEM key without password", "the hub cannot ask for one");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return fault(key_file + " is the key of another certificate", "give the pair that belongs together");
  }
  if (is_early(certificate.get())) return fault("is not valid yet", "look at the clock, or wait");
  for (const std::string& domain : domains) {
    if (net::certificate_names(certificate.get(), domain)) continue;
    findings.push_back({Health::warning, subject, "does not name " + domain + ": phones that look will refuse it",
                        "have it made out to every name of hub.domains"});
  }
  const int days = days_left(certificate.get());
  if (days < 0) return fault("ended " + std::to_string(-days) + " days ago", "renew it");
  if (days < days_left_wanted) {
    findings.push_back({Health::warning, subject, "ends in " + std::to_string(days) + " days", "renew it"});
    return;
  }
  findings.push_back({Health::ok, subject, "good for " + std::to_string(days) + " days", {}});
}

}  // namespace

void examine_certificates(const config::Config& config, Findings& findings) {
  examine_pair("sip.certificate_file", config.sip.certificate_file, config.sip.private_key_file, config.hub.domains,
               findings);
  examine_pair("http.certificate_file", config.http.certificate_file, config.http.private_key_file, {}, findings);
  for (const config::Trunk& trunk : config.trunks) {
    examine_pair("trunk " + trunk.name + " tls_certificate_file", trunk.tls_certificate_file,
                 trunk.tls_private_key_file, {}, findings);
    if (!trunk.tls_verify)
      findings.push_back({Health::warning, "trunk " + trunk.name, "whoever is in between can pass for it",
                          "set tls_verify, with tls_ca_file if its authority is not a public one"});
  }
}

}  // namespace junctor::hub::cli
