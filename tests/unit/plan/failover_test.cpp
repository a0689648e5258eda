#include "pgo/model/names.h"
#include "support/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pgo;
using namespace pgo::testing;
using Names = std::vector<std::string>;

namespace {

model::PgTask request(std::string_view target = "hippo-abcd") {
  model::PgTask task =
      model::new_task("pgouser1", "hippo-failover", model::TaskType::failover, "hippo");
  task.metadata.labels["target"] = std::string(target);
  task.metadata.labels["pgouser"] = "pgoadmin";
  task.spec.parameters["hippo"] = "hippo";
  return task;
}

/// Taken up at noon, while `from` led.
model::PgTask started(std::string_view from = "hippo") {
  model::PgTask task = request();
  task.spec.parameters["failover-started"] = to_rfc3339(noon());
  task.metadata.annotations["pgo-failover-from"] = std::string(from);
  return task;
}

ViewBuilder cluster() { return view("hippo").settled().running_replica("hippo-abcd"); }

const plan::Exec* exec_of(const plan::Plan& plan) {
  for (const plan::Action& action : plan.actions()) {
    if (const auto* exec = std::get_if<plan::Exec>(&action.what)) return exec;
  }
  return nullptr;
}

std::string status_of(const plan::Plan& plan) {
  const json::Value* patch = plan.patch_of("Pgtask", "hippo-failover");
  return patch == nullptr ? std::string("open")
                          : std::string((*patch)["spec"]["status"].as_string("open"));
}

std::string message_of(const plan::Plan& plan) {
  const json::Value* patch = plan.patch_of("Pgtask", "hippo-failover");
  return patch == nullptr ? std::string() : std::string((*patch)["status"]["message"].as_string());
}

/// Patroni was asked at noon.
ViewBuilder asked(plan::ExecState::Outcome outcome, std::string_view why = {}) {
  auto builder = cluster().task(started());
  const auto [seen, plan] = look(builder);
  REQUIRE(exec_of(plan) != nullptr);
  return builder.exec(*exec_of(plan), outcome, why);
}

void refused(const ViewBuilder& builder, std::string_view why) {
  const auto [seen, plan] = look(builder);
  CAPTURE(why);
  CHECK(status_of(plan) == "failed");
  CHECK(message_of(plan).find(why) != std::string::npos);
  CHECK(exec_of(plan) == nullptr);
  CHECK(plan.events() == Names{"FailoverClusterFailure"});
}

}  // namespace

TEST_CASE("failover: the task is taken up first, and nothing is done before that is written") {
  const auto [seen, plan] = look(cluster().task(request()));
  const json::Value* patch = plan.patch_of("Pgtask", "hippo-failover");
  REQUIRE(patch != nullptr);
  CHECK((*patch)["spec"]["parameters"]["failover-started"].as_string() == to_rfc3339(noon()));
  CHECK((*patch)["metadata"]["annotations"]["pgo-failover-from"].as_string() == "hippo");
  CHECK(status_of(plan) == "open");
  CHECK(plan.events() == Names{"FailoverCluster"});
  CHECK(exec_of(plan) == nullptr);
}

TEST_CASE("failover: Patroni in the target's pod is asked, by the pod's exact name") {
  const auto [seen, plan] = look(cluster().task(started()));
  const plan::Exec* exec = exec_of(plan);
  REQUIRE(exec != nullptr);
  CHECK(exec->pod == "hippo-abcd-6765f8686c-brnnq");
  CHECK(exec->container == "database");
  REQUIRE(exec->command.size() == 3);
  CHECK(exec->command[2].find("8009/failover") != std::string::npos);
  CHECK(exec->command[2].find(R"({"candidate":"hippo-abcd-6765f8686c-brnnq"})") !=
        std::string::npos);
  CHECK(plan.waits_for(plan::Reason::failover));
  CHECK(plan.look_again());
}

TEST_CASE("failover: between two leaders Patroni is left to its work") {
  auto builder = cluster().task(started());
  builder.pod_of("hippo").role.clear();
  const auto [seen, plan] = look(builder);
  CHECK(exec_of(plan) == nullptr);
  CHECK(plan.waits_for(plan::Reason::failover));
}

TEST_CASE("failover: without any leader the target is asked all the same") {
  auto builder = cluster().task(started(""));
  builder.pod_of("hippo").role.clear();
  const auto [seen, plan] = look(builder);
  CHECK(exec_of(plan) != nullptr);
}

TEST_CASE("K38: a target that takes the lead ends nothing before its promotion is done") {
  auto builder = cluster().leads("hippo-abcd").task(started());
  builder.pod_of("hippo-abcd").promoting = true;
  const auto [seen, plan] = look(builder);
  CHECK(status_of(plan) == "open");
  CHECK(exec_of(plan) == nullptr);
}

TEST_CASE("K38: success is told when the target leads and the labels have followed") {
  auto builder = cluster().leads("hippo-abcd").task(started());
  const auto [before, not_yet] = look(builder);
  CHECK(status_of(not_yet) == "open");
  builder.spec().metadata.labels["current-primary"] = "hippo-abcd";
  const auto [after, plan] = look(builder);
  CHECK(status_of(plan) == "completed");
  const Names events = plan.events();
  CHECK(std::ranges::count(events, "FailoverClusterCompleted") == 1);
}

TEST_CASE("K38: a refusal by Patroni ends the task with its words") {
  refused(asked(plan::ExecState::Outcome::failed, "Patroni refused: no good candidates"),
          "no good candidates");
}

TEST_CASE("failover: Patroni is asked again only when it has answered, and after a pause") {
  using enum plan::ExecState::Outcome;
  const auto again = [](plan::ExecState::Outcome outcome, std::chrono::seconds later) {
    const auto [seen, plan] = look(asked(outcome), noon() + later);
    CHECK_FALSE(plan.execs().empty());
    CHECK(status_of(plan) == "open");
    return exec_of(plan) != nullptr;
  };
  for (const auto outcome : {succeeded, never_ran, unknown}) {
    CHECK_FALSE(again(outcome, std::chrono::seconds(4)));
    CHECK(again(outcome, std::chrono::seconds(5)));
  }
  CHECK_FALSE(again(running, std::chrono::seconds(50)));
}

TEST_CASE("failover: a target that leads in spite of an error counts as success") {
  auto builder = asked(plan::ExecState::Outcome::failed, "Patroni refused: status unknown");
  builder.leads("hippo-abcd");
  builder.spec().metadata.labels["current-primary"] = "hippo-abcd";
  CHECK(status_of(look(builder).plan) == "completed");
}

TEST_CASE("failover: another instance that leads meanwhile is not pushed off again") {
  auto builder = cluster().running_replica("hippo-efgh").leads("hippo-efgh").task(started());
  const auto [seen, plan] = look(builder);
  CHECK(status_of(plan) == "failed");
  CHECK(message_of(plan).find("hippo-efgh") != std::string::npos);
  CHECK(exec_of(plan) == nullptr);
}

TEST_CASE("failover: it does not go on for ever") {
  const auto [seen, plan] = look(cluster().task(started()), noon() + std::chrono::minutes(3));
  CHECK(status_of(plan) == "failed");
  CHECK(exec_of(plan) == nullptr);
}

TEST_CASE(
    "K38: a target that took the lead while nobody looked has succeeded, however late it is") {
  const auto [seen, plan] =
      look(cluster().leads("hippo-abcd").task(started()), noon() + std::chrono::minutes(10));
  CHECK(status_of(plan) == "open");  // the labels follow first
  CHECK(plan.patch_of("Pgcluster", "hippo") != nullptr);
}

TEST_CASE("failover: what is no ready replica when the task is taken up is refused") {
  refused(cluster().task(request("hippo-nono")), "no instance");
  refused(cluster().task(request("hippo")), "leads already");
  refused(cluster().task(request("")), "no target");
  auto not_ready = cluster().task(request());
  not_ready.pod_of("hippo-abcd").database_ready = false;
  refused(not_ready, "not ready");
  refused(cluster().without_pod("hippo-abcd").task(request()), "no running pod");
}

TEST_CASE("failover: Patroni paused hands over to a named target too, with or without a leader") {
  const auto paused = [] { return cluster().autofail(false).patroni(R"({"pause":true})"); };
  const auto [a, begun] = look(paused().task(request()));
  CHECK(status_of(begun) == "open");
  CHECK_FALSE(
      (*begun.patch_of("Pgtask", "hippo-failover"))["spec"]["parameters"]["failover-started"]
          .is_null());
  const auto [b, asked] = look(paused().task(started()));
  CHECK(exec_of(asked) != nullptr);
  auto dead = paused().task(started(""));
  dead.pod_of("hippo").role.clear();
  dead.pod_of("hippo").database_ready = false;
  const auto [c, alone] = look(dead);
  CHECK(exec_of(alone) != nullptr);
}

TEST_CASE("failover: a task that has ended, or that an older operator took up, is left alone") {
  model::PgTask ended = started();
  ended.spec.status = "completed";
  CHECK(look(cluster().task(ended)).plan.empty());
  model::PgTask old = request();
  old.spec.parameters["failover-started"] = "2020-01-01T00:00:00Z";
  CHECK(look(cluster().task(old)).plan.empty());
}

TEST_CASE("failover: patches are bound to the task that was seen, not to its name") {
  const auto [seen, plan] = look(cluster().task(request()));
  const json::Value* patch = plan.patch_of("Pgtask", "hippo-failover");
  REQUIRE(patch != nullptr);
  CHECK((*patch)["metadata"]["uid"].as_string() == seen.task("hippo-failover")->meta.uid);
}
