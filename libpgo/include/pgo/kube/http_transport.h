#pragma once

#include "pgo/base/log.h"
#include "pgo/base/result.h"
#include "pgo/kube/auth.h"
#include "pgo/kube/transport.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace pgo::kube {

/// How the server is known and how we show ourselves, all as PEM text. TLS 1.2 is the minimum.
struct TlsSettings {
  std::string ca_pem{};           ///< whom to trust; empty = the system's authorities
  std::string certificate_pem{};  ///< client certificate chain, or empty
  std::string key_pem{};          ///< its key; a secret
  std::string server_name{};      ///< expected in the certificate instead of the host of the URL
  bool insecure = false;          ///< the server is not verified at all; logged as a warning
};

struct HttpTransportOptions {
  std::string server{};  ///< "https://host:6443", a path prefix is kept
  TlsSettings tls{};
  std::shared_ptr<Auth> auth{};  ///< null = only the client certificate, if any
  /// "http://host:port"; empty = no proxy. The environment is never looked at. Exec does not go
  /// through proxies.
  std::string proxy{};
  std::string user_agent = "pgo";
  bool http2 = true;  ///< where the server offers it
  std::chrono::milliseconds connect_timeout{10'000};
  std::size_t max_response_bytes = std::size_t{256} << 20;
  std::size_t max_watch_line_bytes = std::size_t{16} << 20;
};

/// Kubernetes over HTTPS. Thread safe; any number of calls at once share connections on one I/O
/// thread of its own. No request is ever sent twice unless it is a GET that found its kept
/// connection dead.
///
///     PGO_TRY(auto transport, kube::HttpTransport::create(
///         {.server = "https://127.0.0.1:6443", .tls = {.ca_pem = ca}, .auth = token_auth(t)},
///         log));
///     kube::Client client(*transport);
class HttpTransport final : public Transport {
 public:
  /// `invalid_argument` for a bad URL or unusable certificates, also when a token would travel over
  /// plain http to another host. Does not connect.
  static Result<std::unique_ptr<HttpTransport>> create(HttpTransportOptions options, Log log);
  /// Ends what still runs with `cancelled`. Streams may outlive it: they then break.
  ~HttpTransport() override;

  Result<Response> request(const Request& request) override;
  Result<std::unique_ptr<WatchStream>> watch(const Request& request,
                                             std::function<void()> on_ready) override;
  /// Over a WebSocket of its own. With stdin it speaks v5.channel.k8s.io, which can end the input;
  /// to older servers v4, with the command wrapped in `sh` and `head` to end it.
  Result<ExecResult> exec(const ExecRequest& request) override;

 private:
  struct Impl;

 public:
  /// For `create`.
  explicit HttpTransport(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgo::kube
