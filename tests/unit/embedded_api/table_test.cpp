#include "unit/embedded_api/api_fixture.h"

// https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
namespace pgo::embedded {
namespace {

constexpr const char* kAccept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

json::Value table(const ApiFixture& api, const std::string& path) {
  kube::Request request;
  request.path = path;
  request.accept = kAccept;
  return json::parse(api.admin->request(request).value().body).value();
}

TEST_SUITE("embedded.api.table") {
  TEST_CASE("table: pods show ready containers, status, restarts and age") {
    ApiFixture api;
    const std::string pods = "/api/v1/namespaces/default/pods";
    api.post(pods, R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:1"},
      {"name":"d","image":"i:1"}]}})");
    api.merge(pods + "/p/status", R"({"status":{"phase":"Running","containerStatuses":[
      {"name":"c","ready":true,"restartCount":2,"state":{"running":{}}},
      {"name":"d","ready":false,"restartCount":1,
       "state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}})");
    api.clock.advance(std::chrono::minutes(3));
    const json::Value answer = table(api, pods);
    CHECK(answer["kind"].as_string() == "Table");
    CHECK(answer["columnDefinitions"][1]["name"].as_string() == "Ready");
    const json::Value& cells = answer["rows"][0]["cells"];
    CHECK(cells[0].as_string() == "p");
    CHECK(cells[1].as_string() == "1/2");
    CHECK(cells[2].as_string() == "CrashLoopBackOff");
    CHECK(cells[3].as_string() == "3");
    CHECK(cells[4].as_string() == "3m");
    CHECK(answer["rows"][0]["object"]["metadata"]["name"].as_string() == "p");
  }

  TEST_CASE("table: a custom type shows its additionalPrinterColumns") {
    ApiFixture api;
    api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", R"({
      "metadata":{"name":"things.example.com"},"spec":{"group":"example.com",
      "scope":"Namespaced","names":{"plural":"things","kind":"Thing"},"versions":[{"name":"v1",
      "served":true,"storage":true,"additionalPrinterColumns":[{"name":"State","type":"string",
      "jsonPath":".status.state"},{"name":"Age","type":"date",
      "jsonPath":".metadata.creationTimestamp"}]}]}})");
    const std::string things = "/apis/example.com/v1/namespaces/default/things";
    api.post(things, R"({"metadata":{"name":"t"},"status":{"state":"up"}})");
    api.clock.advance(std::chrono::seconds(5));
    const json::Value answer = table(api, things);
    CHECK(answer["rows"][0]["cells"] == json::Value::array({"t", "up", "5s"}));
  }

  TEST_CASE("table: only the first event of a watch carries the column definitions") {
    const ApiFixture api;
    kube::Request request;
    request.path = "/api/v1/namespaces/default/configmaps?watch=1";
    request.accept = kAccept;
    const auto stream = api.admin->watch(request, {}).value();
    api.post("/api/v1/namespaces/default/configmaps", config_map("a"));
    api.post("/api/v1/namespaces/default/configmaps", config_map("b"));
    std::vector<std::string> lines;
    REQUIRE(stream->poll(lines).has_value());
    REQUIRE(lines.size() == 2);
    CHECK(!json::parse(lines[0]).value()["object"]["columnDefinitions"].items().empty());
    CHECK(json::parse(lines[1]).value()["object"]["columnDefinitions"].items().empty());
  }
}

}  // namespace
}  // namespace pgo::embedded
