#include "flow.h"
#include "pgo/json/codec.h"
#include "pgo/operations/pgbouncer.h"
#include "pgo/operations/policy.h"

#include <doctest/doctest.h>

// Recorded commands that make nothing but change what is there.

namespace pgo::contract {

namespace rest = model::rest;

namespace {

std::string changed_cluster(const GoldenCase& recorded) {
  for (const auto& change : recorded.changed) {
    if (change.kind == "pgclusters") return change.name;
  }
  FAIL(recorded.name);
  return {};
}

void hold_changes(const World& world, const GoldenCase& recorded, const Objects& before) {
  std::vector<Difference> differences;
  const auto after = world.objects(true);
  compare_changes(recorded, before, after, differences);
  for (const auto& difference : differences) FAIL_CHECK(difference.text());
  for (const auto& [key, object] : after) CHECK_MESSAGE(before.contains(key), key.second);
}

}  // namespace

TEST_CASE("contract: update cluster switches failover off where 4.2.0 did") {
  for (const auto* name :
       {"update-cluster-disable-autofail", "update-cluster-all-disable-autofail"}) {
    CAPTURE(name);
    const auto recorded = load_case(name);
    auto request = json::decode<rest::UpdateClusterRequest>(recorded.request, json::Mode::lenient);
    REQUIRE(request.has_value());
    World world(request->ns);
    prepare(world);
    create_cluster(world, plain_request(changed_cluster(recorded), 0));
    const auto before = world.objects(true);
    const auto answer = operations::update_clusters(world.context(), *request);
    REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
    world.settle();
    hold_changes(world, recorded, before);
  }
}

TEST_CASE("contract: an applied policy is noted where 4.2.0 noted it") {
  const auto recorded = load_case("apply-policy");
  auto request = json::decode<rest::ApplyPolicyRequest>(recorded.request, json::Mode::lenient);
  REQUIRE(request.has_value());
  World world(request->ns);
  prepare(world);
  create_policy(world, request->name);
  create_cluster(world, plain_request(changed_cluster(recorded), 0));
  const auto before = world.objects(true);
  const auto answer = operations::apply_policy(world.context(), world.caller(), *request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  world.settle();
  hold_changes(world, recorded, before);
}

TEST_CASE("contract: create and delete pgbouncer make, change and remove what 4.2.0 did") {
  const auto added = load_case("create-pgbouncer");
  auto create = json::decode<rest::CreatePgbouncerRequest>(added.request, json::Mode::lenient);
  REQUIRE(create.has_value());
  World world(create->ns);
  prepare(world);
  create_cluster(world, plain_request(create->args.front(), 0));
  const auto before = world.objects(true);
  const auto made = operations::create_pgbouncer(world.context(), world.caller(), *create);
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().text()));
  world.settle();
  const auto with_pool = world.objects(true);
  std::vector<Difference> differences;
  compare_changes(added, before, with_pool, differences);
  hold_made(world, before, added, differences);
  hold(differences, 'P');

  const auto removed = load_case("delete-pgbouncer");
  auto remove = json::decode<rest::DeletePgbouncerRequest>(removed.request, json::Mode::lenient);
  REQUIRE(remove.has_value());
  const auto gone = operations::delete_pgbouncer(world.context(), *remove);
  REQUIRE_MESSAGE(gone.has_value(), (gone ? "" : gone.error().text()));
  world.settle();
  const auto after = world.objects(true);
  differences.clear();
  compare_changes(removed, with_pool, after, differences);
  for (const auto& difference : differences) FAIL_CHECK(difference.text());
  for (const auto& object : removed.deleted) {
    if (object.kind == "pods") continue;  // the last part of its name is drawn
    CHECK_MESSAGE(with_pool.contains({object.kind, object.name}), object.name);
    CHECK_MESSAGE(!after.contains({object.kind, object.name}), object.name);
  }
  CHECK(after.size() == before.size());
}

}  // namespace pgo::contract
