#include "pgo/model/restore.h"

#include "pgo/model/names.h"
#include "pgo/model/task_outcome.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
using namespace pgo::testing;
using Names = std::vector<std::string>;

namespace {

constexpr const char* kId = "11111111-aaaa-4bbb-8ccc-333333333333";
const std::string kJob = model::names::restore_job("hippo", kId);
const std::string kTask = model::names::restore_task("hippo", "hippo-wxyz");
const std::string kWorkflow = model::names::restore_workflow("hippo");

model::RestoreWork work() {
  return {.cluster = "hippo", .to_pvc = "hippo-wxyz", .workflow_id = kId, .user = "pgoadmin"};
}

ViewBuilder asked(ViewBuilder cluster, const model::RestoreWork& what = work()) {
  return cluster
      .task(model::workflow_task("pgouser1", kWorkflow, "hippo", what.workflow_id, {},
                                 "2020-01-02T11:59:00Z"))
      .task(model::restore_task("pgouser1", what));
}

ViewBuilder settled() { return view("hippo").settled().running_replica("hippo-abcd"); }

plan::ClusterView with_job(plan::ClusterView seen, bool succeeded, bool failed = false) {
  plan::Job job;
  job.meta = {.ns = "pgouser1", .name = kJob, .uid = "uid-of-job", .cluster = "hippo"};
  job.restore = true;
  job.workflow = kId;
  job.succeeded = succeeded;
  job.failed = failed;
  job.failures = failed ? 7 : 0;
  seen.jobs.push_back(std::make_shared<const plan::Job>(job));
  plan::Volume volume;
  volume.meta = {
      .ns = "pgouser1", .name = "hippo-wxyz", .uid = "uid-of-volume", .cluster = "hippo"};
  volume.meta.made_for = kId;
  seen.volumes.push_back(std::make_shared<const plan::Volume>(volume));
  return seen;
}

/// The data is restored and the cluster says that it changes over.
plan::ClusterView changing() {
  auto cluster = asked(settled());
  cluster.spec().status.state = model::state::kClusterRestoring;
  return with_job(cluster, true);
}

template <typename Keep>
void keep_instances(plan::ClusterView& seen, Keep keep) {
  std::erase_if(seen.deployments,
                [&](const auto& one) { return one->instance && !keep(one->meta.name); });
  std::erase_if(seen.pods,
                [&](const auto& one) { return one->instance && !keep(one->deployment); });
}

std::string env(const kube::Object& job, std::string_view name) {
  for (const auto& one : job["spec"]["template"]["spec"]["containers"][0]["env"].items()) {
    if (one["name"].as_string() == name) return std::string(one["value"].as_string());
  }
  return {};
}

}  // namespace

TEST_CASE("O5: the backup is restored beside the running cluster, which nothing stops yet") {
  const auto [seen, plan] = look(asked(settled()));
  CHECK(plan.creates("PersistentVolumeClaim") == Names{"hippo-wxyz"});
  CHECK(plan.creates("Job") == Names{kJob});
  CHECK(plan.events() == Names{"RestoreCluster"});
  CHECK(plan.deletes("Deployment").empty());
  CHECK(plan.patch_of("Pgcluster", "hippo") == nullptr);
}

TEST_CASE("O5: a restore that cannot be rendered ends before anything is made or deleted") {
  auto cluster = asked(settled());
  cluster.spec().spec.exporter_port = "none";
  const auto [seen, plan] = look(cluster);
  CHECK((*plan.patch_of("Pgtask", kTask))["status"].is_object());
  CHECK(plan.creates("PersistentVolumeClaim").empty());
  CHECK(plan.deletes("Deployment").empty());
  CHECK(plan.events() == Names{"RestoreClusterFailure"});
}

TEST_CASE("K18: a point in time is opened when it is reached, unless the options say otherwise") {
  CHECK(model::restore_options("", "") == "");
  CHECK(model::restore_options("", "2020-01-01 00:00:00") == "--type=time --target-action=promote");
  CHECK(model::restore_options("--type=name", "mark") == "--type=name --target-action=promote");
  CHECK(model::restore_options("--type=time --target-action=shutdown", "x") ==
        "--type=time --target-action=shutdown");
  CHECK(model::restore_options("--type=xid '--target=1 2'", "") ==
        "--type=xid '--target=1 2' --target-action=promote");
  CHECK(model::restore_options("--set=latest", "") == "--set=latest");
}

TEST_CASE("K3: a node label is an affinity of the Job and of the restored primary") {
  auto what = work();
  what.node_key = "region";
  what.node_value = "west";
  const auto first = look(asked(settled(), what));
  const kube::Object* job = first.plan.created("Job", kJob);
  REQUIRE(job != nullptr);
  const std::string_view at = "nodeAffinity";
  CHECK((*job)["spec"]["template"]["spec"]["affinity"][at].is_object());
  CHECK(env(*job, "PGBACKREST_DB_PATH") == "/pgdata/hippo-wxyz");
  auto cluster = asked(settled(), what);
  cluster.spec().status.state = model::state::kClusterRestoring;
  plan::ClusterView seen = with_job(cluster, true);
  keep_instances(seen, [](const std::string&) { return false; });
  const auto last = look(seen);
  const kube::Object* primary = last.plan.created("Deployment", "hippo-wxyz");
  REQUIRE(primary != nullptr);
  CHECK(json::write((*primary)["spec"]["template"]["spec"]["affinity"][at]).find("west") !=
        std::string::npos);
}

TEST_CASE("restore: the cluster says so first, then replicas stop, the primary stays") {
  const auto [seen, plan] = look(with_job(asked(settled()), true));
  REQUIRE_FALSE(plan.actions().empty());
  const json::Value* cluster = plan.patch_of("Pgcluster", "hippo");
  REQUIRE(cluster != nullptr);
  CHECK((*cluster)["status"]["state"].as_string() == model::state::kClusterRestoring);
  CHECK(plan.patches("Pgreplica") == Names{"hippo-abcd"});
  CHECK(plan.deletes("Deployment") == Names{"hippo-abcd"});
  CHECK(plan.creates("Deployment").empty());
}

TEST_CASE("restore: the primary stops once the replicas' pods are gone") {
  plan::ClusterView cluster = changing();
  std::erase_if(cluster.deployments,
                [](const auto& one) { return one->meta.name == "hippo-abcd"; });
  CHECK(look(cluster).plan.deletes("Deployment").empty());
  keep_instances(cluster, [](const std::string& name) { return name == "hippo"; });
  const auto [seen, plan] = look(cluster);
  CHECK(plan.deletes("Deployment") == Names{"hippo"});
  CHECK(plan.creates("Deployment").empty());
  CHECK(plan.waits_for(plan::Reason::pods_gone));
}

TEST_CASE("restore: when the old instances are gone the new primary starts on the restored data") {
  plan::ClusterView cluster = changing();
  keep_instances(cluster, [](const std::string&) { return false; });
  const auto [seen, plan] = look(cluster);
  CHECK((*plan.patch_of("ConfigMap", "hippo-pgha-default-config"))["data"]["init"].as_string() ==
        "true");
  CHECK(plan.creates("Deployment") == Names{"hippo-wxyz"});
  const json::Value* labels = plan.patch_of("Pgcluster", "hippo");
  REQUIRE(labels != nullptr);
  for (const char* key : {"crunchy-pgha-scope", "current-primary", "deployment-name"}) {
    CHECK((*labels)["metadata"]["labels"][key].as_string() == "hippo-wxyz");
  }
  CHECK(plan.events() == Names{"RestoreClusterCompleted"});
  CHECK(plan.deletes("PersistentVolumeClaim").empty());  // old data stays
}

TEST_CASE("O7: the old scope's ConfigMaps go with the old instances") {
  plan::ClusterView cluster = changing();
  keep_instances(cluster, [](const std::string&) { return false; });
  CHECK(look(cluster).plan.deletes("ConfigMap") == Names{"hippo-config"});
}

TEST_CASE("restore: a crash after the new primary was made does not make it bootstrap again") {
  plan::ClusterView cluster = changing();
  keep_instances(cluster, [](const std::string&) { return false; });
  plan::Deployment made;
  made.meta = {.ns = "pgouser1", .name = "hippo-wxyz", .uid = "u", .cluster = "hippo"};
  made.instance = true;
  made.scope = made.deployment = "hippo-wxyz";
  cluster.deployments.push_back(std::make_shared<const plan::Deployment>(made));
  const auto [seen, plan] = look(cluster);
  CHECK(plan.patch_of("ConfigMap", "hippo-pgha-default-config") == nullptr);
  CHECK(plan.creates("Deployment").empty());
  CHECK(plan.patch_of("Pgcluster", "hippo") != nullptr);
}

TEST_CASE("restore: a Job that gave up ends the restore; the cluster was never touched") {
  const auto [seen, plan] = look(with_job(asked(settled()), false, true));
  const json::Value* task = plan.patch_of("Pgtask", kTask);
  REQUIRE(task != nullptr);
  CHECK(plan.events() == Names{"RestoreClusterFailure"});
  CHECK(plan.deletes("Deployment").empty());
  CHECK(plan.patch_of("Pgcluster", "hippo") == nullptr);
}

TEST_CASE("restore: of a failed restore only its own volume goes, the Job stays for its log") {
  auto task = model::restore_task("pgouser1", work());
  task.spec.status = model::progress::kFailed;
  const auto [seen, plan] = look(with_job(settled().task(task), false, true));
  CHECK(plan.deletes("PersistentVolumeClaim") == Names{"hippo-wxyz"});
  CHECK(plan.deletes("Job").empty());
  CHECK(plan.deletes("Deployment").empty());
}

TEST_CASE("restore: a newer request overtakes an older one") {
  auto old = work();
  old.to_pvc = "hippo-older";
  old.workflow_id = "other";
  const auto [seen, plan] = look(asked(settled().task(model::restore_task("pgouser1", old))));
  const json::Value* ended =
      plan.patch_of("Pgtask", model::names::restore_task("hippo", "hippo-older"));
  REQUIRE(ended != nullptr);
  CHECK((*ended)["spec"]["status"].as_string() == "failed");
  CHECK(plan.creates("Job") == Names{kJob});
}

TEST_CASE("restore: one that changes over is finished before a newer one begins") {
  auto newer = work();
  newer.to_pvc = "hippo-newer";
  newer.workflow_id = "other";
  auto cluster = settled().task(model::restore_task("pgouser1", work()));
  cluster.spec().status.state = model::state::kClusterRestoring;
  const auto [seen, plan] = look(with_job(asked(cluster, newer), true));
  const json::Value* seen_by_us = plan.patch_of("Pgtask", kTask);
  REQUIRE(seen_by_us != nullptr);
  CHECK((*seen_by_us)["spec"].is_null());
  CHECK(plan.deletes("PersistentVolumeClaim").empty());
  CHECK(plan.creates("Job").empty());
  CHECK(plan.deletes("Deployment") == Names{"hippo-abcd"});  // it goes on
}

TEST_CASE("restore: a volume of its name that is on its way out is waited for") {
  plan::ClusterView seen = asked(settled());
  plan::Volume volume;
  volume.meta = {.ns = "pgouser1", .name = "hippo-wxyz", .uid = "uid", .cluster = "hippo"};
  volume.meta.deleting = true;
  seen.volumes.push_back(std::make_shared<const plan::Volume>(volume));
  const auto [kept, plan] = look(seen);
  CHECK(plan.creates("Job").empty());
  CHECK(plan.waits_for(plan::Reason::objects_gone));
}

TEST_CASE("restore: while it is under way no backup starts") {
  auto cluster = asked(settled());
  cluster.spec().metadata.annotations["pgo-failover-backup"] = "some-pod";
  const auto [seen, plan] = look(cluster);
  CHECK(plan.deletes("Pgtask").empty());
  CHECK(plan.creates("Job") == Names{kJob});
}

namespace {

/// The restored primary leads; the restore's own task is done.
ViewBuilder restored() {
  auto cluster = view("hippo").settled();
  auto task = model::restore_task("pgouser1", work());
  task.spec.status = model::progress::kCompleted;
  cluster.task(task);
  cluster.spec().status.state = model::state::kClusterRestoring;
  cluster.spec().metadata.labels["crunchy-pgha-scope"] = "hippo-wxyz";
  return cluster;
}

}  // namespace

TEST_CASE("restore: the old backup's task makes room for one of the restored data") {
  const auto [seen, plan] = look(restored());
  CHECK(plan.deletes("Pgtask") == Names{"backrest-backup-hippo"});
  CHECK(plan.deletes("Job") == Names{"backrest-backup-hippo"});
  CHECK(plan.creates("Pgtask").empty());
}

TEST_CASE("K6: a backup task that is missing needs no cleaning") {
  plan::ClusterView cluster = restored();
  std::erase_if(cluster.tasks, [](const auto& task) { return task->type == "backrest"; });
  cluster.jobs.clear();
  const auto [seen, plan] = look(cluster);
  REQUIRE(plan.creates("Pgtask") == Names{"backrest-backup-hippo"});
  const kube::Object& task = *plan.created("Pgtask", "backrest-backup-hippo");
  CHECK(task["spec"]["parameters"]["backrest-opts"].as_string() == "--type=full");
  CHECK(task["spec"]["parameters"]["pgha-backup-type"].as_string() == "bootstrap");
}

TEST_CASE("restore: no replica is made before the backup of the restored data") {
  auto cluster = restored().replica("hippo-abcd");
  const auto [seen, plan] = look(cluster);
  CHECK(plan.creates("Deployment").empty());
}

TEST_CASE("O3: a restore never asks to be looked at again after some time") {
  for (const plan::ClusterView& cluster : {plan::ClusterView(asked(settled())), changing()}) {
    CHECK_FALSE(look(cluster).plan.look_again().has_value());
  }
}

TEST_CASE("removal: a Job that restores goes with the instances, its volume after it") {
  auto cluster = settled().task(model::removal_task("pgouser1", "hippo-rmdata",
                                                    {.cluster = "hippo",
                                                     .scope = "hippo",
                                                     .replica = {},
                                                     .delete_data = true,
                                                     .delete_backups = true}));
  plan::ClusterView seen = with_job(cluster, false);
  keep_instances(seen, [](const std::string&) { return false; });
  const auto first = look(seen);
  CHECK(first.plan.deletes("Job") == Names{kJob});
  CHECK(first.plan.deletes("Pgcluster").empty());
  CHECK(first.plan.deletes("PersistentVolumeClaim").empty());
}
