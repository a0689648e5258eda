#include "pgo/model/pgbouncer.h"

#include "pgo/model/names.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
using namespace pgo::testing;
using Names = std::vector<std::string>;
using Outcome = plan::ExecState::Outcome;

namespace {

constexpr const char* kSecret = "hippo-pgbouncer-secret";
constexpr const char* kPool = "hippo-pgbouncer";

ViewBuilder cluster(bool pool = true) {
  ViewBuilder builder = view("hippo").settled();
  if (pool) builder.spec().metadata.labels["crunchy-pgbouncer"] = "true";
  return builder;
}

/// Everything is there, but nothing is in the databases.
ViewBuilder deployed() { return cluster().secret(kSecret).deployment(kPool).service(kPool); }

model::PgTask request(model::TaskType type, const std::string& name) {
  model::PgTask task = model::new_task("pgouser1", name, type, "hippo");
  task.metadata.labels["pgouser"] = "pgoadmin";
  task.spec.parameters["pgbouncer-cluster"] = "hippo";
  return task;
}

model::PgTask addition() {
  return request(model::TaskType::add_pgbouncer, model::names::pgbouncer_add_task("hippo"));
}

model::PgTask removal() {
  return request(model::TaskType::delete_pgbouncer, model::names::pgbouncer_delete_task("hippo"));
}

const plan::Exec* exec_of(const plan::Plan& plan) {
  for (const plan::Action& action : plan.actions()) {
    if (const auto* exec = std::get_if<plan::Exec>(&action.what)) return exec;
  }
  return nullptr;
}

std::string pool_label(const plan::Plan& plan) {
  const json::Value* patch = plan.patch_of("Pgcluster", "hippo");
  if (patch == nullptr) return "unchanged";
  return std::string((*patch)["metadata"]["labels"]["crunchy-pgbouncer"].as_string());
}

/// The command ran and ended so.
ViewBuilder tried(Outcome outcome, std::string_view why = {}) {
  ViewBuilder builder = deployed();
  const auto [seen, plan] = look(builder);
  REQUIRE(exec_of(plan) != nullptr);
  return builder.exec(*exec_of(plan), outcome, why);
}

}  // namespace

TEST_CASE("pgbouncer: a task turns the label on, and goes") {
  model::PgTask task = addition();
  task.spec.parameters["pgbouncer-user"] = "pool";
  const auto [seen, plan] = look(cluster(false).task(task));
  CHECK(pool_label(plan) == "true");
  CHECK(
      (*plan.patch_of("Pgcluster", "hippo"))["spec"]["userlabels"]["pgbouncer-user"].as_string() ==
      "pool");
  CHECK(plan.deletes("Pgtask") == Names{task.name()});
  CHECK(plan.events() == Names{"CreatePgbouncer"});
  CHECK(plan.creates("Deployment").empty());
}

TEST_CASE("pgbouncer: the label makes secret, Deployment and Service") {
  const auto [seen, plan] = look(cluster());
  CHECK(plan.creates("Secret") == Names{kSecret});
  CHECK(plan.creates("Deployment") == Names{kPool});
  CHECK(plan.creates("Service") == Names{kPool});
  const auto& labels = (*plan.created("Deployment", kPool))["metadata"]["labels"];
  CHECK(labels["crunchy-pgbouncer"].as_string() == "true");
}

TEST_CASE("pgbouncer: without the label, or before the cluster's own objects, nothing is made") {
  CHECK(look(cluster(false)).plan.creates("Deployment").empty());
  ViewBuilder fresh = view("hippo").secrets();
  fresh.spec().metadata.labels["crunchy-pgbouncer"] = "true";
  const auto made = look(fresh).plan.creates("Deployment");
  CHECK(std::ranges::find(made, kPool) == made.end());
}

TEST_CASE("pgbouncer: its account is set up in the primary, by what is in the secret") {
  const auto [seen, plan] = look(deployed());
  const plan::Exec* exec = exec_of(plan);
  REQUIRE(exec != nullptr);
  CHECK(exec->pod == seen.primary()->meta.name);
  CHECK(exec->command == model::pool_account_command());
  CHECK(exec->input.empty());
  CHECK(exec->input_secret == kSecret);
  CHECK(exec->input_key == "users.txt");
}

TEST_CASE("pgbouncer: where its account is set up is noted, and it is not done again") {
  const auto [seen, plan] = look(tried(Outcome::succeeded));
  const json::Value* patch = plan.patch_of("Secret", kSecret);
  REQUIRE(patch != nullptr);
  const auto where = (*patch)["metadata"]["annotations"]["pgo-pgbouncer-ready"].as_string();
  CHECK(where == seen.cluster->meta.uid + "/hippo");
  CHECK(exec_of(plan) == nullptr);

  ViewBuilder noted = deployed();
  noted.secret_of(kSecret).pool_ready = where;
  const auto settled = look(noted);
  CHECK(settled.plan.empty());
  CHECK(settled.plan.conditions().empty());
}

TEST_CASE("pgbouncer: what was set up in other data counts for nothing") {
  for (const char* where : {"other-uid/hippo", "hippo"}) {
    ViewBuilder builder = deployed();
    builder.secret_of(kSecret).pool_ready = where;
    CHECK(exec_of(look(builder).plan) != nullptr);
  }
}

TEST_CASE("pgbouncer: while a restore changes over the old primary is left alone") {
  ViewBuilder builder = deployed();
  builder.deployment_of("hippo").scope = "hippo-wxyz";
  CHECK(exec_of(look(builder).plan) == nullptr);
}

TEST_CASE("pgbouncer: without a primary that answers nothing is run") {
  ViewBuilder builder = deployed();
  builder.pod_of("hippo").database_ready = false;
  CHECK(exec_of(look(builder).plan) == nullptr);
}

TEST_CASE("pgbouncer: a failure is told and tried again after a pause") {
  const auto builder = tried(Outcome::failed, "ERROR: no");
  const auto [seen, plan] = look(builder);
  CHECK(exec_of(plan) == nullptr);
  CHECK(plan.waits_for(plan::Reason::pool));
  REQUIRE(plan.look_again());
  const auto later = look(builder, noon() + *plan.look_again());
  CHECK(exec_of(later.plan) != nullptr);
}

TEST_CASE("pgbouncer: a command that runs is kept") {
  const auto [seen, plan] = look(tried(Outcome::running));
  CHECK(exec_of(plan) == nullptr);
  CHECK(plan.execs().size() == 1);
}

TEST_CASE("pgbouncer: a task removes it step by step, and ends last") {
  const auto [seen, plan] = look(deployed().task(removal()));
  CHECK(pool_label(plan) == "false");
  CHECK(plan.deletes("Service") == Names{kPool});
  CHECK(plan.deletes("Deployment") == Names{kPool});
  CHECK(plan.deletes("Secret") == Names{kSecret});
  CHECK(plan.deletes("Pgtask").empty());
  CHECK(exec_of(plan) == nullptr);

  const auto gone = look(cluster(false).task(removal()));
  CHECK(gone.plan.deletes("Pgtask") == Names{removal().name()});
  CHECK(gone.plan.events() == Names{"DeletePgbouncer"});
}

TEST_CASE("pgbouncer: its removal ends a request that came before it") {
  const auto [seen, plan] = look(cluster(false).task(addition()).task(removal()));
  CHECK(plan.deletes("Pgtask") == Names{addition().name()});
  CHECK(pool_label(plan) == "unchanged");
}
