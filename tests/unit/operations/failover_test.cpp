#include "pgo/operations/failover.h"

#include "pgo/model/names.h"
#include "pgo/operations/scale.h"
#include "pgo/operations/workflow.h"
#include "request_world.h"

#include <doctest/doctest.h>

using namespace pgo;
using test::RequestWorld;
namespace types = kube::types;
namespace rest = model::rest;

namespace {

constexpr const char* kNs = "pgouser1";

/// hippo leads; hippo-abcd and hippo-efgh follow.
void three_instances(RequestWorld& world) {
  world.create("hippo");
  world.put_instance(kNs, "hippo", "hippo", "master");
  world.put_instance(kNs, "hippo", "hippo-abcd", "replica", true, "node01");
  world.put_instance(kNs, "hippo", "hippo-efgh", "replica", true, "node02");
}

/// What `patronictl list -f json` of Patroni 3.0.2 prints.
Result<kube::ExecResult> patroni_list(const kube::ExecRequest&) {
  return kube::ExecResult{.exit_code = 0,
                          .out = R"([
    {"Cluster": "hippo", "Member": "hippo-6765f8686c-brnnq", "Host": "10.0.0.1", "Role": "Leader",
     "State": "running", "TL": 3},
    {"Cluster": "hippo", "Member": "hippo-abcd-6765f8686c-brnnq", "Host": "10.0.0.2",
     "Role": "Sync Standby", "State": "running", "TL": 3, "Lag in MB": 17},
    {"Cluster": "hippo", "Member": "hippo-efgh-6765f8686c-brnnq", "Host": "10.0.0.3",
     "Role": "Replica", "State": "stopped", "Lag in MB": "unknown"}])",
                          .err = {}};
}

void take_pod(RequestWorld& world, const char* instance) {
  kube::DeleteOptions at_once;
  at_once.grace_period_seconds = 0;
  REQUIRE(
      world.client().remove(types::kPod, kNs, RequestWorld::pod_of(instance), at_once).has_value());
}

rest::CreateFailoverRequest request(std::string target) {
  rest::CreateFailoverRequest made;
  made.ns = kNs;
  made.cluster_name = "hippo";
  made.target = std::move(target);
  return made;
}

auto ask(RequestWorld& world, std::string target) {
  return operations::create_failover(world.context(), world.admin(), request(std::move(target)));
}

kube::Object task_of(RequestWorld& world) {
  return world.get(types::kPgTask, kNs, "hippo-failover");
}

}  // namespace

TEST_CASE("K4: the query names each replica by its own pod, with the lag that Patroni tells") {
  RequestWorld world;
  three_instances(world);
  world.on_exec = patroni_list;
  const auto answer = operations::query_failover(world.context(), kNs, "hippo");
  REQUIRE(answer.has_value());
  REQUIRE(answer->results.size() == 2);
  CHECK(answer->results[0] == rest::FailoverTargetSpec{.name = "hippo-abcd",
                                                       .node = "node01",
                                                       .preferred_node = false,
                                                       .replication_lag = 17,
                                                       .status = "running",
                                                       .timeline = 3});
  CHECK(answer->results[1].name == "hippo-efgh");
  CHECK(answer->results[1].replication_lag == -1);
  CHECK(answer->results[1].status == "stopped");
  REQUIRE(world.execs.size() == 1);
  CHECK(world.execs[0].command == std::vector<std::string>{"patronictl", "list", "-f", "json"});
}

TEST_CASE("failover query: nodes that pgo.yaml prefers are marked") {
  RequestWorld world;
  three_instances(world);
  world.on_exec = patroni_list;
  world.config().pgo.preferred_failover_node = "region=us-west-1";
  const auto answer = operations::query_failover(world.context(), kNs, "hippo");
  REQUIRE(answer.has_value());
  CHECK_FALSE(answer->results[0].preferred_node);
  CHECK(answer->results[1].preferred_node);
}

TEST_CASE("failover query: without replicas nobody is asked; a Patroni that fails is told of") {
  RequestWorld world;
  world.create("hippo");
  world.put_instance(kNs, "hippo", "hippo", "master");
  const auto none = operations::query_failover(world.context(), kNs, "hippo");
  REQUIRE(none.has_value());
  CHECK(none->results.empty());
  CHECK(world.execs.empty());

  world.put_instance(kNs, "hippo", "hippo-abcd", "replica");
  world.on_exec = [](const kube::ExecRequest&) {
    return kube::ExecResult{.exit_code = 1, .out = {}, .err = "no DCS"};
  };
  const auto failed = operations::query_failover(world.context(), kNs, "hippo");
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == Code::unavailable);
  CHECK_FALSE(operations::query_failover(world.context(), kNs, "nosuch").has_value());
}

TEST_CASE("failover query: the pod that is asked is one that works") {
  RequestWorld world;
  world.create("hippo");
  world.put_instance(kNs, "hippo", "hippo-abcd", "replica", false);
  world.put_instance(kNs, "hippo", "hippo-efgh", "replica", true);
  world.on_exec = patroni_list;
  REQUIRE(operations::query_failover(world.context(), kNs, "hippo").has_value());
  CHECK(world.execs.front().pod == RequestWorld::pod_of("hippo-efgh"));
}

TEST_CASE("failover: the task is the one of 4.2.0 and replaces a former one") {
  RequestWorld world;
  three_instances(world);
  REQUIRE(ask(world, "hippo-abcd").has_value());
  const std::string first(task_of(world).uid());
  REQUIRE(ask(world, "hippo-efgh").has_value());
  const kube::Object task = task_of(world);
  CHECK(task.uid() != first);
  CHECK(task.label("target") == "hippo-efgh");
  CHECK(task.label("pg-cluster") == "hippo");
  CHECK(task.label("pgouser") == "pgoadmin");
  CHECK(task["spec"]["tasktype"].as_string() == "failover");
  CHECK(task["spec"]["parameters"] == json::Value::object({{"hippo", "hippo"}}));
}

TEST_CASE("failover: what cannot lead is refused, and nothing is written") {
  RequestWorld world;
  three_instances(world);
  world.put_instance(kNs, "hippo", "hippo-sick", "replica", false);
  world.put_instance(kNs, "other", "other-abcd", "replica");
  const auto code = [&](const char* target) {
    CAPTURE(target);
    const auto answer = ask(world, target);
    REQUIRE_FALSE(answer.has_value());
    CHECK(task_of(world).name().empty());
    return answer.error().code;
  };
  CHECK(code("") == Code::invalid_argument);
  CHECK(code("nosuch") == Code::not_found);
  CHECK(code("../x") == Code::not_found);
  CHECK(code("hippo-ab") == Code::not_found);    // K4
  CHECK(code("other-abcd") == Code::not_found);  // another cluster's
  CHECK(code("hippo") == Code::failed_precondition);
  CHECK(code("hippo-sick") == Code::failed_precondition);
}

TEST_CASE("failover: by hand it goes on while Patroni is paused") {
  RequestWorld world;
  three_instances(world);
  kube::Object config(types::kConfigMap, kNs, "hippo-config");
  config.set_annotation("config", R"({"pause":true,"ttl":30})");
  world.put(types::kConfigMap, config);
  CHECK(ask(world, "hippo-abcd").has_value());
}

TEST_CASE("failover: a cluster of one instance, or a restoring one, is refused") {
  RequestWorld single;
  single.create("hippo");
  single.put_instance(kNs, "hippo", "hippo", "master");
  CHECK_FALSE(ask(single, "hippo").has_value());

  RequestWorld restoring;
  three_instances(restoring);
  REQUIRE(restoring.client()
              .patch(types::kPgCluster, kNs, "hippo", kube::PatchType::merge,
                     *json::parse(R"({"status":{"state":"pgcluster Restoring"}})"))
              .has_value());
  CHECK_FALSE(ask(restoring, "hippo-abcd").has_value());
}

TEST_CASE("failover: how it stands is shown under the name of its task") {
  RequestWorld world;
  three_instances(world);
  REQUIRE(ask(world, "hippo-abcd").has_value());
  REQUIRE(world.client()
              .patch(types::kPgTask, kNs, "hippo-failover", kube::PatchType::merge,
                     *json::parse(R"({"spec":{"status":"failed"},"status":{"message":"why"}})"))
              .has_value());
  const auto shown = operations::show_workflow(world.context(), kNs, "hippo-failover");
  REQUIRE(shown.has_value());
  CHECK(shown->results.parameters.at("target") == "hippo-abcd");
  CHECK(shown->results.parameters.at("status") == "failed");
  CHECK(shown->results.parameters.at("message") == "why");
  CHECK_FALSE(operations::show_workflow(world.context(), kNs, "hippo-createcluste").has_value());
}

namespace {

/// A cache that has not heard of anything since it was made.
class StaleReader final : public operations::Reader {
 public:
  StaleReader(operations::Reader& real, const kube::ResourceType& type, std::string_view name)
      : real_(real), name_(name), old_(*real.get(type, kNs, name)) {}
  Result<operations::ObjectPtr> get(const kube::ResourceType& type, std::string_view ns,
                                    std::string_view name) override {
    if (name == name_) return old_;
    return real_.get(type, ns, name);
  }
  Result<std::vector<operations::ListedPtr>> find(const kube::ResourceType& type,
                                                  std::string_view ns,
                                                  std::string_view selector) override {
    return real_.find(type, ns, selector);
  }

 private:
  operations::Reader& real_;
  std::string name_;
  operations::ObjectPtr old_;
};

}  // namespace

TEST_CASE("failover: who waits for one is not told the end of the one before (K38)") {
  RequestWorld world;
  three_instances(world);
  REQUIRE(ask(world, "hippo-abcd").has_value());
  REQUIRE(world.client()
              .patch(types::kPgTask, kNs, "hippo-failover", kube::PatchType::merge,
                     *json::parse(R"({"spec":{"status":"completed"}})"))
              .has_value());
  StaleReader lagging(world.context().reader, types::kPgTask, "hippo-failover");
  REQUIRE(ask(world, "hippo-abcd").has_value());
  const auto shown = operations::show_workflow(world.context(lagging), kNs, "hippo-failover");
  REQUIRE(shown.has_value());
  CHECK(shown->results.parameters.at("status") != "completed");
}

TEST_CASE("scaledown query: the same lag from the same source") {
  RequestWorld world;
  three_instances(world);
  world.on_exec = patroni_list;
  const auto answer = operations::query_scale(world.context(), kNs, "hippo");
  REQUIRE(answer.has_value());
  REQUIRE(answer->results.size() == 2);
  CHECK(answer->results[0].name == "hippo-abcd");
  CHECK(answer->results[0].replication_lag == 17);
}

TEST_CASE("failover query: members without the role of a replica have their names too") {
  RequestWorld world;
  world.create("hippo");
  // Stopped while Patroni is paused: it keeps its label, and nobody leads.
  world.put_instance(kNs, "hippo", "hippo", "master", false, "node01");
  // Still copying the primary's data: Patroni has given it no label yet.
  world.put_instance(kNs, "hippo", "hippo-abcd", "", false, "node02");
  world.on_exec = [](const kube::ExecRequest&) {
    return kube::ExecResult{.exit_code = 0,
                            .out = R"([
      {"Cluster": "hippo", "Member": "hippo-6765f8686c-brnnq", "Host": "10.0.0.1", "Role": "Replica",
       "State": "stopped", "Lag in MB": "unknown"},
      {"Cluster": "hippo", "Member": "hippo-abcd-6765f8686c-brnnq", "Host": "", "Role": "Replica",
       "State": "creating replica", "Lag in MB": "unknown"},
      {"Cluster": "hippo", "Member": "hippo-gone-6765f8686c-brnnq", "Host": "", "Role": "Replica",
       "State": "running", "Lag in MB": 0}])",
                            .err = {}};
  };
  const auto answer = operations::query_failover(world.context(), kNs, "hippo");
  REQUIRE(answer.has_value());
  REQUIRE(answer->results.size() == 2);
  CHECK(answer->results[0].name == "hippo");
  CHECK(answer->results[0].node == "node01");
  CHECK(answer->results[0].status == "stopped");
  CHECK(answer->results[1].name == "hippo-abcd");
  CHECK(answer->results[1].node == "node02");
  CHECK(answer->results[1].replication_lag == -1);

  // The primary must stay, so it is not offered.
  const auto removable = operations::query_scale(world.context(), kNs, "hippo");
  REQUIRE(removable.has_value());
  REQUIRE(removable->results.size() == 1);
  CHECK(removable->results[0].name == "hippo-abcd");
  CHECK(removable->results[0].status == "creating replica");
}

TEST_CASE("failover query: a pod that does not answer is not the last one asked") {
  RequestWorld world;
  three_instances(world);
  world.on_exec = [](const kube::ExecRequest& asked) {
    if (asked.pod != RequestWorld::pod_of("hippo-efgh")) {
      return Result<kube::ExecResult>(fail(Code::unavailable, "no such container", asked.pod));
    }
    return patroni_list(asked);
  };
  const auto answer = operations::query_failover(world.context(), kNs, "hippo");
  REQUIRE(answer.has_value());
  CHECK(answer->results.size() == 2);
}

TEST_CASE("scaledown query: an instance without a pod, or without Patroni, can be removed too") {
  RequestWorld world;
  three_instances(world);
  take_pod(world, "hippo-efgh");
  kube::Object asked_for(types::kPgReplica, kNs, "hippo-wxyz");
  asked_for.set_label("pg-cluster", "hippo");
  world.put(types::kPgReplica, asked_for);
  world.on_exec = patroni_list;
  const auto names = [&] {
    const auto answer = operations::query_scale(world.context(), kNs, "hippo");
    REQUIRE(answer.has_value());
    std::vector<std::string> found;
    for (const auto& one : answer->results) {
      found.push_back(one.name + " " + one.status + " " + std::to_string(one.replication_lag));
    }
    return found;
  };
  CHECK(names() == std::vector<std::string>{"hippo-abcd running 17", "hippo-efgh unknown -1",
                                            "hippo-wxyz unknown -1"});
  world.on_exec = [](const kube::ExecRequest&) {
    return kube::ExecResult{.exit_code = 1, .out = {}, .err = "no DCS"};
  };
  CHECK(names() == std::vector<std::string>{"hippo-abcd unknown -1", "hippo-efgh unknown -1",
                                            "hippo-wxyz unknown -1"});
}

TEST_CASE("scaledown: the last primary stays while nobody leads, and is not offered") {
  RequestWorld world;
  three_instances(world);
  for (const char* instance : {"hippo", "hippo-abcd", "hippo-efgh"}) {
    take_pod(world, instance);
  }
  REQUIRE(world.client()
              .patch(types::kPgCluster, kNs, "hippo", kube::PatchType::merge,
                     *json::parse(R"({"metadata":{"labels":{"current-primary":"hippo-abcd"}}})"))
              .has_value());
  const auto offered = operations::query_scale(world.context(), kNs, "hippo");
  REQUIRE(offered.has_value());
  REQUIRE(offered->results.size() == 2);
  CHECK(offered->results[0].name == "hippo");
  CHECK(offered->results[1].name == "hippo-efgh");
  CHECK(world.execs.empty());
  const auto refused = operations::scale_down(
      world.context(), {.cluster = "hippo", .ns = kNs, .replica = "hippo-abcd"});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::failed_precondition);
  CHECK(operations::scale_down(world.context(),
                               {.cluster = "hippo", .ns = kNs, .replica = "hippo-efgh"})
            .has_value());
}
