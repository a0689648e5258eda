#include "objects.h"
#include "pgo/json/codec.h"
#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgreplica.h"
#include "pgo/model/pgtask.h"

#include <doctest/doctest.h>

#include <string>

namespace pgo::contract {
namespace {

template <typename T>
void hold(const GoldenCase::Item& item) {
  const auto read = T::from(kube::Object(item.object));
  REQUIRE_MESSAGE(read.has_value(), item.kind << " " << item.name);
  std::vector<Difference> differences;
  compare(item.kind, item.name, item.object, read->object().document(), differences);
  for (const auto& difference : differences) FAIL_CHECK(difference.text());
}

}  // namespace

TEST_CASE("contract: custom resources of 4.2.0 are read and written again without loss") {
  std::size_t held = 0;
  for (const auto* name : {"create-cluster-plain", "create-cluster-replica-count-2",
                           "create-cluster-s3", "create-cluster-sync-replication", "scale-one"}) {
    for (const auto& item : load_case(name).created) {
      if (item.kind == "pgclusters") hold<model::PgCluster>(item);
      if (item.kind == "pgreplicas") hold<model::PgReplica>(item);
      if (item.kind == "pgtasks") hold<model::PgTask>(item);
      if (item.kind.starts_with("pg")) ++held;
    }
  }
  CHECK(held > 15);
}

TEST_CASE("contract: keys of a custom resource are read in any case") {
  const auto document = json::parse(
      R"({"kind":"Pgcluster","apiVersion":"crunchydata.com/v1","metadata":{"name":"hippo"},
          "spec":{"primarystorage":{"Size":"1G"},"SyncReplication":true,"ours":"kept"}})");
  REQUIRE(document.has_value());
  const auto cluster = model::PgCluster::from(kube::Object(*document));
  REQUIRE(cluster.has_value());
  CHECK(cluster->spec.primary_storage.size == "1G");
  CHECK(cluster->spec.sync_replication == true);
  CHECK(cluster->object()["spec"]["ours"].as_string() == "kept");
}

TEST_CASE("contract: the tasks we make have the keys that 4.2.0 wrote") {
  const auto recorded = load_case("create-cluster-plain");
  for (const auto* item : recorded.all("pgtasks")) {
    const auto task = model::PgTask::from(kube::Object(item->object));
    REQUIRE(task.has_value());
    model::PgTask ours;
    if (task->type() == model::TaskType::workflow) {
      ours = model::workflow_task(task->metadata.ns, task->name(), "hippo",
                                  task->parameter(model::param::kWorkflowId), "pgoadmin",
                                  task->parameter(model::step::kSubmitted));
      ours.spec.parameters.emplace(model::step::kCompleted,
                                   task->parameter(model::step::kCompleted));
    } else {
      REQUIRE(task->type() == model::TaskType::backrest);
      ours = model::backrest_task(task->metadata.ns, task->name(), model::backrest_of(*task));
    }
    CHECK(ours.spec.parameters == task->spec.parameters);
    CHECK(ours.spec.task_type == task->spec.task_type);
    CHECK(ours.metadata.labels.at("pg-cluster") == task->metadata.labels.at("pg-cluster"));
  }
}

}  // namespace pgo::contract
