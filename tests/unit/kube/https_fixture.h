#pragma once

#include "pgo/base/clock.h"
#include "pgo/crypto/certificate.h"
#include "pgo/http/server.h"
#include "pgo/kube/http_transport.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace pgo::kube::test {

/// An authority, a server certificate for 127.0.0.1 and "api.test", and a client certificate.
struct Pki {
  Pki() {
    const TimePoint from = SystemClock().now() - std::chrono::hours(1);
    auto made = crypto::make_authority({.common_name = "test authority", .not_before = from});
    REQUIRE(made);
    authority = *made;
    auto for_server = crypto::issue_certificate(authority, {.common_name = "server",
                                                            .dns_names = {"api.test"},
                                                            .ip_addresses = {"127.0.0.1"},
                                                            .not_before = from});
    REQUIRE(for_server);
    server = *for_server;
    auto for_client = crypto::issue_certificate(
        authority, {.common_name = "alice", .organization = "admins", .not_before = from});
    REQUIRE(for_client);
    client = *for_client;
  }
  /// Made once: keys take their time.
  static const Pki& get() {
    static const Pki pki;
    return pki;
  }
  crypto::CertificatePair authority, server, client;
};

inline http::Response http_answer(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

/// A scripted HTTPS server on loopback and a transport to it.
struct HttpsFixture {
  explicit HttpsFixture(http::Handler handler) {
    http::ServerOptions options;
    options.tls_options.certificate_pem = Pki::get().server.certificate_pem;
    options.tls_options.key_pem = Pki::get().server.key_pem;
    options.tls_options.client_ca_pem = Pki::get().authority.certificate_pem;
    auto made = http::serve(std::move(options), std::move(handler), Log());
    REQUIRE_MESSAGE(made, made.error().text());
    server = *std::move(made);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(server->port()); }
  HttpTransportOptions options() const {
    HttpTransportOptions result;
    result.server = "https://" + address();
    result.tls.ca_pem = Pki::get().authority.certificate_pem;
    return result;
  }
  std::unique_ptr<HttpTransport> transport(HttpTransportOptions options) const {
    auto made = HttpTransport::create(std::move(options), Log());
    REQUIRE_MESSAGE(made, made.error().text());
    return *std::move(made);
  }
  std::unique_ptr<HttpTransport> transport() const { return transport(options()); }

  std::unique_ptr<http::Server> server;
};

}  // namespace pgo::kube::test
