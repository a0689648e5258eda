#include "pgo/crypto/certificate.h"
#include "pgo/server/rest_service.h"
#include "request_world.h"
#include "rest_client.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <stdlib.h>

/// The client's own HTTPS against the service's, over a socket.
using namespace pgo;
namespace fs = std::filesystem;

namespace {

constexpr const char* kAddress = "127.81.9.1";

struct Https {
  test::RequestWorld world;
  fs::path folder;
  crypto::CertificatePair authority, stranger;
  std::unique_ptr<server::RestService> rest;
  std::unique_ptr<http::Server> listener;

  Https() {
    std::string name = (fs::temp_directory_path() / "pgo-https-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    authority = make_authority("authority");
    stranger = make_authority("stranger");
    auto made = server::RestService::create(world.context(), {});
    REQUIRE(made.has_value());
    rest = *std::move(made);
  }
  Https(const Https&) = delete;
  Https& operator=(const Https&) = delete;
  ~Https() {
    listener.reset();
    std::error_code error;
    fs::remove_all(folder, error);
  }

  static TimePoint now() { return SystemClock().now() - std::chrono::hours(1); }

  static crypto::CertificatePair make_authority(const std::string& name) {
    auto pair = crypto::make_authority({.common_name = name, .not_before = now()});
    REQUIRE(pair.has_value());
    return *std::move(pair);
  }

  crypto::CertificatePair issue(const crypto::CertificatePair& by, const std::string& name,
                                std::vector<std::string> addresses) const {
    auto pair = crypto::issue_certificate(
        by, {.common_name = name, .ip_addresses = std::move(addresses), .not_before = now()});
    REQUIRE(pair.has_value());
    return *std::move(pair);
  }

  void listen(const crypto::CertificatePair& pair) {
    server::ListenOptions options;
    options.address = kAddress;
    options.port = 0;
    options.certificate_pem = pair.certificate_pem;
    options.key_pem = pair.key_pem;
    options.client_trust_pem = authority.certificate_pem;
    options.os_trust = false;
    auto started = server::listen(*rest, options, {});
    if (!started) FAIL(started.error().text());
    listener = *std::move(started);
  }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  }

  cli::Settings settings(const crypto::CertificatePair& trusted,
                         const crypto::CertificatePair* client) const {
    cli::Settings made;
    made.url = std::string("https://") + kAddress + ":" + std::to_string(listener->port());
    made.ca_cert = file("ca.pem", trusted.certificate_pem);
    if (client != nullptr) {
      made.client_cert = file("client.pem", client->certificate_pem);
      made.client_key = file("client.key", client->key_pem);
    }
    made.os_trust = false;
    made.username = "pgoadmin";
    made.password = "examplepassword";
    return made;
  }

  static Result<cli::RestClient::Answer> ask(const cli::Settings& settings) {
    auto client = cli::connect(settings);
    if (!client) return fail(client.error());
    return (*client)->send("GET", "/version", "");
  }
};

}  // namespace

TEST_CASE("https: a trusted server, a trusted client and right credentials get an answer") {
  Https https;
  https.listen(https.issue(https.authority, "server", {kAddress}));
  const auto client = https.issue(https.authority, "client", {});
  const auto settings = https.settings(https.authority, &client);
  const auto answer = Https::ask(settings);
  if (!answer) FAIL(answer.error().text());
  CHECK(answer->status == 200);
  CHECK(answer->body.find("4.2.0") != std::string::npos);

  auto wrong = settings;
  wrong.password = "nope";
  CHECK(Https::ask(wrong)->status == 401);
}

TEST_CASE("https: one connection carries requests with and without bodies") {
  Https https;
  https.listen(https.issue(https.authority, "server", {kAddress}));
  const auto pair = https.issue(https.authority, "client", {});
  auto client = cli::connect(https.settings(https.authority, &pair));
  REQUIRE(client.has_value());
  for (int i = 0; i < 3; ++i) {
    CHECK((*client)->send("POST", "/showclusters", "{\"allflag\":true}")->status == 200);
    CHECK((*client)->send("GET", "/version", "")->status == 200);
    CHECK((*client)->send("GET", "/clusters", "")->status == 405);
  }
}

TEST_CASE("https: without a client certificate only health is told") {
  Https https;
  https.listen(https.issue(https.authority, "server", {kAddress}));
  auto settings = https.settings(https.authority, nullptr);
  CHECK(Https::ask(settings)->status == 403);
  auto client = cli::connect(settings);
  REQUIRE(client.has_value());
  CHECK((*client)->send("GET", "/healthz", "")->body == "ok");
  CHECK((*client)->send("GET", "/health", "")->status == 200);
}

TEST_CASE("https: a client certificate of somebody else ends the handshake") {
  Https https;
  https.listen(https.issue(https.authority, "server", {kAddress}));
  const auto client = https.issue(https.stranger, "client", {});
  CHECK_FALSE(Https::ask(https.settings(https.authority, &client)).has_value());
}

TEST_CASE("https: a client certificate without any name counts") {
  Https https;
  https.listen(https.issue(https.authority, "server", {kAddress}));
  const auto client = https.issue(https.authority, "", {});
  CHECK(Https::ask(https.settings(https.authority, &client))->status == 200);
}

TEST_CASE("https: the client refuses a server it cannot trust, and says how to trust it") {
  Https https;
  https.listen(https.issue(https.authority, "server", {kAddress}));
  const auto client = https.issue(https.authority, "client", {});
  const auto answer = Https::ask(https.settings(https.stranger, &client));
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().message.find("--pgo-ca-cert") != std::string::npos);
  CHECK(answer.error().message.find("examplepassword") == std::string::npos);
}

TEST_CASE("https: the server's name is verified when its certificate carries names") {
  Https https;
  const auto client = https.issue(https.authority, "client", {});
  https.listen(https.issue(https.authority, "server", {"127.81.9.2"}));
  CHECK_FALSE(Https::ask(https.settings(https.authority, &client)).has_value());
  // Certificates of 4.2.0's installers carry none: the chain alone counts.
  https.listen(https.issue(https.authority, "*", {}));
  CHECK(Https::ask(https.settings(https.authority, &client))->status == 200);
}

TEST_CASE("https: an address that is taken is named") {
  Https https;
  const auto pair = https.issue(https.authority, "server", {kAddress});
  https.listen(pair);
  server::ListenOptions options;
  options.address = kAddress;
  options.port = https.listener->port();
  options.certificate_pem = pair.certificate_pem;
  options.key_pem = pair.key_pem;
  const auto second = server::listen(*https.rest, options, {});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().text().find(std::to_string(options.port)) != std::string::npos);
}

TEST_CASE("K36: with TLS off the service answers plain HTTP, probes included") {
  Https https;
  auto made = server::RestService::create(https.world.context(), {.tls = false});
  REQUIRE(made.has_value());
  https.rest = *std::move(made);
  server::ListenOptions options;
  options.address = kAddress;
  options.port = 0;
  options.tls = false;
  auto started = server::listen(*https.rest, options, {});
  if (!started) FAIL(started.error().text());
  https.listener = *std::move(started);
  cli::Settings settings;
  settings.url = std::string("http://") + kAddress + ":" + std::to_string(https.listener->port());
  settings.tls = false;
  settings.username = "pgoadmin";
  settings.password = "examplepassword";
  auto client = cli::connect(settings);
  REQUIRE(client.has_value());
  const auto probe = (*client)->send("GET", "/healthz", "");
  REQUIRE(probe.has_value());
  CHECK(probe->status == 200);
  CHECK(probe->body == "ok");
  CHECK((*client)->send("GET", "/version", "")->status == 200);
}
