#include "pgo/model/names.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
using namespace pgo::testing;
using Names = std::vector<std::string>;

namespace {

constexpr const char* kUid = "11111111-0000-4000-8000-000000000000";

model::PgTask task_of(model::TaskType type, std::string_view name,
                      std::map<std::string, std::string> parameters) {
  model::PgTask task = model::new_task("pgouser1", name, type, "hippo");
  task.metadata.uid = kUid;
  task.spec.parameters = std::move(parameters);
  task.spec.storage = requested_cluster("pgouser1", "hippo").spec.primary_storage;
  return task;
}

model::PgTask dump() {
  return task_of(model::TaskType::pgdump, "backup-hippo-pgdump",
                 {{"pg-cluster", "hippo"},
                  {"pgdump-host", "hippo"},
                  {"pgdump-db", "postgres"},
                  {"pgdump-all", "false"},
                  {"pvc-name", "backup-hippo-pgdump-pvc"}});
}

model::PgTask load() {
  return task_of(model::TaskType::pgrestore, "restore-hippo-pgdump",
                 {{"pgrestore-from-cluster", "hippo"},
                  {"pgrestore-from-pvc", "backup-hippo-pgdump-pvc"},
                  {"NodeLabelKey", "region"},
                  {"NodeLabelValue", "east"}});
}

plan::ClusterView with(plan::ClusterView seen, const model::PgTask& task) {
  seen.tasks.push_back(std::make_shared<const plan::Task>(plan::Task::from(task.object())));
  return seen;
}

plan::ClusterView with_job(plan::ClusterView seen, std::string name, bool succeeded, bool failed) {
  plan::Job job;
  job.meta = {.ns = "pgouser1", .name = std::move(name), .uid = "job", .cluster = "hippo"};
  job.task = "backup-hippo-pgdump";
  job.pgdump = true;
  job.succeeded = succeeded;
  job.failed = failed;
  job.problem = failed ? "it has reached its limit" : "";
  seen.jobs.push_back(std::make_shared<const plan::Job>(job));
  return seen;
}

std::string status_in(const plan::Plan& plan, std::string_view task) {
  const json::Value* patch = plan.patch_of("Pgtask", task);
  return patch == nullptr ? "" : std::string((*patch)["spec"]["status"].as_string());
}

const std::string kJob = model::names::pgdump_job("hippo", kUid);

}  // namespace

TEST_CASE("pgdump: a task gets a volume and a Job, both of the same names at each attempt") {
  const auto [seen, plan] = look(with(view("hippo").settled(), dump()));
  CHECK(plan.creates("PersistentVolumeClaim") == Names{"backup-hippo-pgdump-pvc"});
  CHECK(plan.creates("Job") == Names{kJob});
  CHECK(status_in(plan, "backup-hippo-pgdump") == "job submitted [" + kJob + "]");
  const auto volume =
      plan::Volume::from(*plan.created("PersistentVolumeClaim", "backup-hippo-pgdump-pvc"));
  CHECK(volume.pgdump);
  CHECK(plan::Job::from(*plan.created("Job", kJob)).task == "backup-hippo-pgdump");
}

TEST_CASE("pgdump: nothing starts without a ready primary") {
  const auto [seen, plan] = look(with(view("hippo").settled().without_pod("hippo"), dump()));
  CHECK(plan.creates("Job").empty());
  CHECK(plan.waits_for(plan::Reason::primary_ready));
}

TEST_CASE("pgdump: the task tells how its Job ended, and then rests") {
  const auto base = with(view("hippo").settled(), dump());
  const auto [a, done] = look(with_job(base, kJob, true, false));
  CHECK(status_in(done, "backup-hippo-pgdump") == "job completed [" + kJob + "]");
  const auto [b, failed] = look(with_job(base, kJob, false, true));
  CHECK(status_in(failed, "backup-hippo-pgdump") == "job error [" + kJob + "]");
  const json::Value* patch = failed.patch_of("Pgtask", "backup-hippo-pgdump");
  CHECK((*patch)["status"]["message"].as_string().find("its limit") != std::string::npos);
  CHECK(failed.events() == Names{"CreateBackupFailure"});

  auto over = dump();
  over.spec.status = "job error [" + kJob + "]";
  CHECK(look(with_job(with(view("hippo").settled(), over), kJob, false, true)).plan.empty());
}

TEST_CASE("pgdump: the Job of an older request of the same name goes first") {
  const auto [seen, plan] = look(
      with_job(with(view("hippo").settled(), dump()), "backup-hippo-pgdump-aaaa", false, false));
  CHECK(plan.deletes("Job") == Names{"backup-hippo-pgdump-aaaa"});
  CHECK(plan.creates("Job").empty());
}

TEST_CASE("K3: the Job that loads a dump carries a valid node affinity") {
  const auto [seen, plan] = look(with(view("hippo").settled(), load()));
  const std::string name = model::names::pgrestore_job("hippo", "backup-hippo-pgdump-pvc", kUid);
  REQUIRE(plan.creates("Job") == Names{name});
  const auto& spec = (*plan.created("Job", name))["spec"]["template"]["spec"];
  CHECK(spec["affinity"]["nodeAffinity"].is_object());
  CHECK((*plan.created("Job", name))["spec"]["backoffLimit"].as_int(-1) == 0);
}

TEST_CASE("pgdump: Job names fit into the label that Kubernetes puts on their pods") {
  const std::string cluster(42, 'c');
  const auto name = model::names::pgrestore_job(cluster, "backup-" + cluster + "-pgdump-pvc", kUid);
  CHECK(name.size() <= 57);
  CHECK(name != model::names::pgrestore_job(cluster, "backup-" + cluster + "-pgdump-pvc", "other"));
}

TEST_CASE("O8: deleting dumps removes Jobs, then the volume, then the request, nothing else") {
  auto removal = model::removal_task("pgouser1", "hippo-rmdata-backup",
                                     {.cluster = "hippo", .is_backup = true});
  removal.metadata.uid = "removal";
  auto base = view("hippo").settled().volume("backup-hippo-pgdump-pvc");
  const auto asked = with(with(base, dump()), removal);
  const auto [a, first] = look(with_job(asked, kJob, true, false));
  CHECK(first.deletes("Job") == Names{kJob});
  CHECK(first.deletes("Pgtask") == Names{"backup-hippo-pgdump"});
  CHECK(first.deletes("PersistentVolumeClaim").empty());
  CHECK(first.creates("Job").empty());

  const auto [b, second] = look(with(base, removal));
  CHECK(second.deletes("PersistentVolumeClaim") == Names{"backup-hippo-pgdump-pvc"});
  CHECK(second.deletes("Pgtask").empty());

  const auto [c, last] = look(with(view("hippo").settled(), removal));
  CHECK(last.deletes("Pgtask") == Names{"hippo-rmdata-backup"});
  CHECK(last.deletes("PersistentVolumeClaim").empty());
  CHECK(last.events().empty());  // K41
}

TEST_CASE("O8: dumps of a cluster that is gone can be deleted") {
  auto removal = model::removal_task("pgouser1", "hippo-rmdata-backup",
                                     {.cluster = "hippo", .is_backup = true});
  removal.metadata.uid = "removal";
  const auto [seen, plan] =
      look(with(view("hippo").no_cluster().volume("backup-hippo-pgdump-pvc"), removal));
  CHECK(plan.deletes("PersistentVolumeClaim") == Names{"backup-hippo-pgdump-pvc"});
}

TEST_CASE("pgdump: dumps in a volume of any name count as backups when the cluster is deleted") {
  auto removal = model::removal_task(
      "pgouser1", "hippo-rmdata",
      {.cluster = "hippo", .scope = "hippo", .delete_data = true, .delete_backups = false});
  removal.metadata.uid = "removal";
  removal.spec.parameters["delete-data-started"] = "2026-01-01T00:00:00Z";
  plan::ClusterView seen = view("hippo").no_cluster().volume("hippo");
  plan::Volume dumps;
  dumps.meta = {.ns = "pgouser1", .name = "archive", .uid = "v", .cluster = "hippo"};
  dumps.pgdump = true;
  seen.volumes.push_back(std::make_shared<const plan::Volume>(dumps));
  CHECK(look(with(seen, removal)).plan.deletes("PersistentVolumeClaim") == Names{"hippo"});
}

TEST_CASE("dump: who waits for its Job is told how often that has failed") {
  plan::ClusterView seen = with_job(with(view("hippo").settled(), dump()),
                                    model::names::pgdump_job("hippo", kUid), false, false);
  auto job = std::make_shared<plan::Job>(*seen.jobs.back());
  job->failures = 2;
  seen.jobs.back() = std::move(job);
  const auto [kept, plan] = look(seen);
  REQUIRE(plan.waits_for(plan::Reason::dump));
  CHECK(plan.conditions()[0].failures == 2);
}
