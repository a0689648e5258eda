#pragma once

#include "pgo/base/result.h"
#include "pgo/http/server.h"
#include "pgo/operations/context.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

/// The REST interface of 4.2.0 over operations.
namespace pgo::manifests {
class Renderer;
}

namespace pgo::server {

struct RestOptions {
  bool tls = true;  ///< off: there are no client certificates to ask for
  /// Routes that need no client certificate beside /healthz: "/health" and "/healthz" only
  /// (NOAUTH_ROUTES).
  std::vector<std::string> noauth_routes{"/health"};
  /// The object templates, for dry runs and explanations; null: these are refused. Must outlive the
  /// service.
  const manifests::Renderer* renderer = nullptr;
};

/// Header of a refusal: the name of its Code ("not_found"). Beyond 4.2.0, whose answers say only
/// "error".
inline constexpr const char* kErrorCodeHeader = "Pgo-Error-Code";

/// Answers requests: client certificate, credentials, permission, version, namespace, then the
/// operation. Thread safe; holds no connection. What `context` refers to must outlive it.
class RestService {
 public:
  /// `invalid_argument` for noauth routes that may not be exempt.
  static Result<std::unique_ptr<RestService>> create(operations::Context context,
                                                     RestOptions options);
  RestService(const RestService&) = delete;
  RestService& operator=(const RestService&) = delete;
  ~RestService();

  /// Blocks for as long as the operation takes.
  http::Response answer(const http::Request& request) const;
  /// Answers on behalf of a trusted `caller`, a program that has the operator inside: neither
  /// certificate nor credentials nor permission are asked for; all else is as in `answer`. A stop
  /// request ends running writes with `cancelled`.
  http::Response answer_as(const operations::Caller& caller, const http::Request& request,
                           std::stop_token stop) const;
  /// `answer` as an http handler; the service must outlive the server that calls it.
  http::Handler handler() const;

  struct Impl;
  /// For `create`.
  explicit RestService(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

/// Where and with which certificates the service listens.
struct ListenOptions {
  std::string address = "0.0.0.0";
  std::uint16_t port = 8443;
  bool tls = true;
  std::string certificate_pem, key_pem;  ///< the server's pair
  /// Authorities of client certificates (TLS_CA_TRUST), PEM. The server's own certificate is always
  /// trusted too: 4.2.0's installers use one pair for both sides.
  std::string client_trust_pem;
  bool os_trust = true;  ///< trust the system's authorities as well (ADD_OS_TRUSTSTORE)
  int workers = 4;
};

/// Serves `service` until the returned server is destroyed.
Result<std::unique_ptr<http::Server>> listen(const RestService& service,
                                             const ListenOptions& options, Log log);

}  // namespace pgo::server
