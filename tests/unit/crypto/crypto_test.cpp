#include "crypto/openssl.h"
#include "pgo/base/text.h"
#include "pgo/crypto/certificate.h"
#include "pgo/crypto/keys.h"
#include "pgo/crypto/password.h"

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

using namespace pgo;

TEST_SUITE_BEGIN("crypto");

TEST_CASE("ssh key: PEM that OpenSSH reads, and the public half for authorized_keys") {
  const std::string pem = crypto::make_ssh_key().value();
  CHECK(pem.starts_with("-----BEGIN EC PRIVATE KEY-----"));
  CHECK(pem != crypto::make_ssh_key().value());
  const std::string line = crypto::ssh_public_key(pem).value();
  REQUIRE(line.starts_with("ecdsa-sha2-nistp256 "));
  const std::string blob = text::base64_decode(line.substr(20)).value();
  // RFC 5656 3.1: three strings, the last an uncompressed point (4, x, y).
  CHECK(blob.substr(0, 23) == std::string("\0\0\0\x13"
                                          "ecdsa-sha2-nistp256",
                                          23));
  CHECK(blob.substr(23, 12) == std::string("\0\0\0\x08"
                                           "nistp256",
                                           12));
  CHECK(blob.substr(35, 5) == std::string("\0\0\0\x41\x04", 5));
  CHECK(blob.size() == 23 + 12 + 4 + 65);
  CHECK_FALSE(crypto::ssh_public_key("no key"));
}

TEST_CASE("password hash: verifies the password, refuses others, never repeats") {
  SystemIdSource ids;
  const std::string stored = crypto::hash_password("s3cret", ids).value();
  CHECK(crypto::is_hashed(stored));
  CHECK(stored.find("s3cret") == std::string::npos);
  CHECK(crypto::verify_password(stored, "s3cret"));
  CHECK_FALSE(crypto::verify_password(stored, "s3cre"));
  CHECK_FALSE(crypto::verify_password(stored, ""));
  CHECK(crypto::hash_password("s3cret", ids).value() != stored);
}

TEST_CASE("password hash: plain 4.2.0 values still work and broken hashes never match") {
  CHECK(crypto::verify_password("examplepassword", "examplepassword"));
  CHECK_FALSE(crypto::verify_password("examplepassword", "examplepasswore"));
  for (const char* broken : {"scrypt$", "scrypt$1$8$1$AA==$AA==", "scrypt$16384$8$1$AA==$",
                             "scrypt$999999999999$8$1$AA==$AA==", "scrypt$16384$8$1$*$AA=="}) {
    CAPTURE(broken);
    CHECK_FALSE(crypto::verify_password(broken, ""));
    CHECK_FALSE(crypto::verify_password(broken, "x"));
  }
}

TEST_CASE("digests: known answers") {
  CHECK(crypto::sha256_hex("abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(crypto::md5_hex("") == "d41d8cd98f00b204e9800998ecf8427e");
  // As recorded of 4.2.0.
  CHECK(crypto::postgres_md5("pgbouncer", "zUVxwmRjpE") == "md5eea26ec1ee439521b957970429f11cd8");
}

TEST_CASE("certificates: an issued one verifies against its authority and carries its names") {
  const TimePoint now = SystemClock().now();
  const auto authority =
      crypto::make_authority({.common_name = "test authority", .not_before = now}).value();
  const auto server = crypto::issue_certificate(authority, {.common_name = "server",
                                                            .organization = "system:masters",
                                                            .dns_names = {"kubernetes.default"},
                                                            .ip_addresses = {"127.77.0.1"},
                                                            .not_before = now})
                          .value();
  const auto read = [](const std::string& pem) {
    const crypto::BioPtr in = crypto::reading(pem);
    return crypto::CertificatePtr(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  };
  const auto authority_certificate = read(authority.certificate_pem);
  const auto certificate = read(server.certificate_pem);
  REQUIRE(authority_certificate);
  REQUIRE(certificate);
  const std::unique_ptr<X509_STORE, crypto::Freeing<X509_STORE_free>> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), authority_certificate.get());
  const std::unique_ptr<X509_STORE_CTX, crypto::Freeing<X509_STORE_CTX_free>> context(
      X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), nullptr);
  CHECK(X509_verify_cert(context.get()) == 1);
  CHECK(X509_check_ip_asc(certificate.get(), "127.77.0.1", 0) == 1);
  CHECK(X509_check_ip_asc(certificate.get(), "127.77.0.2", 0) == 0);
  CHECK(X509_check_host(certificate.get(), "kubernetes.default", 0, 0, nullptr) == 1);
  CHECK(crypto::has_alternative_names(server.certificate_pem).value());
  CHECK_FALSE(crypto::has_alternative_names(authority.certificate_pem).value());
}

TEST_SUITE_END();
