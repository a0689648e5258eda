#include "pgo/crypto/certificate.h"

#include "crypto/openssl.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace pgo::crypto {
namespace {

struct Issuer {
  X509* certificate;  ///< null when self-signed
  EVP_PKEY* key;
};

bool set_random_serial(X509* certificate) {
  const std::unique_ptr<BIGNUM, Freeing<BN_free>> serial(BN_new());
  // RFC 5280 4.1.2.2: positive, at most 20 octets.
  return serial && BN_rand(serial.get(), 159, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_validity(X509* certificate, const CertificateSpec& spec) {
  const std::time_t from = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(spec.not_before));
  const std::time_t until = from + std::chrono::seconds(spec.lifetime).count();
  return ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), until) != nullptr;
}

bool add_name(X509_NAME* name, const char* field, const std::string& text) {
  return text.empty() ||
         X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Freeing<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string alternative_names(const CertificateSpec& spec) {
  std::string out;
  const auto add = [&out](const std::string& kind, const std::string& name) {
    if (!out.empty()) out += ',';
    out += kind + ":" + name;
  };
  for (const std::string& name : spec.dns_names) add("DNS", name);
  for (const std::string& address : spec.ip_addresses) add("IP", address);
  return out;
}

bool add_extensions(X509* certificate, X509* issuer, const CertificateSpec& spec, bool authority) {
  const std::string names = alternative_names(spec);
  return add_extension(certificate, issuer, NID_basic_constraints,
                       authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
         add_extension(certificate, issuer, NID_key_usage,
                       authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
         (authority ||
          add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth")) &&
         add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always") &&
         (names.empty() || add_extension(certificate, issuer, NID_subject_alt_name, names));
}

Result<CertificatePair> to_pem(X509* certificate, EVP_PKEY* key) {
  const BioPtr certificate_out(BIO_new(BIO_s_mem()));
  const BioPtr key_out(BIO_new(BIO_s_mem()));
  if (!certificate_out || !key_out || PEM_write_bio_X509(certificate_out.get(), certificate) != 1 ||
      PEM_write_bio_PrivateKey(key_out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_error("writing a certificate as PEM");
  }
  return CertificatePair{.certificate_pem = contents(certificate_out.get()),
                         .key_pem = contents(key_out.get())};
}

Result<CertificatePair> make(const CertificateSpec& spec, const Issuer* issuer) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const CertificatePtr certificate(X509_new());
  if (!key || !certificate) return openssl_error("making a certificate key");
  X509* const signer = issuer != nullptr ? issuer->certificate : certificate.get();
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  const bool made =
      X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      set_random_serial(certificate.get()) && set_validity(certificate.get(), spec) &&
      X509_set_pubkey(certificate.get(), key.get()) == 1 &&
      add_name(subject, "O", spec.organization) && add_name(subject, "CN", spec.common_name) &&
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1 &&
      add_extensions(certificate.get(), signer, spec, issuer == nullptr) &&
      X509_sign(certificate.get(), issuer != nullptr ? issuer->key : key.get(), EVP_sha256()) > 0;
  if (!made) return openssl_error("making the certificate of \"" + spec.common_name + "\"");
  return to_pem(certificate.get(), key.get());
}

}  // namespace

Result<CertificatePair> make_authority(const CertificateSpec& spec) { return make(spec, nullptr); }

Result<CertificatePair> issue_certificate(const CertificatePair& authority,
                                          const CertificateSpec& spec) {
  const BioPtr certificate_in = reading(authority.certificate_pem);
  const BioPtr key_in = reading(authority.key_pem);
  const CertificatePtr certificate(
      PEM_read_bio_X509(certificate_in.get(), nullptr, nullptr, nullptr));
  const KeyPtr key(PEM_read_bio_PrivateKey(key_in.get(), nullptr, nullptr, nullptr));
  if (!certificate || !key) return openssl_error("reading the certificate authority");
  const Issuer issuer{.certificate = certificate.get(), .key = key.get()};
  return make(spec, &issuer);
}

Result<bool> has_alternative_names(std::string_view certificate_pem) {
  const BioPtr in = reading(certificate_pem);
  const CertificatePtr certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (!certificate) {
    ERR_clear_error();
    return fail(Code::invalid_argument, "not a PEM certificate");
  }
  return X509_get_ext_by_NID(certificate.get(), NID_subject_alt_name, -1) >= 0;
}

}  // namespace pgo::crypto
