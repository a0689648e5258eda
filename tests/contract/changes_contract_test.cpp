#include "flow.h"
#include "pgo/json/codec.h"
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

}  // namespace pgo::contract
