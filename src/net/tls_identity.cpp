// Whose certificate it is.
#include <algorithm>
#include <memory>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string>

#include "base/address.hpp"
#include "net/tls.hpp"

namespace junctor::net {
namespace {

struct ReleaseNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Names = std::unique_ptr<GENERAL_NAMES, ReleaseNames>;

struct ReleaseCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, ReleaseCertificate>;

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The host of "sip:host", "sip:host:port" or "sip:host;…"; empty for other schemes, and for a URI with a user part,
/// which names a person and not the domain.
std::string_view domain_of(std::string_view uri) {
  constexpr std::string_view scheme = "sip:";
  if (!same_host(uri.substr(0, scheme.size()), scheme) || uri.contains('@')) return {};
  uri.remove_prefix(scheme.size());
  return uri.substr(0, uri.find_first_of(":;?"));
}

bool has_sip_uri(const GENERAL_NAMES* names, std::string_view host) {
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* const text = name->d.uniformResourceIdentifier;
    const std::string_view uri(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                               static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (const std::string_view domain = domain_of(uri); !domain.empty() && same_host(domain, host)) return true;
  }
  return false;
}

}  // namespace

std::string common_name(const ssl_st* ssl) {
  const Certificate certificate(SSL_get1_peer_certificate(ssl));
  if (!certificate) return {};
  const X509_NAME* const subject = X509_get_subject_name(certificate.get());
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (length < 0) return {};
  std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
  OPENSSL_free(text);
  return out;
}

bool same_host(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool certificate_names(const X509* certificate, std::string_view host) {
  if (host.empty()) return false;
  auto* const subject = const_cast<X509*>(certificate);  // the library fills its cache of extensions
  if (const auto ip = IpAddress::parse(host))
    return X509_check_ip(subject, ip->bytes.data(), ip->family == Family::v4 ? 4 : 16, 0) == 1;
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(subject, NID_subject_alt_name, nullptr, nullptr)));
  if (names && has_sip_uri(names.get(), host)) return true;
  const unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | (names ? X509_CHECK_FLAG_NEVER_CHECK_SUBJECT : 0u);
  return X509_check_host(subject, host.data(), host.size(), flags, nullptr) == 1;
}

}  // namespace junctor::net
