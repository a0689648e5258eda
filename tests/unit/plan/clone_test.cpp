#include "pgo/model/clone.h"

#include "pgo/model/names.h"
#include "pgo/model/restore.h"
#include "pgo/model/task_outcome.h"
#include "pgo/plan/health.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
using namespace pgo::testing;
using model::TaskType;
using Names = std::vector<std::string>;

namespace {

model::CloneWork work() {
  return {.source = "hippo",
          .target = "rhino",
          .workflow_id = "11111111-aaaa-4bbb-8ccc-222222222222",
          .user = "pgoadmin",
          .timestamp = "2020-01-02T11:59:00Z"};
}

model::PgTask step_task(TaskType step, const model::CloneWork& what = work()) {
  model::PgTask task = model::clone_task("pgouser1", step, what);
  task.status.state = model::state::kTaskCreated;
  return task;
}

/// The target as it stands before anything is made, and the source beside it.
ViewBuilder target(TaskType step, const model::CloneWork& what = work()) {
  return view("rhino")
      .no_cluster()
      .task(model::workflow_task("pgouser1", model::names::clone_workflow(what), "rhino",
                                 what.workflow_id, {}, what.timestamp))
      .task(step_task(step, what));
}

plan::ClusterView with_source(plan::ClusterView seen,
                              ViewBuilder source = view("hippo").settled()) {
  seen.source = std::make_shared<const plan::ClusterView>(source.make());
  return seen;
}

template <typename T>
void add(plan::Many<T>& to, const std::string& name, bool marked = true) {
  T object;
  object.meta = {.ns = "pgouser1", .name = name, .uid = "uid-of-" + name, .cluster = "rhino"};
  if (marked) object.meta.made_for = work().workflow_id;
  to.push_back(std::make_shared<const T>(object));
}

void add_job(plan::ClusterView& seen, const std::string& name, bool succeeded, bool failed) {
  plan::Job job;
  job.meta = {.ns = "pgouser1", .name = name, .uid = "uid-of-" + name, .cluster = "rhino"};
  job.workflow = work().workflow_id;
  job.restore = true;
  job.succeeded = succeeded;
  job.failed = failed;
  job.failures = failed ? 7 : 0;
  seen.jobs.push_back(std::make_shared<const plan::Job>(job));
}

plan::ClusterView with_volumes(plan::ClusterView seen) {
  add(seen.volumes, "rhino");
  add(seen.volumes, "rhino-pgbr-repo");
  return seen;
}

plan::ClusterView with_repository(plan::ClusterView seen) {
  seen = with_volumes(std::move(seen));
  add(seen.secrets, "rhino-backrest-repo-config");
  add(seen.services, "rhino-backrest-shared-repo");
  add(seen.deployments, "rhino-backrest-shared-repo");
  plan::Pod pod;
  pod.meta = {.ns = "pgouser1", .name = "rhino-repo-pod", .uid = "u", .cluster = "rhino"};
  pod.phase = "Running";
  pod.repo = pod.ready = pod.database_ready = true;
  seen.pods.push_back(std::make_shared<const plan::Pod>(pod));
  return seen;
}

/// The last patch of a task: the first one only says that it was seen.
json::Value end_of(const plan::Plan& plan, const std::string& task) {
  json::Value end;
  for (const plan::Action& action : plan.actions()) {
    const auto* patch = std::get_if<plan::Patch>(&action.what);
    if (patch != nullptr && patch->name == task) end = patch->body;
  }
  return end;
}

std::string reason_of(const plan::Plan& plan, const std::string& task) {
  const json::Value end = end_of(plan, task);
  if (end["spec"]["status"].as_string() != "failed") return {};
  return std::string(end["status"]["message"].as_string());
}

const std::string kStep1 = model::names::clone_step(TaskType::clone_step1, work());
const std::string kStep2 = model::names::clone_step(TaskType::clone_step2, work());
const std::string kStep3 = model::names::clone_step(TaskType::clone_step3, work());
const std::string kWorkflow = model::names::clone_workflow(work());
const std::string kSync = model::names::repo_sync_job(work());
const std::string kRestore = model::names::restore_job("rhino", work().workflow_id);

}  // namespace

TEST_CASE("clone: the first step makes both volumes and the Job that copies the repository") {
  const auto [seen, plan] = look(with_source(target(TaskType::clone_step1)));
  CHECK(plan.creates("PersistentVolumeClaim") == Names{"rhino-pgbr-repo", "rhino"});
  CHECK(plan.creates("Job") == Names{kSync});
  CHECK(plan.events() == Names{"CloneCluster"});
  const kube::Object* volume = plan.created("PersistentVolumeClaim", "rhino");
  CHECK(volume->annotation(model::annotation::kMadeFor) == work().workflow_id);
  CHECK(plan.creates("Pgcluster").empty());
}

TEST_CASE("clone: no Job is made while the source's repository is not ready") {
  const auto [seen, plan] =
      look(with_source(target(TaskType::clone_step1), view("hippo").primary_ready()));
  CHECK(plan.creates("Job").empty());
  CHECK(plan.waits_for(plan::Reason::repo_ready));
}

TEST_CASE(
    "clone: a copied repository leads to the second step, its task before the first one ends") {
  auto cluster = with_volumes(with_source(target(TaskType::clone_step1)));
  add_job(cluster, kSync, true, false);
  const auto [seen, plan] = look(cluster);
  CHECK(plan.creates("Pgtask") == Names{kStep2});
  CHECK(end_of(plan, kStep1)["spec"]["status"].as_string() == "completed");
  const auto& actions = plan.actions();
  const auto made = std::ranges::find_if(actions, [](const plan::Action& action) {
    return std::holds_alternative<plan::Ensure>(action.what);
  });
  const auto completed = std::ranges::find_if(actions, [](const plan::Action& action) {
    const auto* patch = std::get_if<plan::Patch>(&action.what);
    return patch != nullptr && patch->body["spec"]["status"].as_string() == "completed";
  });
  REQUIRE(completed != actions.end());
  CHECK(made < completed);
}

TEST_CASE("clone: the second step makes a repository of the target's own with keys of its own") {
  const auto [seen, plan] = look(with_volumes(with_source(target(TaskType::clone_step2))));
  CHECK(plan.creates("Secret") == Names{"rhino-backrest-repo-config"});
  CHECK(plan.creates("Service") == Names{"rhino-backrest-shared-repo"});
  CHECK(plan.creates("Deployment") == Names{"rhino-backrest-shared-repo"});
  CHECK(plan.creates("Job").empty());
  const auto& secret = std::get<plan::EnsureSecret>(plan.actions().front().what);
  CHECK(secret.generated == plan::Generated::repo_key);
  CHECK(secret.copy_of == "hippo-backrest-repo-config");
}

TEST_CASE("clone: with its repository ready the backup is restored") {
  const auto [seen, plan] = look(with_repository(with_source(target(TaskType::clone_step2))));
  CHECK(plan.creates("Job") == Names{kRestore});
}

TEST_CASE("clone: a point in time is a time, and the database is opened when it is reached (K18)") {
  auto what = work();
  what.pitr_target = "2020-01-02 11:00:00+00";
  const auto [seen, plan] = look(with_repository(with_source(target(TaskType::clone_step2, what))));
  const kube::Object* job = plan.created("Job", kRestore);
  REQUIRE(job != nullptr);
  const auto& env = (*job)["spec"]["template"]["spec"]["containers"][0]["env"].items();
  std::map<std::string, std::string> values;
  for (const auto& one : env) {
    values[std::string(one["name"].as_string())] = one["value"].as_string();
  }
  CHECK(values["PITR_TARGET"] == what.pitr_target);
  CHECK(values["COMMAND_OPTS"] == "--delta --type=time --target-action=promote");
}

TEST_CASE("clone: the third step copies the accounts and makes the pgcluster") {
  auto what = work();
  what.replicas = "2";
  const auto [seen, plan] = look(with_repository(with_source(
      target(TaskType::clone_step3, what),
      view("hippo").settled().secret("hippo-anna-secret").secret("hippo-pgbouncer-secret"))));
  CHECK(plan.creates("Secret") == Names{"rhino-postgres-secret", "rhino-primaryuser-secret",
                                        "rhino-testuser-secret", "rhino-anna-secret"});
  REQUIRE(plan.creates("Pgcluster") == Names{"rhino"});
  const kube::Object& made = *plan.created("Pgcluster", "rhino");
  CHECK(made["spec"]["replicas"].as_string() == "2");
  CHECK(made["spec"]["status"].as_string() == "");
  CHECK(made.label("workflowid") == work().workflow_id);
  CHECK(plan.events() == Names{"CloneClusterCompleted"});
}

TEST_CASE("K19: an S3 repository is known in every step") {
  auto source = view("hippo").settled();
  source.spec().spec.user_labels["backrest-storage-type"] = "s3";
  source.spec().spec.s3_bucket = "bucket";
  source.spec().spec.s3_endpoint = "s3.example.com";
  source.spec().spec.s3_region = "here";
  const auto value = [](const kube::Object* job, std::string_view name) -> std::string {
    REQUIRE(job != nullptr);
    for (const auto& one : (*job)["spec"]["template"]["spec"]["containers"][0]["env"].items()) {
      if (one["name"].as_string() == name) return std::string(one["value"].as_string());
    }
    return "(none)";
  };
  const auto first = look(with_source(target(TaskType::clone_step1), source));
  CHECK(value(first.plan.created("Job", kSync), "BACKREST_STORAGE_SOURCE") == "s3");
  CHECK(value(first.plan.created("Job", kSync), "PGBACKREST_REPO1_S3_BUCKET") == "bucket");
  const auto second = look(with_repository(with_source(target(TaskType::clone_step2), source)));
  CHECK(value(second.plan.created("Job", kRestore), "PGBACKREST_REPO_TYPE") == "s3");
  CHECK(value(second.plan.created("Job", kRestore), "PGBACKREST_REPO1_S3_REGION") == "here");
  const auto third = look(with_repository(with_source(target(TaskType::clone_step3), source)));
  const kube::Object* made = third.plan.created("Pgcluster", "rhino");
  REQUIRE(made != nullptr);
  CHECK((*made)["spec"]["backrestS3Endpoint"].as_string() == "s3.example.com");
  CHECK((*made)["spec"]["userlabels"]["backrest-storage-type"].as_string() == "s3");
}

TEST_CASE("clone: who waits for a Job that Kubernetes tries again is told that it failed") {
  auto cluster = with_volumes(with_source(target(TaskType::clone_step1)));
  plan::Job job;
  job.meta = {.ns = "pgouser1", .name = kSync, .uid = "uid-of-sync", .cluster = "rhino"};
  job.workflow = work().workflow_id;
  job.failures = 2;
  cluster.jobs.push_back(std::make_shared<const plan::Job>(job));
  const auto [seen, plan] = look(cluster);
  REQUIRE(plan.conditions().size() == 1);
  CHECK(plan.conditions()[0].subject == "Job " + kSync);
  CHECK(plan.conditions()[0].failures == 2);
  CHECK(details(plan.conditions()[0]).find("failed so far: 2") != std::string::npos);
}

TEST_CASE("clone: while it is under way its target's state says so, and then what it really is") {
  CHECK(plan::state_in_words(with_source(target(TaskType::clone_step1))) ==
        "being cloned from hippo");
  CHECK(plan::state_in_words(target(TaskType::clone_step3)) == "being cloned from hippo");
  auto failed = step_task(TaskType::clone_step2);
  failed.spec.status = model::progress::kFailed;
  CHECK(plan::state_in_words(view("rhino").no_cluster().task(failed)).starts_with("no pgcluster"));
  CHECK(plan::state_in_words(view("rhino").settled().task(step_task(TaskType::clone_step3))) ==
        "pgcluster Initialized");
}

TEST_CASE("clone: a Job that gave up ends the clone with a reason") {
  auto cluster = with_volumes(with_source(target(TaskType::clone_step1)));
  add_job(cluster, kSync, false, true);
  const auto [seen, plan] = look(cluster);
  CHECK(reason_of(plan, kStep1).find(kSync) != std::string::npos);
  CHECK(plan.events() == Names{"CloneCluster", "CloneClusterFailure"});
  const json::Value& steps = (*plan.patch_of("Pgtask", kWorkflow))["spec"]["parameters"];
  CHECK(steps.is_object());
  CHECK(plan.deletes("Job").empty());  // not before the failure is recorded
}

TEST_CASE("clone: a source that is gone, or a cancelled clone, ends it likewise") {
  const auto gone = look(target(TaskType::clone_step2));
  CHECK(reason_of(gone.plan, kStep2).find("hippo") != std::string::npos);
  auto task = step_task(TaskType::clone_step1);
  task.spec.parameters["cancelled"] = "2020-01-02T12:00:00Z";
  const auto cancelled = look(with_source(view("rhino").no_cluster().task(task)));
  CHECK(reason_of(cancelled.plan, kStep1) == "cancelled");
}

TEST_CASE("clone: a volume of that name that it did not make is never used") {
  plan::ClusterView cluster = with_source(target(TaskType::clone_step1));
  add(cluster.volumes, "rhino", false);
  const auto [seen, plan] = look(cluster);
  CHECK(reason_of(plan, kStep1).find("rhino") != std::string::npos);
  CHECK(plan.creates("Job").empty());
}

namespace {

plan::ClusterView after_failure() {
  auto task = step_task(TaskType::clone_step2);
  task.spec.status = model::progress::kFailed;
  plan::ClusterView seen = with_repository(view("rhino").no_cluster().task(task));
  add_job(seen, kRestore, false, true);
  add(seen.volumes, "rhino-kept", false);
  add(seen.secrets, "rhino-kept-secret", false);
  return seen;
}

}  // namespace

TEST_CASE("clone: what a failed clone made goes, volumes once no pod uses them") {
  plan::ClusterView cluster = after_failure();
  const auto first = look(cluster);
  CHECK(first.plan.deletes("Job") == Names{kRestore});
  CHECK(first.plan.deletes("Deployment") == Names{"rhino-backrest-shared-repo"});
  CHECK(first.plan.deletes("Service") == Names{"rhino-backrest-shared-repo"});
  CHECK(first.plan.deletes("PersistentVolumeClaim").empty());
  cluster.jobs.clear();
  cluster.deployments.clear();
  cluster.services.clear();
  CHECK(look(cluster).plan.deletes("PersistentVolumeClaim").empty());
  cluster.pods.clear();
  const auto last = look(cluster);
  CHECK(last.plan.deletes("PersistentVolumeClaim") == Names{"rhino", "rhino-pgbr-repo"});
  CHECK(last.plan.deletes("Secret") == Names{"rhino-backrest-repo-config"});
  CHECK(last.plan.deletes("Pgtask").empty());
}

TEST_CASE(
    "clone: the steps of a failed clone go last, its record stays and finds what comes late") {
  auto done = step_task(TaskType::clone_step1);
  done.spec.status = model::progress::kCompleted;
  auto failed = step_task(TaskType::clone_step2);
  failed.spec.status = model::progress::kFailed;
  model::PgTask record = model::workflow_task("pgouser1", kWorkflow, "rhino", work().workflow_id,
                                              {}, "2020-01-02T12:00:00Z");
  record.spec.parameters["task failed"] = "2020-01-02T12:30:00Z";
  CHECK(look(view("rhino").no_cluster().task(failed).task(done).task(record))
            .plan.deletes("Pgtask") == Names{kStep1, kStep2});
  plan::ClusterView told = view("rhino").no_cluster().task(record);
  CHECK(look(told).plan.empty());
  add(told.volumes, "rhino");
  CHECK(look(told).plan.deletes("PersistentVolumeClaim") == Names{"rhino"});
}

TEST_CASE("clone: one that was cancelled while a step became the next ends all the same") {
  auto over = step_task(TaskType::clone_step1);
  over.spec.status = model::progress::kCompleted;
  over.spec.parameters["cancelled"] = "2020-01-02T12:00:00Z";
  const auto [seen, plan] = look(
      with_source(view("rhino").no_cluster().task(over).task(step_task(TaskType::clone_step2))));
  CHECK(reason_of(plan, kStep2) == "cancelled");
}

TEST_CASE("clone: a failed clone leaves a cluster that has the name by now alone") {
  plan::ClusterView cluster = after_failure();
  cluster.cluster = view("rhino").settled().make().cluster;
  const auto [seen, plan] = look(cluster);
  CHECK(plan.deletes("Job") == Names{kRestore});
  CHECK(plan.deletes("PersistentVolumeClaim").empty());
  CHECK(plan.deletes("Secret").empty());
  CHECK(plan.deletes("Deployment").empty());
}

TEST_CASE("clone: the source is only read") {
  for (const TaskType step :
       {TaskType::clone_step1, TaskType::clone_step2, TaskType::clone_step3}) {
    const auto [seen, plan] = look(with_repository(with_source(target(step))));
    for (const plan::Action& action : plan.actions()) {
      const std::string text = action.text();
      CHECK_MESSAGE(text.find("pgouser1/hippo") == std::string::npos, text);
    }
  }
}
