#include "pgo/client.h"

#include "pgo/manifests/render.h"
#include "pgo/rest_channel.h"
#include "pgo/server/rest_service.h"
#include "request_world.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <stdlib.h>
#include <string>
#include <utility>
#include <vector>

using namespace pgo;
namespace rest = pgo::model::rest;

namespace {

/// The REST service without sockets; what was asked is kept.
class ServiceChannel final : public RestChannel {
 public:
  explicit ServiceChannel(const server::RestService& service) : service_(service) {}

  Result<RestAnswer> send(const RestRequest& request) override {
    asked.push_back(request.method + " " + request.path);
    http::Request sent;
    sent.method = request.method;
    sent.target = request.path;
    sent.body = request.body;
    const http::Response got =
        service_.answer_as({.user = "here", .namespaces = {}, .roles = {}}, sent, request.stop);
    RestAnswer answer{.status = got.status, .body = got.body};
    for (const auto& [name, value] : got.headers) {
      if (name == server::kErrorCodeHeader) answer.error_code = value;
    }
    return answer;
  }

  std::vector<std::string> asked;

 private:
  const server::RestService& service_;
};

/// Answers the same to everything.
class Canned final : public RestChannel {
 public:
  explicit Canned(RestAnswer answer) : answer_(std::move(answer)) {}
  Result<RestAnswer> send(const RestRequest&) override { return answer_; }

 private:
  RestAnswer answer_;
};

struct Service {
  test::RequestWorld world;
  std::unique_ptr<server::RestService> service;
  std::shared_ptr<ServiceChannel> channel;
  Client client{nullptr};

  Service() {
    auto made = server::RestService::create(world.context(),
                                            {.renderer = &manifests::Renderer::built_in()});
    REQUIRE(made.has_value());
    service = *std::move(made);
    channel = std::make_shared<ServiceChannel>(*service);
    client = Client(channel, "pgouser1");
  }
};

std::vector<std::string> lines(const std::vector<rest::PlanStep>& steps) {
  std::vector<std::string> result;
  for (const auto& step : steps) result.push_back(step.verb + " " + step.kind + " " + step.name);
  return result;
}

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

rest::CreateClusterRequest hippo() {
  auto wanted = rest::initial_request<rest::CreateClusterRequest>();
  wanted.name = "hippo";
  return wanted;
}

template <model::rest::CallName name>
concept CanBeTried = requires(const Client& client) { client.dry_run<name>(); };

}  // namespace

TEST_CASE("client: a dry run tells the plan of a writing call and nothing is written") {
  Service here;
  const std::size_t before = here.world.written();
  const auto plan = here.client.dry_run<"create_cluster">(hippo());
  REQUIRE(plan.has_value());
  CHECK(here.world.written() == before);
  CHECK(plan->status.code == "ok");
  CHECK(lines(plan->steps).front() == "create Secret hippo-postgres-secret");
  CHECK(contains(lines(plan->steps), "create Pgcluster hippo"));
  CHECK(contains(lines(plan->steps), "create Deployment hippo"));
  REQUIRE_FALSE(plan->waits.empty());
  CHECK(plan->waits.front().cluster == "hippo");
}

TEST_CASE("client: a dry run is refused as the call itself would be") {
  Service here;
  rest::ScaleClusterQuery scale;
  scale.name = "nosuch";
  scale.replica_count = 1;
  const auto tried = here.client.dry_run<"scale_cluster">(scale);
  const auto done = here.client.scale_cluster(scale);
  REQUIRE_FALSE(tried.has_value());
  REQUIRE_FALSE(done.has_value());
  CHECK(tried.error().text() == done.error().text());
  CHECK(tried.error().code == done.error().code);
}

TEST_CASE("client: by name a dry run answers the same document; a question cannot be tried") {
  Service here;
  const auto plan =
      here.client.dry_run_json("create_cluster", json::Value::object({{"Name", "hippo"}}));
  REQUIRE(plan.has_value());
  CHECK((*plan)["Steps"].is_array());
  CHECK(here.channel->asked.back() == "POST /dry-run/clusters");
  const std::size_t asked = here.channel->asked.size();
  const auto refused = here.client.dry_run_json("show_clusters", {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::invalid_argument);
  CHECK(refused.error().text().find("writes nothing") != std::string::npos);
  CHECK(here.channel->asked.size() == asked);
  static_assert(CanBeTried<"delete_cluster"> && CanBeTried<"scale_down">);
  static_assert(!CanBeTried<"show_clusters"> && !CanBeTried<"explain_cluster">);
}

TEST_CASE("client: a dry run of what changes nothing is a plan without steps") {
  // The service answers such a request as ever.
  const Client client(std::make_shared<Canned>(RestAnswer{
      .status = 200, .body = R"({"Results": ["is so already"], "Code": "ok", "Msg": ""})"}));
  const auto plan = client.dry_run_json("update_cluster", {});
  REQUIRE(plan.has_value());
  CHECK((*plan)["Code"].as_string() == "ok");
  CHECK((*plan)["Results"][0].as_string() == "is so already");
  CHECK((*plan)["Steps"].is_array());
  CHECK((*plan)["Steps"].items().empty());
}

TEST_CASE("client: explain tells what a cluster waits for and what ends it") {
  Service here;
  REQUIRE(here.client.create_cluster(hippo()).has_value());
  const auto told = here.client.explain_cluster("hippo");
  REQUIRE(told.has_value());
  CHECK(told->cluster == "hippo");
  CHECK(contains(lines(told->steps), "create Deployment hippo"));
  REQUIRE_FALSE(told->waits.empty());
  CHECK_FALSE(told->waits.front().remedy.empty());
  const auto nobody = here.client.explain_cluster("nosuch");
  REQUIRE_FALSE(nobody.has_value());
  CHECK(nobody.error().code == Code::not_found);
}

TEST_CASE("client: what a server of 4.2.0 does not know is unimplemented") {
  const Client client(
      std::make_shared<Canned>(RestAnswer{.status = 404, .body = "404 page not found"}));
  const auto tried = client.dry_run<"create_cluster">(hippo());
  REQUIRE_FALSE(tried.has_value());
  CHECK(tried.error().code == Code::unimplemented);
  const auto told = client.explain_cluster("hippo");
  REQUIRE_FALSE(told.has_value());
  CHECK(told.error().code == Code::unimplemented);
}

TEST_CASE("channel: a proxy is one of the settings, never of the environment") {
  REQUIRE(setenv("http_proxy", "http://127.0.0.1:9", 1) == 0);
  const auto refused_at = [](std::string proxy, std::string no_proxy) {
    const auto channel = connect_rest({.url = "http://127.0.0.1:1",
                                       .tls = false,
                                       .proxy = std::move(proxy),
                                       .no_proxy = std::move(no_proxy)});
    REQUIRE(channel);
    const auto answer = (*channel)->send({.method = "GET", .path = "/version"});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Code::unavailable);
    const std::string& said = answer.error().message;
    CAPTURE(said);
    const std::size_t port = said.find(" port ");
    REQUIRE(port != said.npos);
    return said[port + 6];
  };
  CHECK(refused_at("", "") == '1');
  CHECK(refused_at("http://127.0.0.1:7", "") == '7');
  CHECK(refused_at("http://127.0.0.1:7", "127.0.0.1") == '1');
  REQUIRE(unsetenv("http_proxy") == 0);
}

TEST_CASE("client: every operation but the questions can be tried") {
  const std::set<std::string_view> verbs{"show", "query", "test", "explain", "cat", "ls"};
  for (const RestOperation& operation : rest_operations()) {
    CAPTURE(operation.name);
    const std::string_view verb = operation.name.substr(0, operation.name.find('_'));
    CHECK(operation.writes == !verbs.contains(verb));
  }
}
