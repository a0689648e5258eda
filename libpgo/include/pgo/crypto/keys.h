#pragma once

#include "pgo/base/result.h"

#include <string>
#include <string_view>

/// Keys and secrets over OpenSSL. Everything here is thread safe.
namespace pgo::crypto {

/// A new key for ssh as PEM ("EC PRIVATE KEY", ECDSA on curve P-256): every OpenSSH since 5.7 reads
/// it, under FIPS too, and making it takes microseconds where 4.2.0's RSA keys took 0.2 s. Fails
/// only when the system has no randomness.
Result<std::string> make_ssh_key();

/// The public half of such a key as a line of an OpenSSH authorized_keys file,
/// "ecdsa-sha2-nistp256 AAAA...", without comment or newline. Source: RFC 5656, section 3.1.
Result<std::string> ssh_public_key(std::string_view private_key_pem);

}  // namespace pgo::crypto
