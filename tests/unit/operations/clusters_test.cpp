#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"
#include "pgo/operations/scale.h"
#include "pgo/operations/status.h"
#include "pgo/operations/test.h"
#include "pgo/operations/workflow.h"
#include "request_world.h"

#include <doctest/doctest.h>

#include <set>

using namespace pgo;
namespace types = kube::types;
namespace rest = model::rest;

namespace {

rest::DeleteClusterRequest delete_request(std::string name) {
  rest::DeleteClusterRequest request;
  request.clustername = std::move(name);
  request.ns = "pgouser1";
  request.delete_data = true;
  request.delete_backups = true;
  return request;
}

operations::ScaleRequest scale_request(std::string cluster, std::string count = "1") {
  operations::ScaleRequest request;
  request.cluster = std::move(cluster);
  request.ns = "pgouser1";
  request.replica_count = std::move(count);
  return request;
}

kube::Object instance_pod(const std::string& cluster, const std::string& name,
                          std::string_view role, bool ready) {
  kube::Object pod(types::kPod, "pgouser1", name);
  pod.set_label(model::label::kCluster, cluster);
  pod.set_label(model::label::kDatabase, "true");
  pod.set_label(model::label::kRole, role);
  pod.set_label(model::label::kDeploymentName, name.substr(0, name.find("-pod")));
  pod.document().set(
      "spec", json::Value::object({{"containers", json::Value::array({json::Value::object(
                                                      {{"name", "database"}, {"image", "i"}})})}}));
  pod.document().set(
      "status",
      json::Value::object(
          {{"phase", "Running"},
           {"containerStatuses",
            json::Value::array({json::Value::object({{"name", "database"}, {"ready", ready}})})}}));
  return pod;
}

/// Creates a pod with its status, which a create alone does not store.
void put_pod(test::RequestWorld& world, const kube::Object& pod) {
  kube::Object stored = world.put(types::kPod, pod);
  stored.document().set("status", pod["status"]);
  REQUIRE(world.client().update_status(types::kPod, stored).has_value());
}

}  // namespace

TEST_CASE("delete cluster: an unknown cluster is not found") {
  test::RequestWorld world;
  const auto result = operations::delete_clusters(world.context(), delete_request("nosuch"));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Code::not_found);
}

TEST_CASE("delete cluster: a request without name and selector deletes nothing") {
  test::RequestWorld world;
  world.create("hippo");
  CHECK_FALSE(operations::delete_clusters(world.context(), delete_request("")).has_value());
  CHECK(world.get(types::kPgTask, "pgouser1", "hippo-rmdata").name().empty());
}

TEST_CASE("delete cluster: a name beside a selector deletes nothing, for it is not clear what") {
  test::RequestWorld world;
  world.create("hippo");
  world.create("rhino");
  model::rest::DeleteClusterRequest request;
  request.ns = "pgouser1";
  request.clustername = "hippo";
  request.selector = "name=rhino";
  const std::size_t before = world.written();
  const auto result = operations::delete_clusters(world.context(), request);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Code::invalid_argument);
  CHECK(world.written() == before);
}

TEST_CASE("K22: a second delete is the same request, one with other switches replaces it") {
  test::RequestWorld world;
  world.create("hippo");
  REQUIRE(operations::delete_clusters(world.context(), delete_request("hippo")).has_value());
  const auto first = world.get(types::kPgTask, "pgouser1", "hippo-rmdata");
  REQUIRE(operations::delete_clusters(world.context(), delete_request("hippo")).has_value());
  CHECK(world.get(types::kPgTask, "pgouser1", "hippo-rmdata").uid() == first.uid());

  auto keep = delete_request("hippo");
  keep.delete_data = false;
  REQUIRE(operations::delete_clusters(world.context(), keep).has_value());
  const auto second = world.get(types::kPgTask, "pgouser1", "hippo-rmdata");
  CHECK(second.uid() != first.uid());
  CHECK(second["spec"]["parameters"]["delete-data"].as_string() == "false");
}

TEST_CASE("delete cluster: a selector takes the clusters that carry the label") {
  test::RequestWorld world;
  world.create("hippo");
  world.create("rhino");
  REQUIRE(world.client()
              .patch(types::kPgCluster, "pgouser1", "rhino", kube::PatchType::merge,
                     *json::parse(R"({"metadata":{"labels":{"env":"dev"}}})"))
              .has_value());
  auto request = delete_request("");
  request.selector = "env=dev";
  const auto result = operations::delete_clusters(world.context(), request);
  REQUIRE(result.has_value());
  CHECK(result->results.size() == 1);
  CHECK(world.get(types::kPgTask, "pgouser1", "hippo-rmdata").name().empty());
  CHECK_FALSE(world.get(types::kPgTask, "pgouser1", "rhino-rmdata").name().empty());
}

TEST_CASE("scale: wrong requests are refused before anything is written") {
  test::RequestWorld world;
  world.create("hippo");
  const std::size_t before = world.written();
  const auto refused = [&](const operations::ScaleRequest& request) {
    CAPTURE(request.replica_count);
    CHECK_FALSE(operations::scale(world.context(), world.admin(), request).has_value());
    CHECK(world.written() == before);
  };
  for (const char* count : {"0", "-1", "x", "", "1000000"}) refused(scale_request("hippo", count));
  refused(scale_request("nosuch"));
  refused(scale_request("all"));
  refused(scale_request("../x"));
  auto request = scale_request("hippo");
  request.storage_config = "nosuch";  // O10
  refused(request);
  request = scale_request("hippo");
  request.resources_config = "nosuch";
  refused(request);
  request = scale_request("hippo");
  request.node_label = "nosuch=zone";
  refused(request);
  request = scale_request("hippo");
  request.service_type = "Nope";
  refused(request);
}

TEST_CASE("scale: refused where the replicas' Service would be that of another cluster") {
  test::RequestWorld world;
  world.create("hippo");
  world.put_owned(types::kService, "pgouser1", "hippo-replica", "hippo-replica");
  const auto answer = operations::scale(world.context(), world.admin(), scale_request("hippo"));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::already_exists);
  CHECK(world.all(types::kPgReplica, "pgouser1").empty());
}

TEST_CASE("scale: names differ, and never repeat one whose data is still there") {
  test::RequestWorld world;
  world.create("hippo", 2);
  const auto first = operations::scale(world.context(), world.admin(), scale_request("hippo", "2"));
  REQUIRE(first.has_value());
  const auto replicas = world.all(types::kPgReplica, "pgouser1");
  REQUIRE(replicas.size() == 2);
  std::set<std::string> names;
  for (const auto& replica : replicas) names.emplace(replica.name());
  // Those that the cluster is created with come from the plan.
  const auto cluster = world.get(types::kPgCluster, "pgouser1", "hippo");
  CHECK_FALSE(names.contains(model::names::replica("hippo", cluster.uid(), 0)));
  CHECK_FALSE(names.contains(model::names::replica("hippo", cluster.uid(), 1)));

  const std::string removed = *names.begin();
  REQUIRE(world.client().remove(types::kPgReplica, "pgouser1", removed).has_value());
  world.put_claim("pgouser1", removed);
  REQUIRE(operations::scale(world.context(), world.admin(), scale_request("hippo")).has_value());
  for (const auto& replica : world.all(types::kPgReplica, "pgouser1")) {
    CHECK(replica.name() != removed);
  }
}

TEST_CASE("scaledown: the primary stays, and so do replicas of other clusters") {
  test::RequestWorld world;
  world.create("hippo");
  world.create("rhino");
  REQUIRE(operations::scale(world.context(), world.admin(), scale_request("rhino")).has_value());
  const std::string foreign(world.all(types::kPgReplica, "pgouser1").front().name());
  put_pod(world, instance_pod("hippo", "hippo-pod", "master", true));

  operations::ScaleDownRequest request{
      .cluster = "hippo", .ns = "pgouser1", .replica = foreign, .delete_data = true};
  CHECK_FALSE(operations::scale_down(world.context(), request).has_value());
  request.replica = "nosuch";
  CHECK_FALSE(operations::scale_down(world.context(), request).has_value());
  request.cluster = "rhino";
  request.replica = foreign;
  REQUIRE(operations::scale_down(world.context(), request).has_value());
  const auto task = world.get(types::kPgTask, "pgouser1", foreign + "-rmdata");
  CHECK(task["spec"]["parameters"]["is-replica"].as_string() == "true");
  CHECK(task["spec"]["parameters"]["delete-backups"].as_string() == "false");
}

TEST_CASE("scale: an unknown configuration is named with its option") {
  test::RequestWorld world;
  world.create("hippo");
  auto request = scale_request("hippo");
  request.storage_config = "nosuch";
  const auto storage = operations::scale(world.context(), world.admin(), request);
  REQUIRE_FALSE(storage.has_value());
  CHECK(storage.error().message.starts_with(
      "--storage-config: pgo.yaml has no storage configuration \"nosuch\"; it has "));
  request.storage_config.clear();
  request.resources_config = "nosuch";
  const auto resources = operations::scale(world.context(), world.admin(), request);
  REQUIRE_FALSE(resources.has_value());
  CHECK(resources.error().message.starts_with(
      "--resources-config: pgo.yaml has no resource configuration \"nosuch\"; it has "));
}

TEST_CASE("create: a cluster that is still being removed is told of as such") {
  test::RequestWorld world;
  world.create("hippo");
  rest::DeleteClusterRequest remove;
  remove.ns = "pgouser1";
  remove.clustername = "hippo";
  REQUIRE(operations::delete_clusters(world.context(), remove).has_value());
  const auto refused =
      operations::create_cluster(world.context(), world.admin(), world.create_request("hippo"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("still being removed") != std::string::npos);
}

TEST_CASE("K14: the first primary can be scaled down once another instance leads") {
  test::RequestWorld world;
  world.create("hippo");
  kube::Object deployment(types::kDeployment, "pgouser1", "hippo");
  deployment.set_label(model::label::kCluster, "hippo");
  deployment.set_label(model::label::kDatabase, "true");
  deployment.document().set("spec",
                            *json::parse(R"({"selector":{"matchLabels":{"a":"b"}},"template":
               {"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"database","image":"i"}]}}})"));
  world.put(types::kDeployment, deployment);
  put_pod(world, instance_pod("hippo", "hippo-pod", "master", true));
  const operations::ScaleDownRequest request{
      .cluster = "hippo", .ns = "pgouser1", .replica = "hippo", .delete_data = true};
  const auto refused = operations::scale_down(world.context(), request);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::failed_precondition);

  REQUIRE(world.client()
              .patch(types::kPod, "pgouser1", "hippo-pod", kube::PatchType::merge,
                     *json::parse(R"({"metadata":{"labels":{"role":"replica"}}})"))
              .has_value());
  CHECK(operations::scale_down(world.context(), request).has_value());
}

TEST_CASE("test: instances are judged by their containers and typed by Patroni's label (K1)") {
  test::RequestWorld world;
  world.create("hippo");
  put_pod(world, instance_pod("hippo", "hippo-aaaa-pod", "master", true));
  put_pod(world, instance_pod("hippo", "hippo-pod", "replica", false));
  rest::ClusterTestRequest request;
  request.clustername = "hippo";
  request.ns = "pgouser1";
  const auto result = operations::test_clusters(world.context(), request);
  REQUIRE(result.has_value());
  REQUIRE(result->results.size() == 1);
  const auto& instances = result->results.front().instances;
  REQUIRE(instances.size() == 2);
  CHECK(instances[0] == rest::ClusterTestDetail{true, "hippo-aaaa-pod", "primary"});
  CHECK(instances[1] == rest::ClusterTestDetail{false, "hippo-pod", "replica"});
}

TEST_CASE("show cluster: an unknown name gives no result, all gives every cluster") {
  test::RequestWorld world;
  world.create("hippo");
  world.create("rhino");
  rest::ShowClusterRequest request;
  request.ns = "pgouser1";
  request.clustername = "nosuch";
  CHECK(operations::show_clusters(world.context(), request)->results.empty());
  request.clustername = "";
  request.all_flag = true;
  CHECK(operations::show_clusters(world.context(), request)->results.size() == 2);
  request.selector = "name=rhino";
  REQUIRE(operations::show_clusters(world.context(), request)->results.size() == 1);
  request.selector = "name in (";
  CHECK_FALSE(operations::show_clusters(world.context(), request).has_value());
}

TEST_CASE("show cluster: one after the other they are what they are in one answer") {
  test::RequestWorld world;
  for (const char* name : {"hippo", "rhino", "zebra"}) {
    world.create(name);
    world.put_ready_pods("pgouser1", name);
  }
  rest::ShowClusterRequest request;
  request.ns = "pgouser1";
  request.all_flag = true;
  const auto answer = operations::show_clusters(world.context(), request);
  REQUIRE(answer->results.size() == 3);
  CHECK(answer->results[1].pods.size() == 1);
  auto shown = operations::ShownClusters::find(world.context(), request);
  REQUIRE(shown.has_value());
  CHECK(shown->size() == 3);
  for (const rest::ShowClusterDetail& detail : answer->results) {
    CHECK(*shown->next().value() == detail);
  }
  CHECK_FALSE(shown->next().value().has_value());
}

TEST_CASE("show cluster: pods that dump or load are none of its instances") {
  test::RequestWorld world;
  world.create("hippo");
  world.put_ready_pods("pgouser1", "hippo");
  world.put_pod("pgouser1", "backup-hippo-pgdump-abcd-efghi", "hippo", "pgdump", "true");
  world.put_pod("pgouser1", "pgrestore-hippo-from-abcd-efghi", "hippo", "pgrestore", "true");
  rest::ShowClusterRequest request;
  request.ns = "pgouser1";
  request.clustername = "hippo";
  const auto answer = operations::show_clusters(world.context(), request);
  REQUIRE(answer->results.size() == 1);
  REQUIRE(answer->results[0].pods.size() == 1);
  CHECK(answer->results[0].pods[0].type == "primary");
}

TEST_CASE("show cluster: only those of the image tag that was asked for") {
  test::RequestWorld world;
  world.create("hippo");
  world.create("rhino");
  REQUIRE(world.client()
              .patch(types::kPgCluster, "pgouser1", "hippo", kube::PatchType::merge,
                     *json::parse(R"({"spec":{"ccpimagetag":"other"}})"))
              .has_value());
  rest::ShowClusterRequest request;
  request.ns = "pgouser1";
  request.all_flag = true;
  request.ccpimagetag = "other";
  const auto answer = operations::show_clusters(world.context(), request);
  REQUIRE(answer->results.size() == 1);
  CHECK(answer->results[0].cluster.name() == "hippo");
}

TEST_CASE("show workflow: the steps of the id's task, and not found for another id") {
  test::RequestWorld world;
  world.create("hippo");
  const auto task = world.get(types::kPgTask, "pgouser1", "hippo-createcluster");
  const std::string id(task["spec"]["parameters"]["workflowid"].as_string());
  const auto shown = operations::show_workflow(world.context(), "pgouser1", id);
  REQUIRE(shown.has_value());
  CHECK(shown->results.cluster_name == "hippo");
  CHECK(shown->results.parameters.contains("task submitted"));
  for (const char* other : {"00000000-0000-0000-0000-000000000000", "", "a,b", "x=y"}) {
    const auto missing = operations::show_workflow(world.context(), "pgouser1", other);
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().code == Code::not_found);
  }
}
