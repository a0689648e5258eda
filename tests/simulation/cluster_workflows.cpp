#include "workflows.h"

#include <doctest/doctest.h>

namespace pgo::testing {

void created(World& world, int replicas) {
  world.create_cluster("hippo", replicas);
  REQUIRE(world.run_until(
      [&] { return world.settled("hippo", 1 + static_cast<std::size_t>(replicas)); }));
}

namespace {

/// Data are kept, and another instance than the first led at last.
void kept_after_failover(World& world) {
  world.create_cluster("hippo", 0);
  world.scale("hippo", "hippo-abcd");
  REQUIRE(world.run_until([&] { return world.settled("hippo", 2); }));
  world.fail_leader("hippo");
  REQUIRE(world.run_until([&] { return world.settled("hippo", 2); }));
  world.delete_cluster("hippo", false, false);
  REQUIRE(world.run_until([&] { return world.gone("hippo"); }));
}

}  // namespace

void add_cluster_workflows(std::vector<Workflow>& workflows) {
  workflows.insert(
      workflows.end(),
      {
          {"create", [](World&) {}, [](World& world) { world.create_cluster("hippo", 0); },
           [](const World& world) { return world.settled("hippo", 1); }},
          {"create over kept data of another leader", kept_after_failover,
           [](World& world) { world.create_cluster("hippo", 0); },
           [](const World& world) {
             return world.settled("hippo", 1) &&
                    world.get(kube::types::kDeployment, "hippo-abcd") &&
                    !world.get(kube::types::kDeployment, "hippo");
           }},
          {"create with two replicas, autofail off", [](World&) {},
           [](World& world) { world.create_cluster("hippo", 2, false); },
           [](const World& world) { return world.settled("hippo", 3); }},
          {"scale", [](World& world) { created(world, 0); },
           [](World& world) { world.scale("hippo", "hippo-abcd"); },
           [](const World& world) { return world.settled("hippo", 2); }},
          {"scaledown",
           [](World& world) {
             created(world, 0);
             world.scale("hippo", "hippo-abcd");
             REQUIRE(world.run_until([&] { return world.settled("hippo", 2); }));
           },
           [](World& world) { world.scale_down("hippo", "hippo-abcd", true); },
           [](const World& world) {
             return world.settled("hippo", 1) &&
                    !world.get(kube::types::kPgTask, "hippo-abcd-rmdata");
           }},
          {"delete", [](World& world) { created(world, 1); },
           [](World& world) { world.delete_cluster("hippo", true, true); },
           [](const World& world) { return world.gone("hippo"); }},
          {"delete, keep data", [](World& world) { created(world, 1); },
           [](World& world) { world.delete_cluster("hippo", false, true); },
           [](const World& world) { return world.gone("hippo"); }},
          {"delete, keep backups", [](World& world) { created(world, 0); },
           [](World& world) { world.delete_cluster("hippo", true, false); },
           [](const World& world) { return world.gone("hippo"); }},
          {"delete, keep both", [](World& world) { created(world, 0); },
           [](World& world) { world.delete_cluster("hippo", false, false); },
           [](const World& world) { return world.gone("hippo"); }},
          {"failover", [](World& world) { created(world, 1); },
           [](World& world) { world.fail_leader("hippo"); },
           [](const World& world) {
             const auto task = world.get(kube::types::kPgTask, "backrest-backup-hippo");
             return world.settled("hippo", 2) && task &&
                    (*task)["spec"]["parameters"]["pgha-backup-type"].as_string() == "failover" &&
                    (*task)["spec"]["status"].as_string() == "job completed";
           }},
      });
}

}  // namespace pgo::testing
