#pragma once

#include "pgo/base/ids.h"
#include "pgo/base/result.h"

#include <string>
#include <string_view>

namespace pgo::crypto {

/// A password as it is stored for an operator user: "scrypt$N$r$p$SALT$HASH" in base64.
/// Takes some 50 ms and 16 MB by design.
Result<std::string> hash_password(std::string_view password, IdSource& ids);

/// True when `stored` is a hash made by `hash_password` and not a plain 4.2.0 password.
bool is_hashed(std::string_view stored);

/// Compares in constant time. A `stored` value without the scheme prefix is a plain password, as
/// 4.2.0 wrote them.
bool verify_password(std::string_view stored, std::string_view given);

/// Equality in a time that depends on the lengths alone.
bool equal_constant_time(std::string_view a, std::string_view b);

/// Lower-case hexadecimal digests.
std::string sha256_hex(std::string_view bytes);
std::string md5_hex(std::string_view bytes);
/// A password as PostgreSQL stores it with password_encryption = md5: "md5" and the digest of
/// password and user (PostgreSQL manual, pg_authid).
std::string postgres_md5(std::string_view user, std::string_view password);
/// HMAC-SHA256, raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

}  // namespace pgo::crypto
