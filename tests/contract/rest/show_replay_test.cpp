#include "cases.h"
#include "pgo/base/text.h"
#include "pgo/json/codec.h"
#include "pgo/model/names.h"
#include "pgo/operations/test.h"
#include "request_world.h"

#include <doctest/doctest.h>

#include <algorithm>

/// The recorded answers are taken apart into the objects they were made from; asked about those, we
/// must give the recorded answers again.
using namespace pgo;
using test::RecordedCase;
namespace types = kube::types;

namespace {

json::Value container_list(const std::string& ready_status) {
  const auto parts = text::split(ready_status, '/');
  const auto ready = text::to_int(parts[0]).value_or(0);
  const auto total = text::to_int(parts[1]).value_or(0);
  json::Value list = json::Value::array();
  for (std::int64_t i = 0; i < total; ++i) {
    list.push_back(json::Value::object({{"name", "c" + std::to_string(i)}, {"ready", i < ready}}));
  }
  return list;
}

void put_pod(test::RequestWorld& world, const std::string& ns, const std::string& cluster,
             const json::Value& recorded) {
  kube::Object pod(types::kPod, ns, recorded["Name"].as_string());
  pod.set_label(model::label::kCluster, cluster);
  const std::string_view type = recorded["Type"].as_string();
  if (type == "primary") pod.set_label(model::label::kRole, model::role::kMaster);
  if (type == "replica") pod.set_label(model::label::kRole, model::role::kReplica);
  if (type == "pgbouncer") pod.set_label(model::label::kPgbouncer, model::kTrue);
  json::Value volumes = json::Value::array();
  for (const auto& claim : recorded["PVCName"].members()) {
    volumes.push_back(json::Value::object(
        {{"name", claim.key},
         {"persistentVolumeClaim", json::Value::object({{"claimName", claim.value}})}}));
  }
  json::Value spec = json::Value::object(
      {{"containers",
        json::Value::array({json::Value::object({{"name", "database"}, {"image", "i"}})})},
       {"volumes", volumes}});
  if (!recorded["NodeName"].as_string().empty()) spec.set("nodeName", recorded["NodeName"]);
  pod.document().set("spec", std::move(spec));
  kube::Object stored = world.put(types::kPod, pod);
  stored.document().set(
      "status",
      json::Value::object({{"phase", recorded["Phase"]},
                           {"containerStatuses",
                            container_list(std::string(recorded["ReadyStatus"].as_string()))}}));
  REQUIRE(world.client().update_status(types::kPod, stored).has_value());
}

void put_service(test::RequestWorld& world, const std::string& ns, const std::string& cluster,
                 std::string_view name, std::string_view address) {
  kube::Object service(types::kService, ns, name);
  service.set_label(model::label::kCluster, cluster);
  service.document().set(
      "spec", json::Value::object({{"clusterIP", address},
                                   {"ports", json::Value::array({json::Value::object(
                                                 {{"name", "postgres"}, {"port", 5432}})})}}));
  world.put(types::kService, service);
}

void put_deployment(test::RequestWorld& world, const std::string& ns, const std::string& cluster,
                    std::string_view name) {
  kube::Object deployment(types::kDeployment, ns, name);
  deployment.set_label(model::label::kCluster, cluster);
  deployment.document().set("spec",
                            *json::parse(R"({"selector":{"matchLabels":{"a":"b"}},"template":
               {"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}})"));
  world.put(types::kDeployment, deployment);
}

void put_cluster(test::RequestWorld& world, const json::Value& recorded) {
  json::Value document = recorded;
  for (const char* key : {"uid", "resourceVersion", "generation", "creationTimestamp"}) {
    document.at_or_add("metadata").erase(key);
  }
  world.put(types::kPgCluster, kube::Object(std::move(document)));
}

void put_detail(test::RequestWorld& world, const json::Value& detail) {
  const json::Value& cluster = detail["cluster"];
  const std::string ns(cluster["metadata"]["namespace"].as_string());
  const std::string name(cluster["metadata"]["name"].as_string());
  put_cluster(world, cluster);
  for (const json::Value& pod : detail["Pods"].items()) put_pod(world, ns, name, pod);
  for (const json::Value& deployment : detail["Deployments"].items()) {
    put_deployment(world, ns, name, deployment["Name"].as_string());
  }
  for (const json::Value& service : detail["Services"].items()) {
    put_service(world, ns, name, service["Name"].as_string(), service["ClusterIP"].as_string());
  }
  // The repository's service belongs to no answer.
  put_service(world, ns, name, model::names::repo_service(name),
              "10.96.200." + std::to_string(world.all(types::kService, ns).size() % 250));
  for (const json::Value& replica : detail["Replicas"].items()) {
    kube::Object object(types::kPgReplica, ns, replica["Name"].as_string());
    object.set_label(model::label::kCluster, name);
    world.put(types::kPgReplica, object);
  }
}

void put_test_result(test::RequestWorld& world, const std::string& ns, const json::Value& result) {
  const std::string name(result["ClusterName"].as_string());
  kube::Object cluster(types::kPgCluster, ns, name);
  cluster.document().set("spec", json::Value::object({{"port", "5432"}, {"name", name}}));
  world.put(types::kPgCluster, cluster);
  for (const json::Value& endpoint : result["Endpoints"].items()) {
    const std::string message(endpoint["Message"].as_string());
    const std::string_view type = endpoint["InstanceType"].as_string();
    const std::string service = type == "replica"     ? model::names::replica_service(name)
                                : type == "pgbouncer" ? model::names::pgbouncer(name)
                                                      : name;
    put_service(world, ns, name, service, message.substr(0, message.find(':')));
    if (!endpoint["Available"].as_bool()) continue;
    kube::Object endpoints(types::kEndpoints, ns, service);
    endpoints.document().set("subsets", *json::parse(R"([{"addresses":[{"ip":"10.1.2.3"}]}])"));
    world.put(types::kEndpoints, endpoints);
  }
  for (const json::Value& instance : result["Instances"].items()) {
    kube::Object pod(types::kPod, ns, instance["Message"].as_string());
    pod.set_label(model::label::kCluster, name);
    pod.set_label(model::label::kDatabase, model::kTrue);
    pod.set_label(model::label::kRole, instance["InstanceType"].as_string() == "primary"
                                           ? model::role::kMaster
                                           : model::role::kReplica);
    pod.document().set("spec", *json::parse(R"({"containers":[{"name":"database","image":"i"}]})"));
    kube::Object stored = world.put(types::kPod, pod);
    stored.document().set("status",
                          json::Value::object({{"containerStatuses", container_list("1/1")}}));
    REQUIRE(world.client().update_status(types::kPod, stored).has_value());
  }
}

}  // namespace

namespace {

/// 4.2.0 told the policies of a cluster in the random order of a Go map.
json::Value with_sorted_policies(json::Value answer) {
  for (json::Value& result : answer.at_or_add("Results").make_array()) {
    for (json::Value& deployment : result.at_or_add("Deployments").make_array()) {
      std::ranges::sort(deployment.at_or_add("PolicyLabels").make_array(), {},
                        [](const json::Value& policy) { return policy.as_string(); });
    }
  }
  return answer;
}

}  // namespace

TEST_CASE("contract: show cluster tells of the same objects what 4.2.0 told") {
  for (const RecordedCase& recorded : test::recorded_cases("show-cluster")) {
    CAPTURE(recorded.name);
    for (const json::Value& exchange : recorded.exchanges()) {
      test::RequestWorld world;
      for (const json::Value& detail : exchange["answer"]["Results"].items()) {
        put_detail(world, detail);
      }
      const auto request =
          json::decode<model::rest::ShowClusterRequest>(exchange["body"], json::Mode::lenient);
      REQUIRE(request.has_value());
      auto answer = operations::show_clusters(world.context(), *request);
      REQUIRE(answer.has_value());
      CHECK(test::difference(with_sorted_policies(exchange["answer"]),
                             with_sorted_policies(json::encode(*answer)),
                             {"uid", "resourceVersion", "generation", "creationTimestamp",
                              "managedFields"}) == "");
    }
  }
}

TEST_CASE("contract: test tells of the same objects what 4.2.0 told") {
  for (const RecordedCase& recorded : test::recorded_cases("test-")) {
    CAPTURE(recorded.name);
    for (const json::Value& exchange : recorded.exchanges()) {
      test::RequestWorld world;
      const std::string ns(exchange["body"]["Namespace"].as_string());
      for (const json::Value& result : exchange["answer"]["Results"].items()) {
        put_test_result(world, ns, result);
      }
      const auto request =
          json::decode<model::rest::ClusterTestRequest>(exchange["body"], json::Mode::lenient);
      REQUIRE(request.has_value());
      const auto answer = operations::test_clusters(world.context(), *request);
      REQUIRE(answer.has_value());
      CHECK(test::difference(exchange["answer"], json::encode(*answer)) == "");
    }
  }
}
