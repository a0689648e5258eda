#include "flow.h"
#include "pgo/json/codec.h"
#include "pgo/operations/failover.h"

#include <doctest/doctest.h>

// The recorded failovers, done by the whole operator: what it makes and what it changes.

namespace pgo::contract {

namespace rest = model::rest;

namespace {

/// The objects with our replica under the name that theirs had.
Objects renamed(const Objects& objects, const std::string& ours, const std::string& theirs) {
  Objects made;
  for (const auto& [key, object] : objects) {
    std::string name = key.second, text = json::write(object);
    replace_all(name, ours, theirs);
    replace_all(text, ours, theirs);
    auto value = json::parse(text);
    REQUIRE(value.has_value());
    made.emplace(std::pair{key.first, name}, *std::move(value));
  }
  return made;
}

void fail_over(const std::string& name, std::vector<Difference>& differences) {
  CAPTURE(name);
  const auto recorded = load_case(name);
  auto request = json::decode<rest::CreateFailoverRequest>(recorded.request, json::Mode::lenient);
  REQUIRE(request.has_value());
  World world(request->ns);
  prepare(world);
  create_cluster(world, plain_request(request->cluster_name, 1));
  const auto before = world.objects();
  const std::string theirs = request->target, ours = replica_of(before);
  request->target = ours;
  const auto answer = operations::create_failover(world.context(), world.caller(), *request);
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().text()));
  world.settle();

  const auto was = renamed(before, ours, theirs), is = renamed(world.objects(), ours, theirs);
  compare_changes(recorded, was, is, differences);
  const auto expected = recorded_objects(recorded);
  Objects made;
  for (const auto& [key, object] : is) {
    if (!was.contains(key) || expected.contains(key)) made.emplace(key, object);
  }
  compare_all(canonical(expected), canonical(made), differences);
}

}  // namespace

TEST_CASE("contract: a failover makes and changes what 4.2.0's made and changed") {
  std::vector<Difference> differences;
  fail_over("failover-target-fresh", differences);
  // Recorded after a scaledown, which had deleted the task of the last backup: 4.2.0 then made
  // none.
  fail_over("failover-target", differences);
  hold(differences);
}

}  // namespace pgo::contract
