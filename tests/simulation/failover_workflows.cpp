#include "workflows.h"

#include <doctest/doctest.h>

namespace pgo::testing {

void add_failover_workflows(std::vector<Workflow>& workflows) {
  workflows.push_back({"failover by hand",
                       [](World& world) {
                         created(world, 0);
                         world.scale("hippo", "hippo-abcd");
                         REQUIRE(world.run_until([&] { return world.settled("hippo", 2); }));
                       },
                       [](World& world) { world.fail_over_to("hippo", "hippo-abcd"); },
                       [](const World& world) {
                         const auto task = world.get(kube::types::kPgTask, "hippo-failover");
                         const auto backup =
                             world.get(kube::types::kPgTask, "backrest-backup-hippo");
                         return world.settled("hippo", 2) && task && backup &&
                                world.leader("hippo").starts_with("hippo-abcd-") &&
                                (*task)["spec"]["status"].as_string() == "completed" &&
                                (*backup)["spec"]["status"].as_string() == "job completed";
                       }});
}

}  // namespace pgo::testing
