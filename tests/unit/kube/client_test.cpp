#include "pgo/kube/client.h"

#include "unit/kube/scripted_transport.h"

#include <doctest/doctest.h>

namespace pgo::kube {
namespace {

constexpr std::string_view kPod =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"n"}})";

struct Fixture {
  test::ScriptedTransport transport;
  Client client{transport};
  const Request& last() const { return transport.requests.back(); }
};

}  // namespace

TEST_SUITE("kube.client") {
  TEST_CASE("client: paths follow group, version, namespace and subresource") {
    CHECK(path_of(types::kPod, "n") == "/api/v1/namespaces/n/pods");
    CHECK(path_of(types::kPod, "") == "/api/v1/pods");
    CHECK(path_of(types::kDeployment, "n", "d", "scale") ==
          "/apis/apps/v1/namespaces/n/deployments/d/scale");
    CHECK(path_of(types::kNode, "ignored", "x") == "/api/v1/nodes/x");
    CHECK(path_of(types::kClusterRole, "", "system:node") ==
          "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode");
  }

  TEST_CASE("client: get returns the object") {
    Fixture f;
    f.transport.answer(200, std::string(kPod));
    const auto pod = f.client.get(types::kPod, "n", "a");
    REQUIRE(pod);
    CHECK(pod->name() == "a");
    CHECK(f.last().method == Method::get);
    CHECK(f.last().path == "/api/v1/namespaces/n/pods/a");
  }

  TEST_CASE("client: a failing status becomes an error with code, subject and the server's words") {
    Fixture f;
    f.transport.answer(404, R"({"kind":"Status","status":"Failure","reason":"NotFound","code":404,)"
                            R"("message":"pods \"a\" not found"})");
    const auto pod = f.client.get(types::kPod, "n", "a");
    REQUIRE_FALSE(pod);
    CHECK(pod.error().code == Code::not_found);
    CHECK(pod.error().subject == "Pod n/a");
    CHECK(pod.error().message == "pods \"a\" not found");
    CHECK(pod.error().http_status == 404);
    CHECK(pod.error().reason == "NotFound");
  }

  TEST_CASE("client: 409 means conflict or already exists, as its reason says") {
    Fixture f;
    f.transport.answer(409, R"({"kind":"Status","reason":"AlreadyExists","code":409})");
    f.transport.answer(409, R"({"kind":"Status","reason":"Conflict","code":409})");
    const Object object(types::kPod, "n", "a");
    CHECK(f.client.create(types::kPod, object).error().code == Code::already_exists);
    CHECK(f.client.update(types::kPod, object).error().code == Code::conflict);
  }

  TEST_CASE("client: a failure without a Status still names what happened") {
    Fixture f;
    f.transport.answer(502, "<html>\nsecret gateway</html>", "text/html");
    const auto pod = f.client.get(types::kPod, "n", "a");
    REQUIRE_FALSE(pod);
    CHECK(pod.error().code == Code::unavailable);
    CHECK(pod.error().message == "the API server answered HTTP 502");
  }

  TEST_CASE("client: an error of the transport keeps its code and gains the subject") {
    Fixture f;
    f.transport.answer_error(Error{.code = Code::deadline_exceeded,
                                   .message = "no answer",
                                   .subject = {},
                                   .http_status = 0,
                                   .reason = {}});
    const auto pod = f.client.get(types::kPod, "n", "a");
    CHECK(pod.error().code == Code::deadline_exceeded);
    CHECK(pod.error().subject == "Pod n/a");
  }

  TEST_CASE("client: an answer that is no object is an internal error, not a crash") {
    Fixture f;
    f.transport.answer(200, "[1]");
    CHECK(f.client.get(types::kPod, "n", "a").error().code == Code::internal);
    f.transport.answer(200, "{");
    CHECK(f.client.get(types::kPod, "n", "a").error().code == Code::internal);
  }

  TEST_CASE("client: list gives items their type and says where to go on") {
    Fixture f;
    f.transport.answer(200,
                       R"({"kind":"PodList","metadata":{"resourceVersion":"7","continue":"c"},)"
                       R"("items":[{"metadata":{"name":"a"}}]})");
    ListOptions options;
    options.label_selector = "a=b,c in (d)";
    options.field_selector = "status.phase=Running";
    options.limit = 5;
    const auto list = f.client.list(types::kPod, "n", options);
    REQUIRE(list);
    REQUIRE(list->items.size() == 1);
    CHECK(list->items.front().kind() == "Pod");
    CHECK(list->items.front().api_version() == "v1");
    CHECK(list->resource_version == "7");
    CHECK(list->continue_token == "c");
    CHECK(f.last().path ==
          "/api/v1/namespaces/n/pods?labelSelector=a%3Db%2Cc%20in%20%28d%29"
          "&fieldSelector=status.phase%3DRunning&limit=5");
  }

  TEST_CASE("client: each patch kind has its content type") {
    Fixture f;
    const json::Value patch = json::Value::object({{"a", 1}});
    for (const auto& [type, expected] :
         {std::pair{PatchType::json, "application/json-patch+json"},
          std::pair{PatchType::merge, "application/merge-patch+json"},
          std::pair{PatchType::strategic, "application/strategic-merge-patch+json"}}) {
      f.transport.answer(200, std::string(kPod));
      REQUIRE(f.client.patch(types::kPod, "n", "a", type, patch, "status"));
      CHECK(f.last().content_type == expected);
      CHECK(f.last().method == Method::patch);
      CHECK(f.last().path == "/api/v1/namespaces/n/pods/a/status");
      CHECK(f.last().body == R"({"a":1})");
    }
  }

  TEST_CASE("client: remove sends its preconditions") {
    Fixture f;
    f.transport.answer(200, "{}");
    DeleteOptions options;
    options.uid = "u";
    options.resource_version = "9";
    options.grace_period_seconds = 0;
    REQUIRE(f.client.remove(types::kPod, "n", "a", options));
    CHECK(f.last().method == Method::delete_);
    CHECK(f.last().body ==
          R"({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background",)"
          R"("gracePeriodSeconds":0,"preconditions":{"uid":"u","resourceVersion":"9"}})");
  }

  TEST_CASE("client: a call for one object without its name never reaches the collection") {
    Fixture f;
    CHECK(f.client.remove(types::kPod, "n", "").error().code == Code::invalid_argument);
    CHECK(f.client.remove(types::kPod, "", "a").error().code == Code::invalid_argument);
    CHECK(f.client.get(types::kPod, "n", "").error().code == Code::invalid_argument);
    CHECK(f.transport.requests.empty());
  }

  TEST_CASE("client: log returns text and asks for the container and the tail") {
    Fixture f;
    f.transport.answer(200, "line\n", "text/plain");
    const auto log = f.client.log("n", "a", "database", 10);
    REQUIRE(log);
    CHECK(*log == "line\n");
    CHECK(f.last().path == "/api/v1/namespaces/n/pods/a/log?container=database&tailLines=10");
  }

  TEST_CASE("client: its stop token travels with every call") {
    test::ScriptedTransport transport;
    std::stop_source stop;
    const Client client(transport, stop.get_token());
    transport.answer(200, std::string(kPod));
    REQUIRE(client.get(types::kPod, "n", "a"));
    REQUIRE(client.exec({.ns = "n", .pod = "a", .container = "c", .command = {"true"}}));
    stop.request_stop();
    CHECK(transport.requests.back().stop.stop_requested());
    CHECK(transport.execs.back().stop.stop_requested());
  }
}

}  // namespace pgo::kube
