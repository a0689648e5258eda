#include "pgo/model/schedule.h"

#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

using namespace pgo;
using namespace pgo::testing;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

using Names = std::vector<std::string>;

constexpr const char* kTask = "hippo-backrest-diff-backup-schedule";
constexpr const char* kMap = "hippo-pgbackrest-diff";

model::Schedule nightly(std::string_view cron = "0 1 * * *") {
  model::Schedule schedule;
  schedule.name = kMap;
  schedule.cluster = "hippo";
  schedule.ns = "pgouser1";
  schedule.schedule = cron;
  schedule.type = model::schedule_type::kBackrest;
  schedule.backrest.type = "diff";
  schedule.backrest.options = "--repo1-retention-diff=2";
  return schedule;
}

/// The task of a firing, as far as it has come.
model::PgTask fired(std::string_view firing, std::string_view status) {
  model::BackrestWork work;
  work.cluster = "hippo";
  work.command = model::backrest_command::kBackup;
  work.repo_pod = "hippo-backrest-shared-repo-86958fc4b7-ppxkq";
  model::PgTask task = model::backrest_task("pgouser1", kTask, work);
  task.metadata.annotations["pgo-schedule-firing"] = firing;
  task.status.state = model::state::kTaskProcessed;
  task.spec.status = status;
  return task;
}

constexpr const char* kPolicyMap = "hippo-policy-audit";

model::Schedule audit() {
  model::Schedule schedule;
  schedule.name = kPolicyMap;
  schedule.cluster = "hippo";
  schedule.ns = "pgouser1";
  schedule.schedule = "0 1 * * *";
  schedule.type = model::schedule_type::kPolicy;
  schedule.policy.name = "audit";
  schedule.policy.database = "userdb";
  return schedule;
}

/// The cluster with the policies that its view ought to hold.
plan::ClusterView with_policy(const plan::ClusterView& cluster, const char* url = "") {
  plan::ClusterView seen = cluster;
  for (const std::string& name : plan::policies_asked_for(seen)) {
    plan::Policy policy;
    policy.meta.name = name;
    policy.url = url;
    policy.sql = "insert into audit values (1)";
    seen.policies.push_back(std::make_shared<const plan::Policy>(policy));
  }
  return seen;
}

const plan::Exec* exec_of(const plan::Plan& plan) {
  for (const plan::Action& action : plan.actions()) {
    if (const auto* exec = std::get_if<plan::Exec>(&action.what)) return exec;
  }
  return nullptr;
}

const plan::Patch* patch_of_map(const plan::Plan& plan, std::size_t which,
                                const char* name = kMap) {
  for (const plan::Action& action : plan.actions()) {
    const auto* patch = std::get_if<plan::Patch>(&action.what);
    if (patch == nullptr || patch->name != name) continue;
    if (which-- == 0) return patch;
  }
  return nullptr;
}

TimePoint at(std::string_view text) { return parse_rfc3339(text).value(); }

}  // namespace

TEST_CASE("schedule: what is due claims the firing, asks for the backup, and notes that it did") {
  const auto [seen, plan] = look(view("hippo").settled().schedule(nightly()));
  REQUIRE(plan.creates("Pgtask") == Names{kTask});
  const auto task = plan::Task::from(*plan.created("Pgtask", kTask));
  CHECK(task.parameter("backrest-opts") == "--stanza=db --type=diff --repo1-retention-diff=2");
  CHECK(task.parameter("backrest-command") == "backup");
  CHECK(task.parameter("job-name") == kTask);
  const plan::Patch* claim = patch_of_map(plan, 0);
  const plan::Patch* done = patch_of_map(plan, 1);
  REQUIRE(claim != nullptr);
  REQUIRE(done != nullptr);
  CHECK(claim->version == "88");
  CHECK(claim->body["metadata"]["annotations"]["pgo-schedule-due"] == "2020-01-02T01:00:00Z");
  CHECK(done->body["metadata"]["annotations"]["pgo-schedule-last"] == "2020-01-02T01:00:00Z");
  CHECK(done->body["metadata"]["annotations"]["pgo-schedule-due"].is_null());
}

TEST_CASE("schedule: nothing is done before the time, and the plan is looked at again then") {
  const auto [seen, plan] =
      look(view("hippo").settled().schedule(nightly(), "2020-01-02T01:00:00Z"));
  CHECK(plan.empty());
  CHECK(plan.look_again() == hours(13));
}

TEST_CASE("schedule: an interval counts from the last firing, not from the last look") {
  const auto [seen, plan] =
      look(view("hippo").settled().schedule(nightly("@every 6h"), "2020-01-02T09:00:00Z"));
  CHECK(plan.empty());
  CHECK(plan.look_again() == hours(3));
}

TEST_CASE("schedule: however many firings were missed, one is made, for the latest") {
  const auto [seen, plan] =
      look(view("hippo").settled().schedule(nightly("*/5 * * * *"), "2020-01-01T01:00:00Z"));
  CHECK(plan.creates("Pgtask") == Names{kTask});
  const plan::Patch* done = patch_of_map(plan, 1);
  REQUIRE(done != nullptr);
  CHECK(done->body["metadata"]["annotations"]["pgo-schedule-last"] == "2020-01-02T12:00:00Z");
}

TEST_CASE("schedule: a firing that was cut off after its task was made is not made again") {
  auto cluster = view("hippo").settled().schedule(nightly());
  cluster.config_map_of(kMap).due_firing = "2020-01-02T01:00:00Z";
  cluster.task(fired("2020-01-02T01:00:00Z", "job completed"));
  const auto [seen, plan] = look(cluster);
  CHECK(plan.creates("Pgtask").empty());
  CHECK(plan.deletes("Pgtask").empty());
  REQUIRE(patch_of_map(plan, 0) != nullptr);
  CHECK(patch_of_map(plan, 0)->body["metadata"]["annotations"]["pgo-schedule-last"] ==
        "2020-01-02T01:00:00Z");
}

TEST_CASE("schedule: a firing that was cut off before its task was made is the same one later") {
  auto cluster = view("hippo").settled().schedule(nightly());
  cluster.config_map_of(kMap).due_firing = "2020-01-01T01:00:00Z";
  const auto [seen, plan] = look(cluster);
  REQUIRE(patch_of_map(plan, 0) != nullptr);
  CHECK(patch_of_map(plan, 0)->version == "88");
  CHECK(patch_of_map(plan, 0)->body["metadata"]["annotations"]["pgo-schedule-due"] ==
        "2020-01-01T01:00:00Z");
}

TEST_CASE("schedule: the last backup makes room when it is over, and is never cut off") {
  auto cluster = view("hippo").settled().schedule(nightly());
  SUBCASE("it runs") {
    cluster.task(fired("2020-01-01T01:00:00Z", "")).job(kTask, false);
    const auto [seen, plan] = look(cluster);
    CHECK(plan.deletes("Pgtask").empty());
    CHECK(plan.deletes("Job").empty());
    CHECK(plan.waits_for(plan::Reason::backup));
    CHECK(patch_of_map(plan, 0) == nullptr);
  }
  SUBCASE("it succeeded") {
    cluster.task(fired("2020-01-01T01:00:00Z", "job completed")).job(kTask, true);
    const auto [seen, plan] = look(cluster);
    CHECK(plan.deletes("Pgtask") == Names{kTask});
    CHECK(plan.deletes("Job") == Names{kTask});
    CHECK(plan.creates("Pgtask").empty());
  }
  SUBCASE("it succeeded, and its task does not say so yet") {
    cluster.task(fired("2020-01-01T01:00:00Z", "")).job(kTask, true);
    const auto [seen, plan] = look(cluster);
    CHECK(plan.deletes("Pgtask").empty());
    CHECK(plan.patches("Pgtask") == Names{kTask});
  }
  SUBCASE("it failed for good") {
    cluster.task(fired("2020-01-01T01:00:00Z", "job error")).job(kTask, false, true);
    const auto [seen, plan] = look(cluster);
    CHECK(plan.deletes("Pgtask") == Names{kTask});
  }
}

TEST_CASE("schedule: a due backup waits for the primary and the repository") {
  const auto [a, no_primary] =
      look(view("hippo").settled().schedule(nightly()).without_pod("hippo"));
  CHECK(no_primary.creates("Pgtask").empty());
  CHECK(patch_of_map(no_primary, 0) == nullptr);
  plan::ClusterView without_repo = view("hippo").settled().schedule(nightly());
  std::erase_if(without_repo.pods, [](const auto& pod) { return pod->repo; });
  const auto [b, no_repo] = look(without_repo);
  CHECK(no_repo.creates("Pgtask").empty());
  CHECK(patch_of_map(no_repo, 0) == nullptr);
}

TEST_CASE("K2: a deleted schedule never fires again, one that is being deleted neither") {
  auto cluster = view("hippo").settled().schedule(nightly());
  cluster.config_map_of(kMap).meta.deleting = true;
  CHECK(look(cluster).plan.creates("Pgtask").empty());
  CHECK(look(view("hippo").settled()).plan.creates("Pgtask").empty());
}

TEST_CASE("schedule: nothing fires without its cluster, or before that has its first backup") {
  CHECK(look(view("hippo").schedule(nightly()).no_cluster()).plan.empty());
  const auto [seen, plan] = look(view("hippo").primary_ready().repo_ready().schedule(nightly()));
  CHECK(patch_of_map(plan, 0) == nullptr);
}

TEST_CASE("schedule: one that cannot be understood says so and holds nothing else up") {
  for (const char* cron : {"61 * * * *", "", "TZ=Nowhere 0 1 * * *"}) {
    CAPTURE(cron);
    auto other = nightly();
    other.name = "hippo-pgbackrest-full";
    other.backrest.type = "full";
    const auto [seen, plan] = look(view("hippo").settled().schedule(nightly(cron)).schedule(other));
    CHECK(plan.waits_for(plan::Reason::invalid_object));
    CHECK(plan.creates("Pgtask") == Names{"hippo-backrest-full-backup-schedule"});
  }
  auto odd = view("hippo").settled().schedule(nightly());
  odd.config_map_of(kMap).schedule_text = "{";
  CHECK(look(odd).plan.waits_for(plan::Reason::invalid_object));
  auto type = nightly();
  type.backrest.type = "total";
  CHECK(look(view("hippo").settled().schedule(type)).plan.waits_for(plan::Reason::invalid_object));
}

TEST_CASE("schedule: local time counts, and the gap in spring loses no backup") {
  auto schedule = nightly("TZ=Europe/Berlin 30 2 * * *");
  const auto cluster = view("hippo").settled().schedule(schedule, "2020-03-28T01:30:00Z");
  CHECK(look(cluster, at("2020-03-29T00:59:59Z")).plan.creates("Pgtask").empty());
  CHECK(look(cluster, at("2020-03-29T01:00:00Z")).plan.creates("Pgtask") == Names{kTask});
}

TEST_CASE("schedule: the text in the ConfigMap is read as 4.2.0 wrote it, and written alike") {
  const std::string text =
      R"({"version":"v1","name":"a","cluster":"c","created":"2026-11-22T14:35:03Z",)"
      R"("schedule":"0 1 * * *","namespace":"n","type":"pgbackrest","pgbackrest":)"
      R"({"label":"pg-cluster=c","container":"database","type":"full","options":"--x"},)"
      R"("pgbasebackup":{"securityContext":{}},"policy":{}})";
  const auto schedule = model::Schedule::parse(text);
  REQUIRE(schedule.has_value());
  CHECK(schedule->object()["data"]["a"] == text);
}

TEST_CASE("schedule: a Job whose task is gone makes room before the next task is made") {
  auto cluster = view("hippo").settled().schedule(nightly());
  cluster.job(kTask, true);
  const auto [seen, plan] = look(cluster);
  CHECK(plan.deletes("Job") == Names{kTask});
  CHECK(plan.creates("Pgtask").empty());
}

TEST_CASE("schedule: the task has the parameters that 4.2.0's scheduler gave it") {
  auto schedule = nightly();
  schedule.backrest.options.clear();
  const auto [seen, plan] = look(view("hippo").settled().schedule(schedule));
  const kube::Object* task = plan.created("Pgtask", kTask);
  REQUIRE(task != nullptr);
  std::string repo;
  for (const auto& pod : seen.pods) {
    if (pod->repo) repo = pod->meta.name;
  }
  const auto recorded = json::Value::object({{"backrest-command", "backup"},
                                             {"backrest-opts", "--stanza=db --type=diff "},
                                             {"backrest-storage-type", ""},
                                             {"containername", "database"},
                                             {"job-name", kTask},
                                             {"pg-cluster", "hippo"},
                                             {"podname", repo}});
  CHECK((*task)["spec"]["parameters"] == recorded);
  CHECK((*task)["spec"]["tasktype"] == "backrest");
}

TEST_CASE("schedule: a policy that is due is claimed, then run in its database") {
  const auto [seen, plan] = look(with_policy(view("hippo").settled().schedule(audit())));
  const plan::Exec* exec = exec_of(plan);
  REQUIRE(exec != nullptr);
  CHECK(exec->pod == seen.primary()->meta.name);
  CHECK(exec->container == "database");
  CHECK(std::ranges::count(exec->command, "dbname='userdb'") == 1);
  CHECK(std::ranges::count(exec->command, "ON_ERROR_STOP=1") == 1);
  CHECK(exec->input == "insert into audit values (1)");
  const plan::Patch* claim = patch_of_map(plan, 0, kPolicyMap);
  REQUIRE(claim != nullptr);
  CHECK(patch_of_map(plan, 1, kPolicyMap) == nullptr);
  CHECK(claim->version == "88");
  CHECK(claim->body["metadata"]["annotations"]["pgo-schedule-due"] == "2020-01-02T01:00:00Z");
  CHECK(std::get_if<plan::Patch>(&plan.actions().front().what) == claim);
  CHECK(plan.creates("Pgtask").empty());
  CHECK(plan.creates("Job").empty());
}

TEST_CASE("schedule: the SQL of an address is fetched when it is due") {
  const auto [seen, plan] =
      look(with_policy(view("hippo").settled().schedule(audit()), "http://sql.example/audit"));
  REQUIRE(exec_of(plan) != nullptr);
  CHECK(exec_of(plan)->input_url == "http://sql.example/audit");
  CHECK(exec_of(plan)->input.empty());
}

TEST_CASE("schedule: a policy that is due waits for the policy and for the primary") {
  const auto [a, no_policy] = look(view("hippo").settled().schedule(audit()));
  CHECK(no_policy.waits_for(plan::Reason::policy));
  CHECK(no_policy.look_again());
  CHECK(exec_of(no_policy) == nullptr);
  CHECK(patch_of_map(no_policy, 0, kPolicyMap) == nullptr);
  const auto [b, no_primary] =
      look(with_policy(view("hippo").settled().schedule(audit()).without_pod("hippo")));
  CHECK(exec_of(no_primary) == nullptr);
  CHECK(patch_of_map(no_primary, 0, kPolicyMap) == nullptr);
}

namespace {

using Outcome = plan::ExecState::Outcome;

constexpr const char* kFiring = "2020-01-02T01:00:00Z";

/// A cluster whose scheduled SQL was begun.
ViewBuilder begun(Outcome outcome, std::string_view why = {}) {
  auto cluster = view("hippo").settled().schedule(audit());
  const auto [seen, plan] = look(with_policy(cluster));
  REQUIRE(exec_of(plan) != nullptr);
  cluster.exec(*exec_of(plan), outcome, why);
  cluster.config_map_of(kPolicyMap).due_firing = kFiring;
  return cluster;
}

/// Why the firing is noted as failed, "" when it succeeded, "open" when it has not ended.
std::string noted(const plan::Plan& plan) {
  const plan::Patch* done = patch_of_map(plan, 0, kPolicyMap);
  if (done == nullptr) return "open";
  // Whoever else ended it first, it stays at that.
  CHECK(done->version == "88");
  const json::Value& annotations = done->body["metadata"]["annotations"];
  CHECK(annotations["pgo-schedule-last"] == kFiring);
  CHECK(annotations.members().contains("pgo-schedule-due"));
  CHECK(annotations["pgo-schedule-due"].is_null());
  return std::string(annotations["pgo-command-failed"].as_string());
}

}  // namespace

TEST_CASE("schedule: SQL that runs is neither run again nor waited for by the rest of the plan") {
  const auto [seen, plan] = look(with_policy(begun(Outcome::running).replica("hippo-abcd")));
  CHECK(exec_of(plan) == nullptr);
  CHECK(noted(plan) == "open");
  CHECK(plan.execs() == Names{seen.execs[0].id});
  CHECK(plan.creates("Deployment") == Names{"hippo-abcd"});
  // Short SQL is nothing to tell of.
  CHECK_FALSE(plan.waits_for(plan::Reason::sql));
  CHECK(plan.look_again());
  const auto later = look(with_policy(begun(Outcome::running)), noon() + minutes(1));
  CHECK(later.plan.waits_for(plan::Reason::sql));
}

TEST_CASE("schedule: SQL that succeeded is noted, and remembered until that is written") {
  const auto [seen, plan] = look(with_policy(begun(Outcome::succeeded)));
  CHECK(noted(plan).empty());
  CHECK(plan.events().empty());
  CHECK(plan.execs() == Names{seen.execs[0].id});
  CHECK(exec_of(plan) == nullptr);
}

TEST_CASE("K13: scheduled SQL that failed is told by an event and noted, and is not run again") {
  const auto [seen, plan] = look(with_policy(begun(Outcome::failed, "ERROR: division by zero")));
  CHECK(exec_of(plan) == nullptr);
  CHECK(noted(plan) == "ERROR: division by zero");
  CHECK(plan.events() == Names{"ApplyPolicyFailure"});
}

TEST_CASE("schedule: SQL whose end nobody knows is told so, and is not run again") {
  const auto [seen, plan] = look(with_policy(begun(Outcome::unknown, "the connection broke")));
  CHECK(exec_of(plan) == nullptr);
  CHECK(noted(plan) == "whether it took effect is not known: the connection broke");
  CHECK(plan.events() == Names{"ApplyPolicyFailure"});
}

TEST_CASE("schedule: SQL that another operator began and did not end is not run again") {
  auto cluster = view("hippo").settled().schedule(audit());
  cluster.config_map_of(kPolicyMap).due_firing = kFiring;
  const auto [seen, plan] = look(with_policy(cluster));
  CHECK(exec_of(plan) == nullptr);
  CHECK(noted(plan) == "whether it took effect is not known: the operator ended while it ran");
  CHECK(plan.events() == Names{"ApplyPolicyFailure"});
}

TEST_CASE("schedule: who only looks on takes SQL that was begun for running") {
  auto cluster = view("hippo").settled().schedule(audit());
  cluster.config_map_of(kPolicyMap).due_firing = kFiring;
  plan::ClusterView looked_at = with_policy(cluster);
  looked_at.knows_execs = false;
  const auto [seen, plan] = look(looked_at);
  CHECK(noted(plan) == "open");
  CHECK(plan.waits_for(plan::Reason::sql));
}

TEST_CASE("schedule: SQL that was refused is tried again after a pause, also when nobody leads") {
  const auto refused = [] { return begun(Outcome::never_ran, "the container is not running"); };
  const auto soon = look(with_policy(refused()));
  CHECK(exec_of(soon.plan) == nullptr);
  CHECK(noted(soon.plan) == "open");
  CHECK(soon.plan.look_again());
  const auto later = look(with_policy(refused()), noon() + minutes(1));
  REQUIRE(exec_of(later.plan) != nullptr);
  CHECK(patch_of_map(later.plan, 0, kPolicyMap)->version == "88");
  // Forgotten, it would be taken for begun.
  const auto alone = look(with_policy(refused().without_pod("hippo")), noon() + minutes(1));
  CHECK(exec_of(alone.plan) == nullptr);
  CHECK(noted(alone.plan) == "open");
  CHECK(alone.plan.execs().size() == 1);
}

TEST_CASE("schedule: SQL in an instance that leads no longer is given up, and that is told") {
  const auto [seen, plan] =
      look(with_policy(begun(Outcome::running).running_replica("hippo-abcd").leads("hippo-abcd")));
  CHECK(plan.execs().empty());
  CHECK(noted(plan).starts_with("whether it took effect is not known: "));
  // Without a leader it goes on.
  const auto [b, between] = look(with_policy(begun(Outcome::running).without_pod("hippo")));
  CHECK(between.execs().size() == 1);
  CHECK(noted(between) == "open");
}

TEST_CASE("K2: SQL that runs when its schedule is deleted ends, that of a removed cluster is cut") {
  plan::ClusterView seen = begun(Outcome::running);
  std::erase_if(seen.config_maps, [](const auto& map) { return map->schedule; });
  CHECK(look(seen).plan.execs().size() == 1);
  auto removed = begun(Outcome::running);
  removed.task(model::removal_task("pgouser1", "hippo-rmdata",
                                   {.cluster = "hippo",
                                    .scope = "hippo",
                                    .replica = "",
                                    .delete_data = true,
                                    .delete_backups = true,
                                    .is_replica = false}));
  const auto gone = look(with_policy(removed));
  CHECK(gone.plan.execs().empty());
  CHECK(gone.plan.deletes("Deployment") == Names{"hippo"});
}

TEST_CASE("schedule: SQL waits its turn unclaimed where as much runs as may at once") {
  plan::ClusterView full = with_policy(view("hippo").settled().schedule(audit()));
  full.exec_room = false;
  const auto [seen, plan] = look(full);
  CHECK(exec_of(plan) == nullptr);
  CHECK(noted(plan) == "open");
  CHECK(plan.waits_for(plan::Reason::sql));
  CHECK(plan.look_again());
}

TEST_CASE("schedule: the failure of the last firing does not keep the next one from its run") {
  auto cluster = view("hippo").settled().schedule(audit());
  cluster.config_map_of(kPolicyMap).command_failed = "ERROR: division by zero";
  const auto [seen, plan] = look(with_policy(cluster));
  CHECK(exec_of(plan) != nullptr);
  CHECK(plan.events().empty());
  const plan::Patch* claim = patch_of_map(plan, 0, kPolicyMap);
  REQUIRE(claim != nullptr);
  CHECK(claim->body["metadata"]["annotations"].members().contains("pgo-command-failed"));
  CHECK(claim->body["metadata"]["annotations"]["pgo-command-failed"].is_null());
}

TEST_CASE("schedule: one without a policy or a database says so and runs nothing") {
  for (auto strip : {+[](model::PolicySchedule& policy) { policy.name.clear(); },
                     +[](model::PolicySchedule& policy) { policy.database.clear(); }}) {
    auto schedule = audit();
    strip(schedule.policy);
    const auto [seen, plan] = look(with_policy(view("hippo").settled().schedule(schedule)));
    CHECK(plan.waits_for(plan::Reason::invalid_object));
    CHECK(exec_of(plan) == nullptr);
  }
}
