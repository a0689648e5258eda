#include "pgo/crypto/password.h"

#include "crypto/openssl.h"
#include "pgo/base/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <optional>
#include <vector>

namespace pgo::crypto {
namespace {

constexpr std::string_view kScheme = "scrypt$";
// The interactive parameters of the scrypt paper: about 16 MB and some tens of milliseconds.
constexpr std::uint64_t kCost = 1U << 14;
constexpr std::uint64_t kBlockSize = 8;
constexpr std::uint64_t kParallel = 1;
constexpr std::size_t kHashSize = 32;
constexpr std::size_t kSaltSize = 16;
constexpr std::uint64_t kMaxMemory = 64U << 20;

std::optional<std::string> derive(std::string_view password, std::string_view salt,
                                  std::uint64_t cost, std::uint64_t block, std::uint64_t parallel,
                                  std::size_t size) {
  std::string out(size, '\0');
  const int done = EVP_PBE_scrypt(password.data(), password.size(),
                                  reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                                  cost, block, parallel, kMaxMemory,
                                  reinterpret_cast<unsigned char*>(out.data()), out.size());
  if (done != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return out;
}

std::string digest_hex(const EVP_MD* algorithm, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, algorithm, nullptr);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 0x0f];
  }
  return out;
}

}  // namespace

Result<std::string> hash_password(std::string_view password, IdSource& ids) {
  std::string salt(kSaltSize, '\0');
  ids.fill(salt.data(), salt.size());
  const auto hash = derive(password, salt, kCost, kBlockSize, kParallel, kHashSize);
  if (!hash) return fail(Code::internal, "scrypt refused to hash a password");
  return std::string(kScheme) + std::to_string(kCost) + "$" + std::to_string(kBlockSize) + "$" +
         std::to_string(kParallel) + "$" + text::base64_encode(salt) + "$" +
         text::base64_encode(*hash);
}

bool is_hashed(std::string_view stored) { return stored.starts_with(kScheme); }

bool verify_password(std::string_view stored, std::string_view given) {
  if (!is_hashed(stored)) return equal_constant_time(stored, given);
  const std::vector<std::string> parts = text::split(stored, '$');
  if (parts.size() != 6) return false;
  const auto cost = text::to_int(parts[1]);
  const auto block = text::to_int(parts[2]);
  const auto parallel = text::to_int(parts[3]);
  const auto salt = text::base64_decode(parts[4]);
  const auto hash = text::base64_decode(parts[5]);
  if (!cost || !block || !parallel || *cost < 2 || *block < 1 || *parallel < 1 || !salt || !hash ||
      hash->empty()) {
    return false;
  }
  const auto derived =
      derive(given, *salt, static_cast<std::uint64_t>(*cost), static_cast<std::uint64_t>(*block),
             static_cast<std::uint64_t>(*parallel), hash->size());
  return derived && equal_constant_time(*derived, *hash);
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string sha256_hex(std::string_view bytes) { return digest_hex(EVP_sha256(), bytes); }

std::string md5_hex(std::string_view bytes) { return digest_hex(EVP_md5(), bytes); }

std::string postgres_md5(std::string_view user, std::string_view password) {
  return "md5" + md5_hex(std::string(password).append(user));
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace pgo::crypto
