#include "flow.h"
#include "pgo/json/codec.h"
#include "pgo/operations/restore.h"
#include "pgo/operations/scale.h"

#include <doctest/doctest.h>

// What 4.2.0 deleted and what it left, held against what the whole operator deletes and leaves.

namespace pgo::contract {

namespace rest = model::rest;

namespace {

/// Replicas have other names in every run: the first of theirs stands for any of ours.
std::string with_replica_name(std::string text, const std::string& ours,
                              const std::string& theirs) {
  replace_all(text, ours, theirs);
  return text;
}

/// Deletes as recorded and compares the fate of each object that both sides had before. What is
/// gone though 4.2.0 left it, or the other way round, is a difference in "(removal)".
std::vector<Difference> deletion_differences(World& world, const GoldenCase& recorded,
                                             const std::string& their_replica,
                                             std::size_t at_least) {
  CAPTURE(recorded.name);
  const auto fates = fate_of(recorded);
  auto request = json::decode<rest::DeleteClusterRequest>(recorded.request, json::Mode::lenient);
  REQUIRE(request.has_value());
  const auto before = world.objects(true);
  const auto answer = operations::delete_clusters(world.context(), *request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  world.settle();
  const auto after = world.objects(true);

  std::vector<Difference> differences;
  std::size_t held = 0;
  for (const auto& [key, object] : before) {
    const auto found = fates.find(
        with_replica_name(key.first + " " + key.second, replica_of(before), their_replica));
    if (found == fates.end()) continue;
    ++held;
    const bool theirs = found->second, ours = !after.contains(key);
    if (theirs == ours) continue;
    differences.push_back({key.first, key.second, "(removal)", theirs ? "deleted" : "kept",
                           ours ? "deleted" : "kept"});
  }
  CHECK(held >= at_least);
  for (const auto& [key, object] : after) {
    CHECK_MESSAGE(before.contains(key), "left behind: " << key.first << " " << key.second);
  }
  return differences;
}

void hold_deletion(const std::string& name, int replicas, const std::string& their_replica,
                   std::size_t at_least, bool pool = false) {
  const auto recorded = load_case(name);
  World world(std::string(recorded.request["Namespace"].as_string()));
  prepare(world);
  json::Value request = plain_request(recorded.request["Clustername"].as_string(), replicas);
  request.set("PgbouncerFlag", pool);
  create_cluster(world, request);
  for (const auto& difference : deletion_differences(world, recorded, their_replica, at_least)) {
    FAIL_CHECK(difference.text());
  }
}

void restore_into(World& world, const std::string& cluster, const std::string& volume) {
  rest::RestoreRequest request;
  request.ns = world.ns();
  request.from_cluster = cluster;
  request.to_pvc = volume;
  const auto answer = operations::restore_cluster(world.context(), world.caller(), request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  world.settle();
  REQUIRE(world.objects().contains({"deployments", volume}));
}

}  // namespace

TEST_CASE("contract: delete removes and keeps what 4.2.0 removed and kept") {
  hold_deletion("delete-cluster-with-replicas", 2, "hippo-oemc", 18);
  hold_deletion("delete-cluster-keep-data", 1, "rhino-gjwh", 20);
  hold_deletion("delete-cluster-keep-backups", 0, "", 14);
  hold_deletion("delete-cluster-plain", 0, "", 16);
  hold_deletion("delete-cluster-deprecated-flags", 0, "", 16);
  hold_deletion("delete-cluster-pgbouncer", 0, "", 18, /*pool=*/true);
}

TEST_CASE(
    "contract: K17: a delete after two restores removes what 4.2.0 removed, and what it left") {
  const auto recorded = load_case("delete-cluster-after-restore");
  World world(std::string(recorded.request["Namespace"].as_string()));
  prepare(world);
  const std::string cluster(recorded.request["Clustername"].as_string());
  create_cluster(world, plain_request(cluster, 0));
  restore_into(world, cluster, cluster + "-oaev");
  restore_into(world, cluster, cluster + "-qcfc");
  hold(deletion_differences(world, recorded, "", 20), 'R');
}

TEST_CASE("contract: scaledown removes what 4.2.0 removed of the replica, and K6: nothing else") {
  const auto recorded = load_case("scaledown-target");
  const std::string their_replica = "hippo-bgmi";
  World world("pgouser1");
  prepare(world);
  create_cluster(world, plain_request("hippo", 2));
  const auto before = world.objects(true);
  const std::string replica = replica_of(before);
  const auto answer = operations::scale_down(
      world.context(),
      {.cluster = "hippo", .ns = world.ns(), .replica = replica, .delete_data = true});
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  world.settle();
  const auto after = world.objects(true);
  const auto fates = fate_of(recorded);
  std::size_t gone = 0;
  for (const auto& [key, object] : before) {
    const bool of_replica = key.second == replica;
    const auto fate =
        fates.find(with_replica_name(key.first + " " + key.second, replica, their_replica));
    if (of_replica) CHECK_MESSAGE((fate != fates.end() && fate->second), key.second);
    CHECK_MESSAGE(after.contains(key) != of_replica, key.first << " " << key.second);
    gone += of_replica ? 1 : 0;
  }
  CHECK(gone == 3);  // Deployment, volume, pgreplica
  CHECK(after.size() == before.size() - gone);
}

}  // namespace pgo::contract
