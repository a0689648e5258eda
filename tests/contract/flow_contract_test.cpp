#include "flow.h"
#include "pgo/json/codec.h"
#include "pgo/model/names.h"
#include "pgo/operations/backup.h"
#include "pgo/operations/clone.h"
#include "pgo/operations/restore.h"
#include "pgo/operations/scale.h"
#include "pgo/operations/schedule.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

// The recorded commands are given to our operations, the operator works until nothing is left to
// do, and what then stands in the namespace is compared with what stood there after 4.2.0.

namespace pgo::contract {
namespace {

namespace rest = model::rest;
namespace types = kube::types;
using json::Value;

/// A cluster is created and the recorded restore done; what stood there before that restore.
Objects restored(World& world, const GoldenCase& recorded, int replicas) {
  auto request = json::decode<rest::RestoreRequest>(recorded.request, json::Mode::lenient);
  REQUIRE(request.has_value());
  prepare(world);
  create_cluster(world, plain_request(request->from_cluster, replicas));
  auto before = world.objects();
  const auto answer = operations::restore_cluster(world.context(), world.caller(), *request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  world.settle();
  CHECK(world.state_of(request->from_cluster) == model::state::kClusterInitialized);
  return before;
}

}  // namespace

TEST_CASE("contract: after create and scale the namespace holds what it held after 4.2.0") {
  std::vector<Difference> differences;
  for (const auto* name :
       {"create-cluster-plain", "create-cluster-replica-count-2", "create-cluster-sync-replication",
        "create-cluster-pod-anti-affinity-disabled", "create-cluster-disable-autofail",
        "create-cluster-password", "create-cluster-labels",
        "create-cluster-service-type-loadbalancer", "create-cluster-resources-config",
        "create-cluster-node-label", "create-cluster-s3", "create-cluster-custom-config",
        "create-cluster-metrics", "create-cluster-pgbadger", "create-cluster-ccp-image-gis",
        "create-cluster-policies", "create-cluster-in-new-namespace", "create-cluster-pgbouncer",
        "rest-create-cluster-minimal"}) {
    const auto recorded = load_case(name);
    World world(namespace_of(recorded));
    prepare(world);
    if (!recorded.request["Policies"].as_string().empty()) {
      create_policy(world, "p1");
      create_policy(world, "p2");
    }
    create_cluster(world, recorded.request);
    Objects made = world.objects();
    std::erase_if(made, [](const auto& one) { return one.first.first == "pgpolicies"; });
    compare_all(canonical(recorded_objects(recorded)), canonical(made), differences);
    if (std::string_view(name) != "create-cluster-plain") continue;

    const auto scaled = load_case("scale-one");
    const auto before = world.objects();
    operations::ScaleRequest request;
    request.cluster = "hippo";
    request.ns = world.ns();
    const auto answer = operations::scale(world.context(), world.caller(), request);
    REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
    world.settle();
    Objects added;
    for (auto& [key, object] : world.objects()) {
      if (!before.contains(key)) added.emplace(key, object);
    }
    compare_all(canonical(recorded_objects(scaled)), canonical(added), differences);
  }
  hold(differences, 'F');
}

TEST_CASE("contract: a cluster over kept data makes what 4.2.0 made, and takes the rest as it is") {
  const auto recorded = load_case("create-cluster-reuse-kept-data");
  World world(namespace_of(recorded));
  prepare(world);
  const std::string name(recorded.request["Name"].as_string());
  create_cluster(world, recorded.request);
  rest::DeleteClusterRequest deletion;
  deletion.clustername = name;
  deletion.ns = world.ns();
  deletion.delete_backups = true;
  const auto deleted = operations::delete_clusters(world.context(), deletion);
  REQUIRE_MESSAGE(deleted.has_value(), (deleted ? "" : deleted.error().text()));
  world.settle();
  const auto kept = world.objects();
  for (const auto& [key, object] : kept) {
    CHECK_MESSAGE(std::ranges::find(recorded.before, key.first + " " + world.ns() + "/" +
                                                         key.second) != recorded.before.end(),
                  key.second);
  }
  create_cluster(world, recorded.request);
  Objects made;
  for (const auto& [key, object] : world.objects()) {
    if (const auto found = kept.find(key); found != kept.end()) {
      CHECK_MESSAGE(object == found->second, "changed: " << key.second);
    } else {
      made.emplace(key, object);
    }
  }
  std::vector<Difference> differences;
  compare_all(canonical(recorded_objects(recorded)), canonical(made), differences);
  hold(differences);
}

TEST_CASE("contract: with a stanza that cannot be made stands what stood there with 4.2.0") {
  const auto recorded = load_case("create-cluster-stanza-job-fails");
  World world(namespace_of(recorded), {.fails = [](const test::StandInPod& pod) {
                return pod.name.contains("stanza-create");
              }});
  prepare(world);
  request_cluster(world, recorded.request);
  world.settle();
  std::vector<Difference> differences;
  const auto before = world.objects();
  compare_all(canonical(recorded_objects(recorded)), canonical(before), differences);

  // A replica asked for meanwhile is noted, and made when the first backup is there.
  operations::ScaleRequest request;
  request.cluster = recorded.request["Name"].as_string();
  request.ns = world.ns();
  const auto answer = operations::scale(world.context(), world.caller(), request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  world.settle();
  Objects added;
  for (auto& [key, object] : world.objects()) {
    if (!before.contains(key)) added.emplace(key, object);
  }
  compare_all(canonical(recorded_objects(load_case("scale-uninitialized-cluster"))),
              canonical(added), differences);
  hold(differences, 'B');
}

TEST_CASE("contract: after clone and restore the namespace holds what it held after 4.2.0") {
  std::vector<Difference> differences;
  {
    const auto recorded = load_case("clone");
    auto request = json::decode<rest::CloneRequest>(recorded.request, json::Mode::lenient);
    REQUIRE(request.has_value());
    World world(request->ns);
    prepare(world);
    create_cluster(world, plain_request(request->source_cluster_name, 0));
    const auto before = world.objects();
    const auto answer = operations::clone_cluster(world.context(), world.caller(), *request);
    REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
    world.until(
        [&] {
          return world.state_of(request->target_cluster_name) == model::state::kClusterInitialized;
        },
        "the clone is there");
    world.settle();
    hold_made(world, before, recorded, differences);
  }
  const auto recorded = load_case("restore-plain");
  World world(namespace_of(recorded));
  const auto before = restored(world, recorded, 1);
  hold_made(world, before, recorded, differences);
  hold(differences, 'G');
}

// 4.2.0 deleted the old primary and then could not make the Job (K3): what it made before that is
// recorded, and what comes after it is what restore-plain holds.
TEST_CASE("contract: K3: a restore with a node label begins as 4.2.0's, and ends") {
  const auto recorded = load_case("restore-node-label");
  World world(namespace_of(recorded));
  restored(world, recorded, 0);
  const auto objects = world.objects();
  Objects made;
  for (const auto& [key, object] : objects) {
    if (recorded.find(key.first, key.second) != nullptr) made.emplace(key, object);
  }
  std::vector<Difference> differences;
  compare_all(canonical(recorded_objects(recorded)), canonical(made), differences);
  std::erase_if(differences, [](const Difference& difference) {
    constexpr std::string_view kParameters = "spec.parameters.";
    return difference.path.starts_with(kParameters) &&
           (difference.path.substr(kParameters.size()) == model::step::kRestoreJobCreated ||
            difference.path.substr(kParameters.size()) == model::step::kRestorePrimaryCreated);
  });
  hold(differences);
  for (const auto& gone : recorded.deleted) CHECK(!objects.contains({gone.kind, gone.name}));
  const auto primary =
      objects.find({"deployments", std::string(recorded.request["ToPVC"].as_string())});
  REQUIRE(primary != objects.end());
  const auto& affinity = primary->second["spec"]["template"]["spec"]["affinity"]["nodeAffinity"];
  CHECK(json::write(affinity).contains("us-west-1"));
}

TEST_CASE("contract: a backup whose Job fails stands there as with 4.2.0") {
  const auto recorded = load_case("backup-job-fails");
  auto request =
      json::decode<rest::CreateBackrestBackupRequest>(recorded.request, json::Mode::lenient);
  REQUIRE(request.has_value());
  bool fails = false;
  World world(request->ns, {.fails = [&](const test::StandInPod& pod) {
                return fails && pod.name.contains("backrest-backup");
              }});
  prepare(world);
  const auto cluster = request->args.front();
  create_cluster(world, plain_request(cluster, 0));
  const auto before = world.objects();
  fails = true;
  const auto answer = operations::create_backups(world.context(), world.caller(), *request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  world.settle();
  std::vector<Difference> differences;
  hold_made(world, before, recorded, differences);
  hold(differences);
}

TEST_CASE("contract: a schedule that fires makes what 4.2.0's made") {
  const auto recorded = load_case("schedule-fires-backup");
  auto request = json::decode<rest::CreateScheduleRequest>(recorded.request, json::Mode::lenient);
  REQUIRE(request.has_value());
  World world(request->ns);
  prepare(world);
  create_cluster(world, plain_request(request->cluster_name, 0));
  const auto before = world.objects();
  const auto answer = operations::create_schedules(world.context(), *request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  const auto task = model::names::scheduled_backup(request->cluster_name, "incr");
  world.until(
      [&] {
        const auto found = world.client().get(types::kPgTask, world.ns(), task);
        return found && (*found)["spec"]["status"].as_string() == "job completed";
      },
      "the scheduled backup is done");
  std::vector<Difference> differences;
  hold_made(world, before, recorded, differences);
  hold(differences, 'S');
}

}  // namespace pgo::contract
