#pragma once

#include "pgo/base/result.h"
#include "pgo/http/server.h"

#include <openssl/ssl.h>

#include <string>

namespace pgo::http {

/// Sets certificate, key, client authority and the lowest protocol (TLS 1.2) of a server context.
Result<void> configure_tls(SSL_CTX* context, const TlsOptions& options);

/// Fills the request's certificate fields when the peer showed a certificate that was verified.
struct PeerName {
  std::string common_name, organization;
  bool verified = false;
};
PeerName verified_peer(SSL* ssl);

}  // namespace pgo::http
