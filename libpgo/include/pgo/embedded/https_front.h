#pragma once

#include "pgo/base/log.h"
#include "pgo/base/result.h"
#include "pgo/embedded/api_server.h"

#include <cstdint>
#include <memory>
#include <string>

namespace pgo::embedded {

struct HttpsOptions {
  std::string address = "127.77.0.1";
  std::uint16_t port = 6443;    ///< 0 = any free port
  std::string certificate_pem;  ///< must name the address as an IP SAN: clients verify it
  std::string key_pem;
  /// Signs client certificates; common name = user, organization = group. Empty = tokens only.
  std::string client_ca_pem;
};

/// The API for programs outside the process: kubectl, Patroni, client libraries. HTTPS/1.1 with
/// keep-alive; watches as chunked streams, one event per chunk; exec over WebSocket,
/// and over SPDY for kubectl before 1.31.
///
/// Callers are known by bearer token (`ApiServer::issue_token`) or client certificate; a caller
/// without either may read /healthz, /readyz, /livez and /version only. Members of system:masters
/// may impersonate (`kubectl --as`).
class HttpsFront {
 public:
  HttpsFront() = default;
  HttpsFront(const HttpsFront&) = delete;
  HttpsFront& operator=(const HttpsFront&) = delete;
  virtual ~HttpsFront() = default;
  virtual std::uint16_t port() const = 0;
  /// Closes every connection and waits for calls that run. Idempotent.
  virtual void stop() = 0;
};

/// Serves `server`, which must outlive the front. `unavailable` when the address cannot be bound
/// (the message says who holds it), `invalid_argument` for unusable certificates.
Result<std::unique_ptr<HttpsFront>> serve_https(ApiServer& server, HttpsOptions options, Log log);

}  // namespace pgo::embedded
