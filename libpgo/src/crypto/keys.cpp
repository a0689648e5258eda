#include "pgo/crypto/keys.h"

#include "crypto/openssl.h"
#include "pgo/base/text.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>

namespace pgo::crypto {
namespace {

// RFC 5656, section 3.1: the curve's name within the key's name.
constexpr std::string_view kCurve = "nistp256";
constexpr std::string_view kType = "ecdsa-sha2-nistp256";

/// RFC 4251 "string".
void append_text(std::string& out, std::string_view text) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(text.size() >> shift & 0xff);
  }
  out += text;
}

bool is_p256(EVP_PKEY* key) {
  char curve[64] = {};
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, curve, sizeof curve, nullptr) == 1 &&
         std::string_view(curve) == SN_X9_62_prime256v1;
}

}  // namespace

Result<std::string> make_ssh_key() {
  const KeyPtr key(EVP_EC_gen(SN_X9_62_prime256v1));
  if (!key) return openssl_error("making an ECDSA key");
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_PrivateKey_traditional(out.get(), key.get(), nullptr, nullptr, 0,
                                                   nullptr, nullptr) != 1) {
    return openssl_error("writing an ECDSA key as PEM");
  }
  return contents(out.get());
}

Result<std::string> ssh_public_key(std::string_view private_key_pem) {
  const BioPtr in = reading(private_key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  if (!key || !is_p256(key.get())) {
    ERR_clear_error();
    return fail(Code::invalid_argument, "not a PEM private ECDSA key on curve P-256");
  }
  // Uncompressed: a byte that says so and two coordinates of 32 bytes.
  std::string point(65, '\0');
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                      reinterpret_cast<unsigned char*>(point.data()), point.size(),
                                      &size) != 1) {
    return openssl_error("reading the public half of an ECDSA key");
  }
  point.resize(size);
  std::string blob;
  append_text(blob, kType);
  append_text(blob, kCurve);
  append_text(blob, point);
  return std::string(kType) + " " + text::base64_encode(blob);
}

}  // namespace pgo::crypto
