#include "pgo/model/names.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

using namespace pgo;
using namespace pgo::testing;
using Names = std::vector<std::string>;

namespace {

ViewBuilder failed_over() {
  return view("hippo").settled().running_replica("hippo-abcd").leads("hippo-abcd");
}

std::string service_name(const json::Value* patch) {
  return patch == nullptr ? std::string("unchanged")
                          : std::string((*patch)["metadata"]["labels"]["service-name"].as_string());
}

}  // namespace

TEST_CASE("K1: after a promotion Pod and Deployment of both instances change their labels") {
  const auto [seen, plan] = look(failed_over());
  CHECK(service_name(plan.patch_of("Deployment", "hippo-abcd")) == "hippo");
  CHECK(service_name(plan.patch_of("Deployment", "hippo")) == "hippo-replica");
  CHECK(service_name(plan.patch_of("Pod", "hippo-abcd-6765f8686c-brnnq")) == "hippo");
  CHECK(service_name(plan.patch_of("Pod", "hippo-6765f8686c-brnnq")) == "hippo-replica");
}

TEST_CASE("K1: the new primary is noted together with the backup it calls for") {
  const auto [seen, plan] = look(failed_over());
  const json::Value* patch = plan.patch_of("Pgcluster", "hippo");
  REQUIRE(patch != nullptr);
  CHECK((*patch)["metadata"]["labels"]["current-primary"].as_string() == "hippo-abcd");
  CHECK((*patch)["metadata"]["annotations"]["pgo-failover-backup"].as_string() ==
        seen.primary()->meta.uid);
}

TEST_CASE("K1: a promotion before the first backup calls for no other one") {
  auto cluster = failed_over();
  cluster.spec().status.state = model::state::kClusterProcessed;
  const auto [seen, plan] = look(cluster);
  const json::Value* patch = plan.patch_of("Pgcluster", "hippo");
  REQUIRE(patch != nullptr);
  CHECK((*patch)["metadata"]["annotations"].is_null());
}

TEST_CASE("K1: an instance that is promoted again owes a backup too") {
  constexpr const char* kMarked = R"({"ttl":30,"tags":{"primary_on_role_change":"true"}})";
  const auto debt = [](const ViewBuilder& cluster) {
    const auto [seen, plan] = look(cluster);
    const json::Value* patch = plan.patch_of("Pgcluster", "hippo");
    return patch == nullptr
               ? std::string("none")
               : std::string(
                     (*patch)["metadata"]["annotations"]["pgo-failover-backup"].as_string("none"));
  };
  auto again = view("hippo").settled().patroni(kMarked);
  CHECK(debt(again) == again.make().primary()->meta.uid);
  CHECK(debt(view("hippo").settled().patroni(R"({"ttl":30})")) == "none");

  auto unwritable = view("hippo").settled().patroni(kMarked);
  unwritable.pod_of("hippo").promoting = true;
  CHECK(debt(unwritable) == "none");

  // The backup that is under way, or failed for good, is the one that is owed.
  for (const auto* status : {"", "job error"}) {
    plan::ClusterView seen = view("hippo").settled().patroni(kMarked);
    model::BackrestWork work;
    work.cluster = "hippo";
    work.command = "backup";
    work.backup_type = "failover";
    model::PgTask task = model::backrest_task("pgouser1", "backrest-backup-hippo", work);
    task.spec.status = status;
    seen.tasks = {std::make_shared<const plan::Task>(plan::Task::from(task.object()))};
    const auto [kept, plan] = look(seen);
    CHECK(plan.patch_of("Pgcluster", "hippo") == nullptr);
  }
}

TEST_CASE("K1: of two pods that say they lead the lock decides") {
  auto cluster = view("hippo").settled().running_replica("hippo-abcd");
  cluster.pod_of("hippo-abcd").role = "master";
  CHECK(cluster.make().primary() == nullptr);
  CHECK(cluster.make().primary_ambiguous());
  plan::ClusterView seen = cluster;
  plan::ConfigMap lock;
  lock.meta.name = "hippo-leader";
  lock.scope = "hippo";
  lock.leader = "hippo-abcd-6765f8686c-brnnq";
  seen.config_maps.push_back(std::make_shared<const plan::ConfigMap>(lock));
  REQUIRE(seen.primary() != nullptr);
  CHECK(seen.primary()->deployment == "hippo-abcd");
  CHECK_FALSE(seen.primary_ambiguous());
}

TEST_CASE("promotion: without a leader the labels stay as they are") {
  auto cluster = view("hippo").settled().running_replica("hippo-abcd");
  cluster.pod_of("hippo").role.clear();
  const auto [seen, plan] = look(cluster);
  CHECK(plan.patches("Deployment").empty());
  CHECK(plan.patches("Pod").empty());
}

TEST_CASE("promotion: the value promoted counts as not leading yet") {
  auto cluster = failed_over();
  cluster.pod_of("hippo-abcd").role = "promoted";
  CHECK(cluster.make().primary() == nullptr);
}

TEST_CASE("autofail: switched off pauses Patroni, bound to the version that was read") {
  const auto [seen, plan] = look(view("hippo").settled().autofail(false));
  const json::Value* config = plan.patch_of("ConfigMap", "hippo-config");
  REQUIRE(config != nullptr);
  CHECK((*config)["metadata"]["annotations"]["config"].as_string() ==
        R"({"loop_wait":10,"ttl":30,"pause":true})");
  for (const plan::Action& action : plan.actions()) {
    const auto* patch = std::get_if<plan::Patch>(&action.what);
    if (patch != nullptr && patch->type == kube::types::kConfigMap) CHECK(patch->version == "77");
  }
}

TEST_CASE("autofail: switched on again resumes Patroni only where the operator paused it") {
  auto cluster = view("hippo").settled().patroni(R"({"pause":true,"ttl":30})");
  CHECK(look(cluster).plan.empty());
  cluster.spec().metadata.annotations["pgo-autofail-paused"] = "true";
  const auto [seen, plan] = look(cluster);
  const json::Value* config = plan.patch_of("ConfigMap", "hippo-config");
  REQUIRE(config != nullptr);
  CHECK((*config)["metadata"]["annotations"]["config"].as_string() == R"({"ttl":30})");
  CHECK(plan.patch_of("Pgcluster", "hippo") != nullptr);
}

TEST_CASE("view: Patroni renewing its lock changes no projection") {
  kube::Object lock(kube::types::kConfigMap, "pgouser1", "hippo-leader");
  lock.set_label("crunchy-pgha-scope", "hippo");
  lock.set_annotation("leader", "hippo-1");
  lock.set_annotation("renewTime", "2020-01-02T12:00:00Z");
  lock.document().at_or_add("metadata").set("resourceVersion", "10");
  const auto before = plan::ConfigMap::from(lock);
  lock.set_annotation("renewTime", "2020-01-02T12:00:10Z");
  lock.set_annotation("optime", "67109000");
  lock.document().at_or_add("metadata").set("resourceVersion", "11");
  CHECK(plan::ConfigMap::from(lock) == before);
  lock.set_annotation("leader", "hippo-2");
  CHECK_FALSE(plan::ConfigMap::from(lock) == before);
}

TEST_CASE("view: a pod's status annotation changes no projection, its role does") {
  kube::Object pod(kube::types::kPod, "pgouser1", "hippo-1");
  pod.set_label("role", "replica");
  const auto before = plan::Pod::from(pod);
  pod.set_annotation("status", R"({"xlog_location":67108864})");
  CHECK(plan::Pod::from(pod) == before);
  pod.set_label("role", "master");
  CHECK_FALSE(plan::Pod::from(pod) == before);
}

TEST_CASE("promotion: the label comes before the truth, which is in Patroni's status") {
  const auto pod_with = [](std::string_view role, std::string_view status) {
    kube::Object object(kube::types::kPod, "ns", "p");
    if (!role.empty()) object.set_label("role", role);
    if (!status.empty()) object.set_annotation("status", status);
    return plan::Pod::from(object);
  };
  CHECK(pod_with("master", R"({"role":"replica","state":"running"})").promoting);
  CHECK(pod_with("promoted", R"({"role":"master"})").promoting);
  CHECK_FALSE(pod_with("master", R"({"role":"master","state":"running"})").promoting);
  CHECK_FALSE(pod_with("master", R"({"role":"primary"})").promoting);
  CHECK_FALSE(pod_with("master", "").promoting);
  CHECK_FALSE(pod_with("replica", R"({"role":"replica"})").promoting);
}
