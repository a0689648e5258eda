#include "http/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace pgo::http {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Certificate = std::unique_ptr<X509, FreeX509>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

std::unexpected<Error> bad(const char* what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return fail(Code::invalid_argument,
              std::string(what) + (reason != nullptr ? std::string(": ") + reason : ""));
}

Bio memory_of(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Certificate next_certificate(BIO* bio) {
  Certificate certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
  // The end of the file leaves an error in the queue.
  ERR_clear_error();
  return certificate;
}

Result<void> use_chain(SSL_CTX* context, const std::string& pem) {
  const Bio bio = memory_of(pem);
  const Certificate leaf = next_certificate(bio.get());
  if (!leaf) return bad("the server certificate is not PEM");
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return bad("the server certificate cannot be used");
  }
  while (const Certificate link = next_certificate(bio.get())) {
    if (SSL_CTX_add1_chain_cert(context, link.get()) != 1) {
      return bad("the chain of the server certificate cannot be used");
    }
  }
  return {};
}

Result<void> use_key(SSL_CTX* context, const std::string& pem) {
  const Bio bio = memory_of(pem);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key) return bad("the server key is not PEM");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return bad("the server key does not belong to the certificate");
  }
  return {};
}

Result<void> ask_for_clients(SSL_CTX* context, const std::string& pem) {
  const Bio bio = memory_of(pem);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  bool any = false;
  while (const Certificate authority = next_certificate(bio.get())) {
    X509_STORE_add_cert(store, authority.get());
    SSL_CTX_add_client_CA(context, authority.get());
    any = true;
  }
  if (!any) return bad("the client authority is not PEM");
  // A client without a certificate may still come in with a token or password.
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return {};
}

std::string entry(X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return text;
}

}  // namespace

Result<void> configure_tls(SSL_CTX* context, const TlsOptions& options) {
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections, of which there are many watches, keep no record buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  constexpr unsigned char kSession[] = "pgo";
  SSL_CTX_set_session_id_context(context, kSession, sizeof kSession - 1);
  PGO_TRY_VOID(use_chain(context, options.certificate_pem));
  PGO_TRY_VOID(use_key(context, options.key_pem));
  if (!options.client_ca_pem.empty()) {
    PGO_TRY_VOID(ask_for_clients(context, options.client_ca_pem));
  }
  return {};
}

PeerName verified_peer(SSL* ssl) {
  const Certificate certificate(SSL_get1_peer_certificate(ssl));
  if (!certificate || SSL_get_verify_result(ssl) != X509_V_OK) return {};
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  return {.common_name = entry(subject, NID_commonName),
          .organization = entry(subject, NID_organizationName),
          .verified = true};
}

}  // namespace pgo::http
