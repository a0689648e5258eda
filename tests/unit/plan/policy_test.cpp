#include "pgo/model/names.h"
#include "pgo/model/psql.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

using namespace pgo;
using namespace pgo::testing;
using Names = std::vector<std::string>;

namespace {

model::PgTask policies_task() {
  model::PgTask task =
      model::new_task("pgouser1", "hippo-policies", model::TaskType::add_policies, "hippo");
  task.spec.parameters = {{"p1", "p1"}, {"p2", "p2"}};
  task.spec.status = "requested";
  task.status.state = model::state::kTaskProcessed;
  return task;
}

model::PgTask workflow() {
  model::PgTask task = model::workflow_task("pgouser1", "hippo-createcluster", "hippo", "id",
                                            "pgoadmin", to_rfc3339(noon()));
  task.status.state = model::state::kTaskProcessed;
  return task;
}

std::shared_ptr<const plan::Policy> policy(const char* name, const char* sql,
                                           const char* url = "") {
  plan::Policy made;
  made.meta.name = name;
  made.sql = sql;
  made.url = url;
  return std::make_shared<const plan::Policy>(made);
}

plan::ClusterView with_policies(ViewBuilder builder) {
  plan::ClusterView seen = builder;
  seen.policies = {policy("p1", "select 1"), policy("p2", "", "http://sql.example/p2")};
  return seen;
}

std::vector<plan::Exec> execs_of(const plan::Plan& plan) {
  std::vector<plan::Exec> execs;
  for (const plan::Action& action : plan.actions()) {
    if (const auto* exec = std::get_if<plan::Exec>(&action.what)) execs.push_back(*exec);
  }
  return execs;
}

/// The policy's label in any patch of that object.
std::string label_of(const plan::Plan& plan, std::string_view kind, const char* policy) {
  std::string found;
  for (const plan::Action& action : plan.actions()) {
    const auto* patch = std::get_if<plan::Patch>(&action.what);
    if (patch == nullptr || patch->type.kind != kind || patch->name != "hippo") continue;
    found += patch->body["metadata"]["labels"][policy].as_string();
  }
  return found;
}

bool ends_workflow(const plan::Plan& plan) {
  const json::Value* patch = plan.patch_of("Pgtask", "hippo-createcluster");
  return patch != nullptr && !(*patch)["spec"]["parameters"]["task completed"].is_null();
}

}  // namespace

TEST_CASE("policies: nothing is run before the primary is ready") {
  const auto [seen, plan] = look(with_policies(view("hippo").bootstrapped().task(policies_task())));
  CHECK(execs_of(plan).empty());
}

TEST_CASE("policies: each is run in the primary over the socket, one after the other") {
  auto cluster = view("hippo").primary_ready().task(policies_task()).task(workflow());
  const auto [seen, plan] = look(with_policies(cluster));
  const auto execs = execs_of(plan);
  REQUIRE(execs.size() == 1);
  CHECK(execs[0].pod == seen.primary()->meta.name);
  CHECK(execs[0].command.front() == "psql");
  CHECK(execs[0].input == "select 1");
  CHECK(label_of(plan, "Pgcluster", "p1").empty());

  auto running = cluster;
  running.exec(execs[0], plan::ExecState::Outcome::running);
  const auto during = look(with_policies(running));
  CHECK(execs_of(during.plan).empty());
  CHECK(during.plan.execs() == Names{execs[0].id});
  CHECK_FALSE(ends_workflow(during.plan));

  cluster.exec(execs[0], plan::ExecState::Outcome::succeeded);
  const auto after = look(with_policies(cluster));
  CHECK(label_of(after.plan, "Deployment", "p1") == "pgpolicy");
  CHECK(label_of(after.plan, "Pgcluster", "p1") == "pgpolicy");
  const auto next = execs_of(after.plan);
  REQUIRE(next.size() == 1);
  CHECK(next[0].input.empty());
  CHECK(next[0].input_url == "http://sql.example/p2");
  // What is known of the first is needed until its label is written.
  CHECK(std::ranges::count(after.plan.execs(), execs[0].id) == 1);
  CHECK(after.plan.deletes("Pgtask").empty());
  CHECK_FALSE(ends_workflow(after.plan));
}

TEST_CASE("policies: one whose end nobody knows is run again after a pause") {
  using enum plan::ExecState::Outcome;
  for (const auto outcome : {never_ran, unknown}) {
    auto cluster = view("hippo").primary_ready().task(policies_task());
    cluster.exec(execs_of(look(with_policies(cluster)).plan).at(0), outcome, "the channel broke");
    const auto soon = look(with_policies(cluster));
    CHECK(execs_of(soon.plan).empty());
    CHECK(soon.plan.look_again());
    CHECK(execs_of(look(with_policies(cluster), noon() + std::chrono::minutes(1)).plan).size() ==
          1);
  }
}

TEST_CASE(
    "policies: another instance that leads is given the SQL anew, once the old run has ended") {
  auto cluster = view("hippo").primary_ready().task(policies_task());
  const auto first = execs_of(look(with_policies(cluster)).plan).at(0);
  cluster.running_replica("hippo-abcd").leads("hippo-abcd");
  auto running = cluster;
  running.exec(first, plan::ExecState::Outcome::running);
  const auto during = look(with_policies(running));
  CHECK(execs_of(during.plan).empty());
  CHECK(during.plan.execs().empty());
  const auto [seen, plan] = look(with_policies(cluster));
  REQUIRE(execs_of(plan).size() == 1);
  CHECK(execs_of(plan)[0].pod == seen.primary()->meta.name);
  CHECK(execs_of(plan)[0].pod != first.pod);
}

TEST_CASE("K13: a policy's error at creation is noted at its task, bound to that task") {
  auto cluster = view("hippo").primary_ready().task(policies_task());
  const auto first = execs_of(look(with_policies(cluster)).plan).at(0);
  cluster.exec(first, plan::ExecState::Outcome::failed, "ERROR: division by zero");
  const auto [seen, plan] = look(with_policies(cluster));
  const json::Value* note = plan.patch_of("Pgtask", "hippo-policies");
  REQUIRE(note != nullptr);
  CHECK((*note)["metadata"]["annotations"]["pgo-policy-failed/p1"] == "ERROR: division by zero");
  CHECK((*note)["metadata"]["uid"].as_string() == seen.task("hippo-policies")->meta.uid);
}

TEST_CASE("psql: a database is what it is called, whatever connection settings that looks like") {
  const auto has = [](std::string_view database, std::string_view word) {
    const auto command = model::psql_command(database);
    return std::ranges::count(command, word) == 1;
  };
  CHECK(has("userdb", "dbname='userdb'"));
  CHECK(has("host=evil", "dbname='host=evil'"));
  CHECK(has("it's \\", "dbname='it\\'s \\\\'"));
  CHECK(has("-c", "dbname='-c'"));
}

TEST_CASE("policies: what is labelled is not run again, and the task goes with the last one") {
  auto cluster = view("hippo").primary_ready().task(policies_task()).task(workflow());
  cluster.spec().metadata.labels["p1"] = "pgpolicy";
  CHECK(execs_of(look(with_policies(cluster)).plan).size() == 1);
  cluster.spec().metadata.labels["p2"] = "pgpolicy";
  const auto [seen, plan] = look(with_policies(cluster));
  CHECK(execs_of(plan).empty());
  CHECK(plan.deletes("Pgtask") == Names{"hippo-policies"});
  CHECK(ends_workflow(plan));
}

TEST_CASE("K13: SQL that failed is told in the workflow and by an event, and stops nothing else") {
  model::PgTask task = policies_task();
  task.metadata.annotations["pgo-policy-failed/p1"] = "ERROR: division by zero";
  auto cluster = view("hippo").primary_ready().task(task).task(workflow());
  const auto [before, running] = look(with_policies(cluster));
  REQUIRE(execs_of(running).size() == 1);
  CHECK(execs_of(running)[0].input_url == "http://sql.example/p2");

  cluster.spec().metadata.labels["p2"] = "pgpolicy";
  const auto [after, plan] = look(with_policies(cluster));
  CHECK(execs_of(plan).empty());
  const json::Value* told = plan.patch_of("Pgtask", "hippo-createcluster");
  REQUIRE(told != nullptr);
  CHECK((*told)["spec"]["parameters"]["failed policy: p1"].as_string() ==
        "ERROR: division by zero");
  const Names events = plan.events();
  CHECK(std::ranges::count(events, "ApplyPolicyFailure") == 1);
  CHECK(plan.deletes("Pgtask") == Names{"hippo-policies"});
}

TEST_CASE("policies: one that is not there is waited for, the others are applied") {
  plan::ClusterView seen = view("hippo").primary_ready().task(policies_task()).task(workflow());
  seen.policies = {policy("p2", "select 2")};
  const auto [view_seen, plan] = look(seen);
  CHECK(execs_of(plan).size() == 1);
  CHECK(plan.waits_for(plan::Reason::policy));
  CHECK(plan.look_again());
  CHECK_FALSE(ends_workflow(plan));
}

TEST_CASE("K9: autofail switched on resumes Patroni even when nobody leads") {
  auto cluster = view("hippo").settled().autofail(true).patroni(R"({"pause":true})");
  cluster.spec().metadata.annotations["pgo-autofail-paused"] = "true";
  cluster.pod_of("hippo").role.clear();
  const auto [seen, plan] = look(cluster);
  const json::Value* config = plan.patch_of("ConfigMap", "hippo-config");
  REQUIRE(config != nullptr);
  CHECK((*config)["metadata"]["annotations"]["config"].as_string() == "{}");
}
