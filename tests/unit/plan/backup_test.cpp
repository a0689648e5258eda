#include "pgo/model/names.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
using namespace pgo::testing;
using Names = std::vector<std::string>;

namespace {

model::PgTask backrest(std::string_view name, std::string_view command,
                       std::string_view type = {}) {
  model::BackrestWork work;
  work.cluster = "hippo";
  work.command = command;
  work.backup_type = type;
  work.repo_pod = "hippo-backrest-shared-repo-86958fc4b7-ppxkq";
  model::PgTask task = model::backrest_task("pgouser1", name, work);
  task.status.state = model::state::kTaskProcessed;
  return task;
}

ViewBuilder with_stanza_task() {
  return view("hippo").primary_ready().repo_ready().task(
      backrest("hippo-stanza-create", "stanza-create"));
}

/// An initialized cluster whose second instance was promoted; the backup is owed to its pod.
ViewBuilder promoted() {
  auto cluster = view("hippo").settled().running_replica("hippo-abcd").leads("hippo-abcd");
  cluster.pod_of("hippo").service_name = cluster.deployment_of("hippo").service_name =
      "hippo-replica";
  cluster.pod_of("hippo-abcd").service_name = cluster.deployment_of("hippo-abcd").service_name =
      "hippo";
  cluster.spec().metadata.labels["current-primary"] = "hippo-abcd";
  cluster.spec().metadata.annotations["pgo-failover-backup"] = "uid-of-new-pod";
  return cluster;
}

}  // namespace

TEST_CASE("K26: the stanza waits for the repository as well as for the primary") {
  const auto [a, no_repo] = look(view("hippo").primary_ready());
  CHECK(no_repo.creates("Pgtask").empty());
  CHECK(no_repo.waits_for(plan::Reason::repo_ready));
  const auto [b, no_primary] = look(view("hippo").bootstrapped().repo_ready());
  CHECK(no_primary.creates("Pgtask").empty());
  CHECK(no_primary.waits_for(plan::Reason::primary_ready));
  const auto [c, both] = look(view("hippo").primary_ready().repo_ready());
  CHECK(both.creates("Pgtask") == Names{"hippo-stanza-create"});
}

TEST_CASE("K39: a missing autofail label means true and holds nothing up") {
  auto cluster = view("hippo").primary_ready().repo_ready();
  cluster.spec().metadata.labels.erase("autofail");
  const auto [seen, plan] = look(cluster);
  CHECK(plan.creates("Pgtask") == Names{"hippo-stanza-create"});
  CHECK(plan.patches("ConfigMap") == Names{"hippo-pgha-default-config"});
}

TEST_CASE("backup: the Job aims at the primary's address and data directory") {
  const auto [seen, plan] = look(with_stanza_task());
  const kube::Object* job = plan.created("Job", "hippo-stanza-create");
  REQUIRE(job != nullptr);
  CHECK(plan::Job::from(*job).command_opts.find("--db-host=10.0.0.10 --db-path=/pgdata/hippo") !=
        std::string::npos);
}

TEST_CASE("backup: the first full backup follows the stanza, then the cluster is initialized") {
  auto cluster = with_stanza_task();
  CHECK(look(cluster).plan.creates("Pgtask").empty());
  cluster.job("hippo-stanza-create", true);
  const auto [a, asked] = look(cluster);
  REQUIRE(asked.creates("Pgtask") == Names{"backrest-backup-hippo"});
  const auto task = plan::Task::from(*asked.created("Pgtask", "backrest-backup-hippo"));
  CHECK(task.parameter("backrest-opts") == "--type=full");
  CHECK(task.parameter("pgha-backup-type") == "bootstrap");

  cluster.task(backrest("backrest-backup-hippo", "backup", "bootstrap"));
  const auto [b, started] = look(cluster);
  CHECK(started.creates("Job") == Names{"backrest-backup-hippo"});
  CHECK(started.waits_for(plan::Reason::first_backup));

  cluster.job("backrest-backup-hippo", true);
  const auto [c, done] = look(cluster);
  CHECK(done.patches("Pgtask") == Names{"backrest-backup-hippo"});
  const auto& last = std::get<plan::Patch>(done.actions().back().what);
  CHECK(last.body["status"]["state"].as_string() == "pgcluster Initialized");
}

TEST_CASE("K20: failed attempts of a backup Job neither end nor complete it") {
  auto cluster = with_stanza_task().job("hippo-stanza-create", true);
  cluster.task(backrest("backrest-backup-hippo", "backup", "bootstrap"));
  cluster.job("backrest-backup-hippo", false);
  cluster.job_of("backrest-backup-hippo").failures = 2;
  cluster.job_of("backrest-backup-hippo").command_opts = "--db-host=10.0.0.10";
  const auto [a, retrying] = look(cluster);
  CHECK(retrying.waits_for(plan::Reason::first_backup));
  CHECK_FALSE(retrying.waits_for(plan::Reason::job_failed));
  CHECK(retrying.deletes("Job").empty());

  cluster.job_of("backrest-backup-hippo").failed = true;
  const auto [b, failed] = look(cluster);
  CHECK(failed.waits_for(plan::Reason::job_failed));
  CHECK_FALSE(failed.patch_of("Pgcluster", "hippo"));
}

TEST_CASE("backup: a Job that failed for good ends its task, once, with the reason") {
  auto cluster = view("hippo").settled();
  auto task = backrest("backrest-backup-hippo", "backup");
  task.metadata.uid = "request-2";
  plan::ClusterView seen = cluster;
  seen.tasks = {std::make_shared<const plan::Task>(plan::Task::from(task.object()))};
  auto job = *seen.job("backrest-backup-hippo");
  job.succeeded = false;
  job.failed = true;
  job.problem = "it has reached its limit";
  seen.jobs = {std::make_shared<const plan::Job>(job)};
  const auto [a, ends] = look(seen);
  const json::Value* patch = ends.patch_of("Pgtask", "backrest-backup-hippo");
  REQUIRE(patch != nullptr);
  CHECK((*patch)["spec"]["status"].as_string() == "job error");
  CHECK((*patch)["status"]["message"].as_string().find("reached its limit") != std::string::npos);
  CHECK(ends.events() == Names{"CreateBackupFailure"});

  task.spec.status = "job error";
  seen.tasks = {std::make_shared<const plan::Task>(plan::Task::from(task.object()))};
  CHECK(look(seen).plan.empty());
}

TEST_CASE("backup: a new request never takes the Job of the older one for its own") {
  auto cluster = view("hippo").settled();
  auto task = backrest("backrest-backup-hippo", "backup");
  task.metadata.uid = "request-2";
  plan::ClusterView seen = cluster;
  seen.tasks = {std::make_shared<const plan::Task>(plan::Task::from(task.object()))};
  auto job = *seen.job("backrest-backup-hippo");
  job.task_uid = "request-1";
  REQUIRE(job.succeeded);
  seen.jobs = {std::make_shared<const plan::Job>(job)};
  const auto [a, cleans] = look(seen);
  CHECK(cleans.deletes("Job") == Names{"backrest-backup-hippo"});
  CHECK(cleans.patches("Pgtask").empty());
  CHECK(cleans.waits_for(plan::Reason::jobs_gone));

  seen.jobs.clear();
  const auto [b, starts] = look(seen);
  const kube::Object* made = starts.created("Job", "backrest-backup-hippo");
  REQUIRE(made != nullptr);
  CHECK(plan::Job::from(*made).task_uid == "request-2");
}

TEST_CASE("backup: at most one backup Job runs in a repository") {
  auto cluster = view("hippo").settled();
  cluster.task(backrest("hippo-backrest-diff-backup-schedule", "backup"));
  cluster.task(backrest("hippo-backrest-full-backup-schedule", "backup"));
  const auto [a, first] = look(cluster);
  CHECK(first.creates("Job") == Names{"hippo-backrest-diff-backup-schedule"});
  CHECK(first.waits_for(plan::Reason::backup));

  cluster.job("hippo-backrest-diff-backup-schedule", false);
  CHECK(look(cluster).plan.creates("Job").empty());
  cluster.job_of("hippo-backrest-diff-backup-schedule").succeeded = true;
  CHECK(look(cluster).plan.creates("Job") == Names{"hippo-backrest-full-backup-schedule"});
}

TEST_CASE("backup: a failing Job that aims at a pod of the past is made anew") {
  auto cluster = with_stanza_task();
  cluster.job("hippo-stanza-create", false);
  cluster.job_of("hippo-stanza-create").failures = 1;
  cluster.job_of("hippo-stanza-create").command_opts = " --db-host=10.9.9.9 --db-path=/pgdata/x";
  CHECK(look(cluster).plan.deletes("Job") == Names{"hippo-stanza-create"});
}

TEST_CASE("backup: a promotion's backup replaces the old task and Job first") {
  const auto [seen, plan] = look(promoted());
  CHECK(plan.deletes("Pgtask") == Names{"backrest-backup-hippo"});
  CHECK(plan.deletes("Job") == Names{"backrest-backup-hippo"});
  CHECK(plan.creates("Pgtask").empty());
}

TEST_CASE("K6, O6: a promotion's backup needs no old task to clean up") {
  plan::ClusterView seen = promoted();
  seen.tasks.clear();
  seen.jobs.clear();
  const auto [kept, plan] = look(seen);
  REQUIRE(plan.creates("Pgtask") == Names{"backrest-backup-hippo"});
  const auto task = plan::Task::from(*plan.created("Pgtask", "backrest-backup-hippo"));
  CHECK(task.parameter("pgha-backup-type") == "failover");
  CHECK(task.parameter("backrest-opts").empty());
  CHECK(task.token == "uid-of-new-pod");
  // Only once the task is seen is the debt forgotten: another may have taken the name.
  CHECK(plan.patch_of("Pgcluster", "hippo") == nullptr);
  seen.tasks = {std::make_shared<const plan::Task>(task)};
  const auto [asked, next] = look(seen);
  const json::Value* patch = next.patch_of("Pgcluster", "hippo");
  REQUIRE(patch != nullptr);
  CHECK((*patch)["metadata"]["annotations"]["pgo-failover-backup"].is_null());
}

TEST_CASE("backup: one that people asked for and that has not begun serves the promotion too") {
  plan::ClusterView seen = promoted();
  auto request = backrest("backrest-backup-hippo", "backup");
  request.spec.parameters["backrest-opts"] = "--type=full --repo1-retention-full=3";
  request.metadata.uid = "uid-of-request";
  seen.tasks = {std::make_shared<const plan::Task>(plan::Task::from(request.object()))};
  seen.jobs.clear();
  const auto [kept, plan] = look(seen);
  CHECK(plan.deletes("Pgtask").empty());
  const json::Value* patch = plan.patch_of("Pgtask", "backrest-backup-hippo");
  REQUIRE(patch != nullptr);
  CHECK((*patch)["metadata"]["uid"].as_string() == "uid-of-request");
  CHECK((*patch)["metadata"]["annotations"]["pgo-failover-backup"].as_string() == "uid-of-new-pod");
  CHECK((*patch)["spec"]["parameters"]["pgha-backup-type"].as_string() == "failover");
}

TEST_CASE("backup: one asked for before the repository was prepared does not stand for that") {
  auto cluster = view("hippo").primary_ready().repo_ready();
  cluster.task(backrest("backrest-backup-hippo", "backup"));
  const auto [seen, plan] = look(cluster);
  CHECK(plan.creates("Pgtask") == Names{"hippo-stanza-create"});
  CHECK(plan.creates("Job").empty());
  cluster.task(backrest("hippo-stanza-create", "stanza-create")).job("hippo-stanza-create", true);
  CHECK(look(cluster).plan.creates("Job") == Names{"backrest-backup-hippo"});
}

TEST_CASE("backup: a promotion's backup waits until PostgreSQL itself is a primary") {
  auto cluster = promoted();
  cluster.pod_of("hippo-abcd").promoting = true;
  plan::ClusterView seen = cluster;
  seen.tasks.clear();
  seen.jobs.clear();
  const auto [kept, plan] = look(seen);
  CHECK(plan.creates("Pgtask").empty());
  CHECK(plan.waits_for(plan::Reason::primary_ready));
}

TEST_CASE("backup: when a promotion's backup has succeeded Patroni's tag is taken off") {
  auto cluster = promoted();
  cluster.spec().metadata.annotations.clear();
  cluster.patroni(R"({"ttl":30,"tags":{"primary_on_role_change":"true"}})");
  plan::ClusterView seen = cluster;
  auto task = backrest("backrest-backup-hippo", "backup", "failover");
  task.metadata.uid = "uid";
  seen.tasks = {std::make_shared<const plan::Task>(plan::Task::from(task.object()))};
  const auto [kept, plan] = look(seen);
  const json::Value* patch = plan.patch_of("ConfigMap", "hippo-config");
  REQUIRE(patch != nullptr);
  CHECK((*patch)["metadata"]["annotations"]["config"].as_string() == R"({"ttl":30})");
  const auto& edit = std::get<plan::Patch>(plan.actions().front().what);
  CHECK(edit.version == "77");
  CHECK(plan.patches("Pgtask") == Names{"backrest-backup-hippo"});
}

TEST_CASE("backup: a task that a person made gets its Job and is completed when that succeeds") {
  auto cluster = view("hippo").settled();
  cluster.task(backrest("hippo-backrest-full-backup-schedule", "backup"));
  CHECK(look(cluster).plan.creates("Job") == Names{"hippo-backrest-full-backup-schedule"});
  cluster.job("hippo-backrest-full-backup-schedule", true);
  const auto [seen, plan] = look(cluster);
  CHECK(plan.patches("Pgtask") == Names{"hippo-backrest-full-backup-schedule"});
  CHECK(plan.events() == Names{"CreateBackupCompleted"});
}

TEST_CASE(
    "backups: who waits for a Job is told how often it has failed, and that it is tried again") {
  const auto told = [](ViewBuilder cluster, std::string_view name, plan::Reason reason) {
    cluster.job(name, false);
    cluster.job_of(name).failures = 3;
    const auto [seen, plan] = look(cluster);
    for (const plan::Condition& condition : plan.conditions()) {
      if (condition.reason != reason) continue;
      CHECK(condition.subject == "Job " + std::string(name));
      CHECK(condition.failures == 3);
      CHECK(details(condition) ==
            "its pods failed so far: 3; Kubernetes tries again a few times, ever more rarely");
      return true;
    }
    return false;
  };
  CHECK(told(with_stanza_task(), "hippo-stanza-create", plan::Reason::stanza));
  const std::string backup = model::names::backup("hippo");
  CHECK(
      told(view("hippo").primary_ready().repo_ready().task(backrest(backup, "backup", "bootstrap")),
           backup, plan::Reason::first_backup));
  CHECK(told(view("hippo").settled().task(backrest("mine", "backup", "full")), "mine",
             plan::Reason::backup));
}

TEST_CASE("backups: a Job that gave up is not said to be tried again") {
  auto cluster = with_stanza_task().job("hippo-stanza-create", false, /*failed=*/true);
  cluster.job_of("hippo-stanza-create").failures = 7;
  const auto [seen, plan] = look(cluster);
  REQUIRE(plan.waits_for(plan::Reason::job_failed));
  for (const plan::Condition& condition : plan.conditions()) {
    CHECK(details(condition).find("tries again") == std::string::npos);
    if (condition.reason == plan::Reason::job_failed) {
      CHECK(details(condition) == "its pods failed so far: 7");
    }
  }
}

TEST_CASE("backups: a further failure of a Job writes nothing") {
  auto cluster = view("hippo").settled().task(backrest("mine", "backup", "full"));
  cluster.job("mine", false);
  const auto first = look(cluster);
  const json::Value* written = first.plan.patch_of("Pgcluster", "hippo");
  REQUIRE(written != nullptr);
  CHECK((*written)["status"]["conditions"][0]["message"].as_string() ==
        explain(plan::Reason::backup));
  plan::ClusterView seen = cluster;
  auto recorded = std::make_shared<plan::Cluster>(*seen.cluster);
  for (const json::Value& one : (*written)["status"]["conditions"].items()) {
    recorded->conditions.push_back({std::string(one["reason"].as_string()),
                                    std::string(one["subject"].as_string()),
                                    std::string(one["lastTransitionTime"].as_string())});
  }
  seen.cluster = std::move(recorded);
  auto job = std::make_shared<plan::Job>(*seen.jobs.back());
  job->failures = 1;
  seen.jobs.back() = std::move(job);
  const auto later = look(seen);
  CHECK(later.plan.conditions()[0].failures == 1);
  CHECK(later.plan.patches("Pgcluster").empty());
}
