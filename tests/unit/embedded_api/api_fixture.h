#pragma once

#include "pgo/base/clock.h"
#include "pgo/base/ids.h"
#include "pgo/embedded/api_server.h"
#include "pgo/json/value.h"
#include "pgo/kube/transport.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace pgo::embedded {

/// A server in memory on a virtual clock, and short ways to call it.
struct ApiFixture {
  explicit ApiFixture(ApiServerOptions options = {})
      : server(ApiServer::create(std::move(options), clock, ids, Log()).value()),
        admin(server->transport(Identity::admin())) {}

  struct Answer {
    int status;
    json::Value body;
    const json::Value& operator[](std::string_view key) const { return body[key]; }
    std::string_view version() const { return body["metadata"]["resourceVersion"].as_string(); }
    std::string_view reason() const { return body["reason"].as_string(); }
  };

  Answer call(kube::Method method, std::string path, std::string body = {},
              std::string content_type = {}) const {
    kube::Request request;
    request.method = method;
    request.path = std::move(path);
    request.body = std::move(body);
    request.content_type = std::move(content_type);
    auto response = admin->request(request);
    REQUIRE(response.has_value());
    auto parsed = json::parse(response->body);
    return {response->status, parsed ? *std::move(parsed) : json::Value(response->body)};
  }
  Answer get(std::string path) const { return call(kube::Method::get, std::move(path)); }
  Answer post(std::string path, std::string body) const {
    return call(kube::Method::post, std::move(path), std::move(body));
  }
  Answer put(std::string path, std::string body) const {
    return call(kube::Method::put, std::move(path), std::move(body));
  }
  Answer merge(std::string path, std::string body) const {
    return call(kube::Method::patch, std::move(path), std::move(body),
                "application/merge-patch+json");
  }
  Answer remove(std::string path, std::string body = {}) const {
    return call(kube::Method::delete_, std::move(path), std::move(body));
  }

  std::unique_ptr<kube::WatchStream> watch(std::string path) const {
    kube::Request request;
    request.path = std::move(path);
    auto stream = admin->watch(request, {});
    REQUIRE_MESSAGE(stream.has_value(), (stream ? "" : stream.error().message));
    return *std::move(stream);
  }
  /// "ADDED name" for every event that has arrived.
  static std::vector<std::string> events(kube::WatchStream& stream) {
    std::vector<std::string> lines;
    REQUIRE(stream.poll(lines).has_value());
    std::vector<std::string> result;
    for (const std::string& line : lines) {
      const json::Value event = json::parse(line).value();
      result.push_back(std::string(event["type"].as_string()) + " " +
                       std::string(event["object"]["metadata"]["name"].as_string()));
    }
    return result;
  }

  VirtualClock clock{TimePoint(std::chrono::seconds(1'600'000'000))};
  SeededIdSource ids{1};
  std::unique_ptr<ApiServer> server;
  std::unique_ptr<kube::Transport> admin;
};

/// A ConfigMap as JSON text.
inline std::string config_map(const std::string& name, const std::string& labels = "{}") {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + R"(","labels":)" +
         labels + "}}";
}

}  // namespace pgo::embedded
