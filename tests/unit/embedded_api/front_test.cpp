#include "pgo/crypto/certificate.h"
#include "pgo/embedded/https_front.h"
#include "unit/embedded_api/api_fixture.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace pgo::embedded {
namespace {

constexpr const char* kAddress = "127.78.2.1";
const std::string kMaps = "/api/v1/namespaces/default/configmaps";

class CannedRuntime final : public ContainerRuntime {
 public:
  Result<kube::ExecResult> exec(const kube::ExecRequest&) override { return kube::ExecResult{}; }
  Result<std::string> log(const std::string&, const std::string&, const std::string& container,
                          int tail_lines, bool) override {
    return container + " " + std::to_string(tail_lines) + "\n";
  }
};

/// One whose log loses its beginning.
class RotatingRuntime final : public ContainerRuntime {
 public:
  Result<kube::ExecResult> exec(const kube::ExecRequest&) override { return kube::ExecResult{}; }
  Result<std::string> log(const std::string&, const std::string&, const std::string&,
                          int tail_lines, bool) override {
    const std::lock_guard lock(mutex_);
    return tail_lines == 1 ? written_.substr(written_.size() - 2) : written_.substr(dropped_);
  }
  Result<LogPiece> log_since(const std::string&, const std::string&, const std::string&,
                             const LogPosition& from) override {
    const std::lock_guard lock(mutex_);
    const std::size_t start = std::max<std::size_t>(from.run == "1" ? from.bytes : 0, dropped_);
    return LogPiece{.text = written_.substr(start), .end = {.run = "1", .bytes = written_.size()}};
  }
  void write(std::string_view text, std::size_t dropped) {
    const std::lock_guard lock(mutex_);
    written_ += text;
    dropped_ = dropped;
  }

 private:
  std::mutex mutex_;
  std::string written_ = "1\n2\n3\n";
  std::size_t dropped_ = 0;
};

struct FrontWorld : ApiFixture {
  FrontWorld() {
    const TimePoint start = SystemClock().now() - std::chrono::hours(1);
    authority = crypto::make_authority({.common_name = "ca", .not_before = start}).value();
    const auto pair =
        crypto::issue_certificate(
            authority, {.common_name = "api", .ip_addresses = {kAddress}, .not_before = start})
            .value();
    HttpsOptions options;
    options.address = kAddress;
    options.port = 0;
    options.certificate_pem = pair.certificate_pem;
    options.key_pem = pair.key_pem;
    options.client_ca_pem = authority.certificate_pem;
    server->set_container_runtime(&runtime);
    front = serve_https(*server, options, Log()).value();
    token = server->issue_token(Identity::admin());
  }
  CannedRuntime runtime;
  crypto::CertificatePair authority;
  std::unique_ptr<HttpsFront> front;
  std::string token;
};

/// One HTTPS call; the body is collected, or looked at as it comes.
struct Client {
  explicit Client(const FrontWorld& world) : world_(&world) {}

  using OnData = std::function<bool(const std::string& so_far)>;
  long call(const std::string& path, const std::string& token, const char* method = "GET",
            const std::string& body = {}, OnData on_data = {}) {
    on_data_ = std::move(on_data);
    text.clear();
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   curl_easy_cleanup);
    const std::string url =
        "https://" + std::string(kAddress) + ":" + std::to_string(world_->front->port()) + path;
    const std::string authorization = "Authorization: Bearer " + token;
    // Patroni sends JSON without a type.
    curl_slist* list = curl_slist_append(nullptr, "Content-Type:");
    if (!token.empty()) list = curl_slist_append(list, authorization.c_str());
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list,
                                                                              curl_slist_free_all);
    const std::string& ca = world_->authority.certificate_pem;
    const curl_blob blob{.data = const_cast<char*>(ca.data()), .len = ca.size(), .flags = 1};
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl.get(), CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method);
    if (!body.empty()) curl_easy_setopt(curl.get(), CURLOPT_COPYPOSTFIELDS, body.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Client::receive);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, this);
    curl_easy_perform(curl.get());
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }
  static std::size_t receive(char* data, std::size_t size, std::size_t count, void* self) {
    auto& client = *static_cast<Client*>(self);
    client.text.append(data, size * count);
    const bool more = !client.on_data_ || client.on_data_(client.text);
    return more ? size * count : 0;
  }

  std::string text;

 private:
  const FrontWorld* world_;
  OnData on_data_;
};

TEST_SUITE("embedded.api.front") {
  TEST_CASE("front: without a token only health and version are served") {
    const FrontWorld world;
    Client client(world);
    CHECK(client.call("/healthz", "") == 200);
    CHECK(client.text == "ok");
    CHECK(client.call("/version", "") == 200);
    CHECK(client.call("/api/v1/namespaces", "") == 401);
    CHECK(client.call("/api", "") == 401);
    CHECK(client.call("/healthz", "nonsense") == 401);
  }

  TEST_CASE("front: a token's identity is what RBAC judges") {
    const FrontWorld world;
    Client client(world);
    CHECK(client.call("/api/v1/namespaces", world.token) == 200);
    const std::string joe = world.server->issue_token(Identity::service_account("default", "joe"));
    CHECK(client.call("/api/v1/namespaces", joe) == 403);
    CHECK(client.call("/apis", joe) == 200);
  }

  TEST_CASE("front: a body without Content-Type is JSON") {
    const FrontWorld world;
    Client client(world);
    CHECK(client.call(kMaps, world.token, "POST", config_map("a")) == 201);
    CHECK(client.call(kMaps + "/a", world.token, "PATCH", "{}") == 415);
  }

  TEST_CASE("front: a watch delivers each event when it happens and ends after timeoutSeconds") {
    const FrontWorld world;
    Client client(world);
    std::jthread writer;
    bool second = false;
    world.post(kMaps, config_map("first"));
    const auto status =
        client.call(kMaps + "?watch=True", world.token, "GET", {}, [&](const std::string& so_far) {
          // The second object is made only when the first has been seen.
          if (!writer.joinable() && so_far.find("\"first\"") != std::string::npos) {
            writer = std::jthread([&world] { world.post(kMaps, config_map("second")); });
          }
          second = so_far.find("\"second\"") != std::string::npos;
          return !second;
        });
    CHECK(status == 200);
    CHECK(second);
    CHECK(client.call(kMaps + "?watch=1&timeoutSeconds=1&resourceVersion=" +
                          std::to_string(world.server->version()),
                      world.token) == 200);
    CHECK(client.text.empty());
  }

  TEST_CASE("front: logs come as text, of the only container or the named one") {
    const FrontWorld world;
    world.post("/api/v1/namespaces/default/pods",
               R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:1"}]}})");
    Client client(world);
    const std::string path = "/api/v1/namespaces/default/pods/p/log";
    CHECK(client.call(path + "?tailLines=5", world.token) == 200);
    CHECK(client.text == "c 5\n");
    CHECK(client.call(path + "?container=nope", world.token) == 400);
    CHECK(client.call("/api/v1/namespaces/default/pods/q/log", world.token) == 404);
  }

  TEST_CASE("front: a log that is followed is sent once, whatever the runtime keeps of it") {
    RotatingRuntime runtime;
    const FrontWorld world;
    world.server->set_container_runtime(&runtime);
    world.post("/api/v1/namespaces/default/pods",
               R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:1"}]}})");
    const std::string path = "/api/v1/namespaces/default/pods/p/log?follow=true";
    Client client(world);
    client.call(path, world.token, "GET", {}, [&](const std::string& so_far) {
      if (so_far == "1\n2\n3\n") runtime.write("4\n", 4);
      return !so_far.ends_with("4\n");
    });
    CHECK(client.text == "1\n2\n3\n4\n");
    client.call(path + "&tailLines=1", world.token, "GET", {}, [&](const std::string& so_far) {
      if (so_far == "4\n") runtime.write("5\n", 6);
      return !so_far.ends_with("5\n");
    });
    CHECK(client.text == "4\n5\n");
  }

  TEST_CASE("front: a log that is followed ends when no node is there any more") {
    const FrontWorld world;
    world.post("/api/v1/namespaces/default/pods",
               R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:1"}]}})");
    Client client(world);
    CHECK(client.call("/api/v1/namespaces/default/pods/p/log?follow=true", world.token, "GET", {},
                      [&](const std::string&) {
                        world.server->set_container_runtime(nullptr);
                        return true;
                      }) == 200);
    CHECK(client.text == "c 0\n");
  }

  TEST_CASE("front: a caller can ask who it is") {
    const FrontWorld world;
    Client client(world);
    const std::string joe = world.server->issue_token(Identity::service_account("default", "joe"));
    CHECK(client.call("/apis/authentication.k8s.io/v1/selfsubjectreviews", joe, "POST", "{}") ==
          201);
    CHECK(client.text.find("system:serviceaccount:default:joe") != std::string::npos);
  }

  TEST_CASE("front: stop closes open watches") {
    const FrontWorld world;
    Client client(world);
    world.post(kMaps, config_map("first"));
    std::atomic<bool> stopped = false;
    std::jthread stopper;
    client.call(kMaps + "?watch=1", world.token, "GET", {}, [&](const std::string&) {
      if (!stopper.joinable()) {
        stopper = std::jthread([&] {
          world.front->stop();
          stopped = true;
        });
      }
      return true;
    });
    stopper.join();
    CHECK(stopped);
  }
}

}  // namespace
}  // namespace pgo::embedded
