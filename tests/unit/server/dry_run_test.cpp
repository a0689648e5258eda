#include "pgo/base/text.h"
#include "pgo/json/codec.h"
#include "pgo/manifests/render.h"
#include "pgo/model/clone.h"
#include "pgo/model/messages/schedules.h"
#include "pgo/model/pgtask.h"
#include "pgo/server/rest_service.h"
#include "request_world.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
namespace types = kube::types;

namespace {

struct Service {
  test::RequestWorld world;
  std::unique_ptr<server::RestService> rest;

  explicit Service(const manifests::Renderer* renderer = &manifests::Renderer::built_in()) {
    auto made = server::RestService::create(world.context(), {.renderer = renderer});
    REQUIRE(made.has_value());
    rest = *std::move(made);
  }

  http::Response ask(std::string method, std::string target, std::string body = {},
                     std::string_view credentials = "pgoadmin:examplepassword") const {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.peer_verified = true;
    request.headers.emplace_back("authorization", "Basic " + text::base64_encode(credentials));
    return rest->answer(request);
  }
  json::Value json(std::string method, std::string target, std::string body = {}) const {
    auto document = json::parse(ask(std::move(method), std::move(target), std::move(body)).body);
    REQUIRE(document.has_value());
    return *std::move(document);
  }
  std::string create_body() {
    auto request = world.create_request("hippo");
    request.password = "correct-horse";
    return json::write(json::encode(request));
  }
};

std::vector<std::string> steps(const json::Value& answer) {
  std::vector<std::string> result;
  for (const json::Value& step : answer["Steps"].items()) {
    result.push_back(std::string(step["Verb"].as_string()) + " " +
                     std::string(step["Kind"].as_string()) + " " +
                     std::string(step["Name"].as_string()));
  }
  return result;
}

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

}  // namespace

TEST_CASE("dry run: the whole plan is told, request first, and nothing is written") {
  Service service;
  const std::size_t before = service.world.written();
  const json::Value answer = service.json("POST", "/dry-run/clusters", service.create_body());
  CHECK(service.world.written() == before);
  CHECK(answer["Code"].as_string() == "ok");
  const auto all = steps(answer);
  CHECK(contains(all, "create Pgcluster hippo"));
  CHECK(contains(all, "create Deployment hippo"));
  CHECK(contains(all, "create PersistentVolumeClaim hippo"));
  CHECK(answer["Steps"][0]["Reason"].as_string() == "the request");
  REQUIRE_FALSE(answer["Waits"].items().empty());
  CHECK(answer["Waits"][0]["Cluster"].as_string() == "hippo");
}

TEST_CASE("dry run: no password and no key is in the answer") {
  Service service;
  const http::Response answer = service.ask("POST", "/dry-run/clusters", service.create_body());
  CHECK(answer.body.find("correct-horse") == std::string::npos);
  CHECK(answer.body.find(text::base64_encode("correct-horse")) == std::string::npos);
  CHECK(answer.body.find("PRIVATE KEY") == std::string::npos);
}

TEST_CASE("dry run: a refusal is the same as without it, and so are access and questions") {
  Service service;
  CHECK(service
            .json("GET",
                  "/dry-run/clusters/scale/nosuch?replica-count=1&version=4.2.0"
                  "&namespace=pgouser1")["Code"]
            .as_string() == "error");
  CHECK(service.ask("POST", "/dry-run/clusters", service.create_body(), "anna:wrong").status ==
        401);
  CHECK(service.ask("GET", "/dry-run/nosuch").status == 404);
  const json::Value shown = service.json("GET", "/dry-run/version");
  CHECK(shown["Steps"].is_null());
}

TEST_CASE("dry run: a service that cannot plan refuses, and does not do it for real") {
  Service service(nullptr);
  CHECK(service.ask("POST", "/dry-run/clusters", service.create_body()).status == 501);
  CHECK(service.world.written() == 0);
}

TEST_CASE("explain: what a cluster waits for, and what is about to be done for it") {
  Service service;
  service.world.create("hippo");
  const std::size_t before = service.world.written();
  const json::Value answer = service.json("GET", "/explain/hippo?version=4.2.0&namespace=pgouser1");
  CHECK(service.world.written() == before);
  CHECK(answer["Code"].as_string() == "ok");
  CHECK(answer["State"].as_string() == "pgcluster Created");
  CHECK(contains(steps(answer), "create Deployment hippo"));
  REQUIRE_FALSE(answer["Waits"].items().empty());
  for (const json::Value& wait : answer["Waits"].items()) {
    CHECK_FALSE(wait["Message"].as_string().empty());
    CHECK_FALSE(wait["Remedy"].as_string().empty());
    CHECK(parse_rfc3339(wait["Since"].as_string()).has_value());
  }
  CHECK(
      service.json("GET", "/explain/nosuch?version=4.2.0&namespace=pgouser1")["Code"].as_string() ==
      "error");
  CHECK(
      service.ask("GET", "/explain/hippo?version=4.2.0&namespace=pgouser1", "", "anna:x").status ==
      401);
}

TEST_CASE("explain: an instance that is not ready is told, and names stand for themselves") {
  Service service;
  service.world.create("hippo");
  service.world.put_instance("pgouser1", "hippo", "hippo", "master", false);
  const json::Value answer = service.json("GET", "/explain/hippo?version=4.2.0&namespace=pgouser1");
  const auto waits = [&](std::string_view reason) {
    for (const json::Value& wait : answer["Waits"].items()) {
      if (wait["Reason"].as_string() == reason) return wait;
    }
    return json::Value();
  };
  const json::Value unready = waits("instance_ready");
  CHECK(unready["Subject"].as_string() == "hippo");
  CHECK(unready["Detail"].as_string().find("container database") != std::string_view::npos);
  CHECK(unready["Since"].is_string());
  CHECK(waits("repo_ready")["Remedy"].as_string().find("hippo-backrest-shared-repo") !=
        std::string_view::npos);
}

TEST_CASE("explain: the state comes from the task: a clone under way, a cluster on its way out") {
  Service service;
  service.world.create("hippo");
  const auto state = [&](const std::string& cluster) {
    return std::string(
        service.json("GET", "/explain/" + cluster + "?version=4.2.0&namespace=pgouser1")["State"]
            .as_string());
  };
  const model::CloneWork clone{.source = "hippo",
                               .target = "twin",
                               .workflow_id = "11111111-aaaa-4bbb-8ccc-222222222222",
                               .user = "pgoadmin",
                               .timestamp = "2020-01-02T12:00:00Z"};
  service.world.put(types::kPgTask,
                    model::clone_task("pgouser1", model::TaskType::clone_step1, clone).object());
  CHECK(state("twin") == "being cloned from hippo");
  CHECK(state("hippo") == "pgcluster Created");
  service.world.put(types::kPgTask, model::removal_task("pgouser1", "hippo-rmdata",
                                                        {.cluster = "hippo", .scope = "hippo"})
                                        .object());
  CHECK(state("hippo") == "being removed");
}

TEST_CASE("dry run: a request without a cluster tells its own writes") {
  Service service;
  service.world.create("hippo");
  model::rest::CreateScheduleRequest request;
  request.cluster_name = "hippo";
  request.ns = "pgouser1";
  request.schedule = "@daily";
  request.schedule_type = "pgbackrest";
  request.pg_back_rest_type = "full";
  const json::Value answer =
      service.json("POST", "/dry-run/schedule", json::write(json::encode(request)));
  CHECK(contains(steps(answer), "create ConfigMap hippo-pgbackrest-full"));
  CHECK(service.world.get(types::kConfigMap, "pgouser1", "hippo-pgbackrest-full").name().empty());
}
