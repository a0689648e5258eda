#pragma once

#include "pgo/base/result.h"

#include <string>
#include <string_view>

/// Keys and secrets over OpenSSL. Everything here is thread safe.
namespace pgo::crypto {

/// A new RSA private key as PEM ("RSA PRIVATE KEY", PKCS#1, as OpenSSH and 4.2.0 use it).
/// 2048 bits take some 0.1 s. Fails only when the system has no randomness.
Result<std::string> make_rsa_key(int bits = 2048);

/// The public half of a PEM private RSA key as a line of an OpenSSH authorized_keys file,
/// "ssh-rsa AAAA...", without comment or newline. Source: RFC 4253, section 6.6.
Result<std::string> ssh_public_key(std::string_view private_key_pem);

}  // namespace pgo::crypto
