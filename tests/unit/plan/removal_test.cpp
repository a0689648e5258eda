#include "pgo/model/names.h"
#include "pgo/plan/health.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
using namespace pgo::testing;
using Names = std::vector<std::string>;

namespace {

model::PgTask removal(bool delete_data, bool delete_backups, std::string_view replica = {}) {
  return model::removal_task("pgouser1",
                             model::names::removal_task(replica.empty() ? "hippo" : replica),
                             {.cluster = "hippo",
                              .scope = "hippo",
                              .replica = std::string(replica),
                              .delete_data = delete_data,
                              .delete_backups = delete_backups,
                              .is_replica = !replica.empty()});
}

/// What is left once the instances and their pods are gone.
plan::ClusterView without_instances(ViewBuilder cluster) {
  plan::ClusterView seen = cluster;
  std::erase_if(seen.deployments, [](const auto& one) { return one->instance; });
  std::erase_if(seen.pods, [](const auto& one) { return one->instance; });
  return seen;
}

/// What is left once the records are gone too: volumes, Jobs, repository.
plan::ClusterView without_records(ViewBuilder cluster) {
  plan::ClusterView seen = without_instances(std::move(cluster));
  seen.cluster.reset();
  seen.services.clear();
  seen.replicas.clear();
  seen.config_maps.clear();
  std::erase_if(seen.tasks, [](const auto& task) { return task->type != "delete-data"; });
  return seen;
}

ViewBuilder settled() { return view("hippo").settled().running_replica("hippo-abcd"); }

}  // namespace

TEST_CASE("removal: first instances and credentials; volumes stay while pods may write (K5)") {
  const auto [seen, plan] = look(settled().task(removal(true, true)));
  CHECK(plan.deletes("Deployment") == Names{"hippo", "hippo-abcd"});
  CHECK(plan.deletes("Secret") ==
        Names{"hippo-postgres-secret", "hippo-primaryuser-secret", "hippo-testuser-secret"});
  CHECK(plan.deletes("PersistentVolumeClaim").empty());
  CHECK(plan.deletes("Pgcluster").empty());
  CHECK(plan.waits_for(plan::Reason::pods_gone));
  CHECK(plan.creates("Deployment").empty());
}

TEST_CASE("removal: of kept data those of the last primary are marked as the newest") {
  auto cluster = settled().task(removal(false, true));
  cluster.spec().metadata.labels["current-primary"] = "hippo-abcd";
  plan::ClusterView seen = cluster;
  plan::Volume old = *seen.volume("hippo");
  old.led_last = true;  // of an earlier time
  std::ranges::replace_if(
      seen.volumes, [](const auto& one) { return one->meta.name == "hippo"; },
      std::make_shared<const plan::Volume>(old));
  const auto [kept, plan] = look(seen);
  const auto mark = [&](const char* volume) {
    const json::Value* patch = plan.patch_of("PersistentVolumeClaim", volume);
    return patch == nullptr ? json::Value("unchanged")
                            : (*patch)["metadata"]["annotations"]["pgo-led-last"];
  };
  CHECK(mark("hippo-abcd") == json::Value("true"));
  CHECK(mark("hippo").is_null());
  CHECK(mark("hippo-pgbr-repo") == json::Value("unchanged"));
  CHECK(look(settled().task(removal(true, true))).plan.patches("PersistentVolumeClaim").empty());
}

TEST_CASE("K5: while a pod still ends nothing that it uses goes") {
  plan::ClusterView seen = settled().task(removal(true, true));
  std::erase_if(seen.deployments, [](const auto& one) { return one->instance; });
  const auto [kept, plan] = look(seen);
  CHECK(plan.deletes("PersistentVolumeClaim").empty());
  CHECK(plan.deletes("ConfigMap").empty());
}

TEST_CASE("removal: then the records, but not its own task") {
  const auto [seen, plan] = look(without_instances(settled().task(removal(true, true))));
  CHECK(plan.deletes("Pgcluster") == Names{"hippo"});
  CHECK(plan.deletes("Service").size() == 3);
  CHECK(plan.deletes("Pgreplica") == Names{"hippo-abcd"});
  CHECK(plan.deletes("Pgtask") == Names{"backrest-backup-hippo"});
  CHECK(plan.deletes("PersistentVolumeClaim").empty());
}

TEST_CASE("K17: Patroni's ConfigMaps go by scope, all four") {
  auto cluster = settled().task(removal(true, true));
  for (const char* kind : {"leader", "failover", "sync"}) {
    cluster.config_map(std::string("hippo-") + kind, "hippo");
  }
  const auto names = look(without_instances(cluster)).plan.deletes("ConfigMap");
  for (const char* kind : {"config", "leader", "failover", "sync", "pgha-default-config"}) {
    CHECK(std::count(names.begin(), names.end(), std::string("hippo-") + kind) == 1);
  }
}

TEST_CASE("removal: then the data, then Jobs, repository and backups, the task last") {
  plan::ClusterView seen = without_records(settled().task(removal(true, true)));
  CHECK(look(seen).plan.deletes("PersistentVolumeClaim") == Names{"hippo", "hippo-abcd"});
  std::erase_if(seen.volumes, [](const auto& one) { return one->meta.name != "hippo-pgbr-repo"; });
  CHECK(look(seen).plan.deletes("Job") == Names{"backrest-backup-hippo"});
  seen.jobs.clear();
  CHECK(look(seen).plan.deletes("Deployment") == Names{"hippo-backrest-shared-repo"});
  std::erase_if(seen.deployments, [](const auto&) { return true; });
  CHECK(look(seen).plan.deletes("PersistentVolumeClaim").empty());
  seen.pods.clear();
  const auto [a, last] = look(seen);
  CHECK(last.deletes("PersistentVolumeClaim") == Names{"hippo-pgbr-repo"});
  CHECK(last.deletes("Pgtask").empty());
  seen.volumes.clear();
  seen.secrets.clear();
  const auto [b, end] = look(seen);
  CHECK(end.deletes("Pgtask") == Names{"hippo-rmdata"});
  CHECK(end.events().back() == "DeleteClusterCompleted");
}

TEST_CASE("removal: keep data keeps credentials and data volumes") {
  const auto [a, first] = look(settled().task(removal(false, true)));
  CHECK(first.deletes("Secret").empty());
  const auto [b, later] = look(without_records(settled().task(removal(false, true))));
  CHECK(later.deletes("PersistentVolumeClaim").empty());
}

TEST_CASE("removal: keep backups keeps the repository's volume and secret") {
  plan::ClusterView seen = without_records(settled().task(removal(true, false)));
  seen.volumes = plan::Many<plan::Volume>(seen.volumes.begin() + 1, seen.volumes.begin() + 2);
  seen.jobs.clear();
  seen.deployments.clear();
  seen.pods.clear();
  std::erase_if(seen.secrets, [](const auto& one) { return !one->repo; });
  const auto [kept, plan] = look(seen);
  CHECK(plan.deletes("PersistentVolumeClaim").empty());
  CHECK(plan.deletes("Secret").empty());
  CHECK(plan.deletes("Pgtask") == Names{"hippo-rmdata"});
}

TEST_CASE("K16: a cluster that never came up is removed too") {
  const auto [seen, plan] = look(view("hippo").task(removal(true, true)));
  CHECK(plan.deletes("Pgcluster") == Names{"hippo"});
  CHECK(plan.patches("ConfigMap").empty());
}

TEST_CASE("K21: data goes with its volume, never by a command in a pod") {
  const Look now = look(settled().task(removal(true, true)));
  for (const plan::Action& action : now.plan.actions()) {
    CHECK_FALSE(std::holds_alternative<plan::Exec>(action.what));
  }
}

TEST_CASE("K41: only the removal of a cluster says DeleteCluster") {
  CHECK(look(settled().task(removal(true, true))).plan.events() == Names{"DeleteCluster"});
  CHECK(look(settled().task(removal(true, false, "hippo-abcd"))).plan.events().empty());
}

TEST_CASE("removal: a pgcluster made since and its secrets are not touched") {
  auto task = removal(true, true);
  task.metadata.annotations["pgo-removes-uid"] = "uid-of-an-older-one";
  const auto [seen, plan] = look(without_instances(settled().task(task)));
  CHECK(plan.deletes("Pgcluster").empty());
  CHECK(plan.deletes("Secret").empty());
}

TEST_CASE("removal: every deletion names the UID that was seen") {
  for (const plan::ClusterView& seen : {settled().task(removal(true, true)).make(),
                                        without_records(settled().task(removal(true, true)))}) {
    const Look now = look(seen);
    for (const plan::Action& action : now.plan.actions()) {
      if (const auto* gone = std::get_if<plan::Delete>(&action.what))
        CHECK_FALSE(gone->uid.empty());
    }
  }
}

TEST_CASE("removal: an older operator's removal Job is waited for") {
  auto cluster = settled().task(removal(true, true)).job("hippo-rmdata-abcd", false);
  cluster.job_of("hippo-rmdata-abcd").rmdata = true;
  const auto [seen, plan] = look(cluster);
  CHECK(plan.empty());
  CHECK(plan.waits_for(plan::Reason::old_removal_job));
}

TEST_CASE("removal: without a task nothing is ever deleted, whatever is missing") {
  plan::ClusterView seen = settled();
  seen.replicas.clear();
  seen.tasks.clear();
  const Look now = look(seen);
  for (const plan::Action& action : now.plan.actions()) {
    CHECK_FALSE(std::holds_alternative<plan::Delete>(action.what));
  }
  seen.cluster.reset();
  CHECK(look(seen).plan.empty());
}

TEST_CASE("scaledown: pgreplica and Deployment, then the volume, then the task alone (K6)") {
  plan::ClusterView seen = settled().task(removal(true, false, "hippo-abcd"));
  const auto [a, first] = look(seen);
  CHECK(first.deletes("Pgreplica") == Names{"hippo-abcd"});
  CHECK(first.deletes("Deployment") == Names{"hippo-abcd"});
  CHECK(first.deletes("PersistentVolumeClaim").empty());
  seen.replicas.clear();
  std::erase_if(seen.deployments, [](const auto& one) { return one->meta.name == "hippo-abcd"; });
  CHECK(look(seen).plan.deletes("PersistentVolumeClaim").empty());
  std::erase_if(seen.pods, [](const auto& one) { return one->deployment == "hippo-abcd"; });
  CHECK(look(seen).plan.deletes("PersistentVolumeClaim") == Names{"hippo-abcd"});
  std::erase_if(seen.volumes, [](const auto& one) { return one->meta.name == "hippo-abcd"; });
  CHECK(look(seen).plan.deletes("Pgtask") == Names{"hippo-abcd-rmdata"});
}

TEST_CASE("K15: the Service for replicas goes with the last replica") {
  plan::ClusterView seen = settled().task(removal(false, false, "hippo-abcd"));
  seen.replicas.clear();
  std::erase_if(seen.deployments, [](const auto& one) { return one->meta.name == "hippo-abcd"; });
  std::erase_if(seen.pods, [](const auto& one) { return one->deployment == "hippo-abcd"; });
  CHECK(look(seen).plan.deletes("Service") == Names{"hippo-replica"});
  CHECK(look(settled().task(removal(false, false, "hippo-abcd"))).plan.deletes("Service").empty());
}

TEST_CASE("K15: it goes too when the last replica is the first primary; a pgreplica leads then") {
  auto cluster = settled().leads("hippo-abcd").task(removal(false, false, "hippo"));
  cluster.spec().metadata.labels["current-primary"] = "hippo-abcd";
  plan::ClusterView seen = cluster;
  std::erase_if(seen.deployments, [](const auto& one) { return one->meta.name == "hippo"; });
  std::erase_if(seen.pods, [](const auto& one) { return one->deployment == "hippo"; });
  REQUIRE(seen.replicas.size() == 1);
  CHECK(look(seen).plan.deletes("Service") == Names{"hippo-replica"});
}

TEST_CASE("K14: an original primary that became a replica can be scaled down") {
  auto cluster = settled().leads("hippo-abcd").task(removal(true, false, "hippo"));
  cluster.spec().metadata.labels["current-primary"] = "hippo-abcd";
  CHECK(look(cluster).plan.deletes("Deployment") == Names{"hippo"});
}

TEST_CASE("scaledown: an instance that leads is kept, told of, and the task ends") {
  const auto [seen, plan] =
      look(settled().leads("hippo-abcd").task(removal(true, false, "hippo-abcd")));
  CHECK(plan.deletes("Deployment").empty());
  CHECK(plan.deletes("PersistentVolumeClaim").empty());
  CHECK(plan.deletes("Pgtask") == Names{"hippo-abcd-rmdata"});
  CHECK(plan.events() == Names{"ScaleDownClusterFailure"});
}

TEST_CASE(
    "scaledown: data of an instance that was promoted while it went stays until another leads") {
  plan::ClusterView seen = settled().task(removal(true, false, "hippo-abcd"));
  std::erase_if(seen.deployments, [](const auto& one) { return one->meta.name == "hippo-abcd"; });
  std::erase_if(seen.pods, [](const auto& one) { return one->instance; });
  seen.replicas.clear();
  plan::Cluster cluster = *seen.cluster;
  cluster.current_primary = "hippo-abcd";
  seen.cluster = std::make_shared<const plan::Cluster>(cluster);
  CHECK(look(seen).plan.deletes("PersistentVolumeClaim").empty());
}

TEST_CASE("scaledown: keep data keeps the volume") {
  plan::ClusterView seen = settled().task(removal(false, false, "hippo-abcd"));
  seen.replicas.clear();
  std::erase_if(seen.deployments, [](const auto& one) { return one->meta.name == "hippo-abcd"; });
  std::erase_if(seen.pods, [](const auto& one) { return one->deployment == "hippo-abcd"; });
  const auto [kept, plan] = look(seen);
  CHECK(plan.deletes("PersistentVolumeClaim").empty());
  CHECK(plan.deletes("Pgtask") == Names{"hippo-abcd-rmdata"});
}

TEST_CASE("removal: from its task on a cluster is being removed, with its pgcluster and without") {
  auto cluster = view("hippo").settled();
  CHECK(plan::state_in_words(cluster) == "pgcluster Initialized");
  cluster.task(removal(true, true, "hippo-abcd"));
  CHECK(plan::state_in_words(cluster) == "pgcluster Initialized");
  cluster.task(removal(true, true));
  CHECK(plan::state_in_words(cluster) == "being removed");
  CHECK(plan::state_in_words(without_records(cluster)) == "being removed");
}
