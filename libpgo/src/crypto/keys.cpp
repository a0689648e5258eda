#include "pgo/crypto/keys.h"

#include "crypto/openssl.h"
#include "pgo/base/text.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace pgo::crypto {

Result<std::string> make_rsa_key(int bits) {
  const KeyPtr key(EVP_RSA_gen(static_cast<unsigned>(bits)));
  if (!key) return openssl_error("making an RSA key");
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_PrivateKey_traditional(out.get(), key.get(), nullptr, nullptr, 0,
                                                   nullptr, nullptr) != 1) {
    return openssl_error("writing an RSA key as PEM");
  }
  return contents(out.get());
}

namespace {

void append_length(std::string& out, std::size_t length) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(length >> shift & 0xff);
}

void append_text(std::string& out, std::string_view text) {
  append_length(out, text.size());
  out += text;
}

/// RFC 4251 "mpint": a leading zero byte keeps a number with its top bit set positive.
bool append_number(std::string& out, const EVP_PKEY* key, const char* parameter) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &raw) != 1) return false;
  const std::unique_ptr<BIGNUM, Freeing<BN_free>> number(raw);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  if (!bytes.empty() && (static_cast<unsigned char>(bytes.front()) & 0x80) != 0) {
    bytes.insert(bytes.begin(), '\0');
  }
  append_text(out, bytes);
  return true;
}

}  // namespace

Result<std::string> ssh_public_key(std::string_view private_key_pem) {
  const BioPtr in = reading(private_key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    ERR_clear_error();
    return fail(Code::invalid_argument, "not a PEM private RSA key");
  }
  std::string blob;
  append_text(blob, "ssh-rsa");
  if (!append_number(blob, key.get(), OSSL_PKEY_PARAM_RSA_E) ||
      !append_number(blob, key.get(), OSSL_PKEY_PARAM_RSA_N)) {
    return openssl_error("reading the parameters of an RSA key");
  }
  return "ssh-rsa " + text::base64_encode(blob);
}

}  // namespace pgo::crypto
