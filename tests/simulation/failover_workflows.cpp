#include "workflows.h"

#include <doctest/doctest.h>

namespace pgo::testing {

namespace {

void with_replica(World& world, bool autofail) {
  world.create_cluster("hippo", 0, autofail);
  REQUIRE(world.run_until([&] { return world.settled("hippo", 1); }));
  world.scale("hippo", "hippo-abcd");
  REQUIRE(world.run_until([&] { return world.settled("hippo", 2); }));
}

void ask(World& world) { world.fail_over_to("hippo", "hippo-abcd"); }

bool target_leads(const World& world) {
  const auto task = world.get(kube::types::kPgTask, "hippo-failover");
  const auto backup = world.get(kube::types::kPgTask, "backrest-backup-hippo");
  return world.settled("hippo", 2) && task && backup &&
         world.leader("hippo").starts_with("hippo-abcd-") &&
         (*task)["spec"]["status"].as_string() == "completed" &&
         (*backup)["spec"]["status"].as_string() == "job completed";
}

}  // namespace

void add_failover_workflows(std::vector<Workflow>& workflows) {
  workflows.push_back(
      {"failover by hand", [](World& world) { with_replica(world, true); }, ask, target_leads});
  workflows.push_back({"failover by hand, autofail off",
                       [](World& world) { with_replica(world, false); }, ask, target_leads});
}

}  // namespace pgo::testing
