#include "workflows.h"

#include "pgo/base/text.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <stdexcept>

namespace pgo::testing {
namespace {

void created(World& world, int replicas) {
  world.create_cluster("hippo", replicas);
  REQUIRE(world.run_until(
      [&] { return world.settled("hippo", 1 + static_cast<std::size_t>(replicas)); }));
}

const Workflow kWorkflows[] = {
    {"create", [](World&) {}, [](World& world) { world.create_cluster("hippo", 0); },
     [](const World& world) { return world.settled("hippo", 1); }},
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
       return world.settled("hippo", 1) && !world.get(kube::types::kPgTask, "hippo-abcd-rmdata");
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
};

}  // namespace

std::span<const Workflow> workflows() { return kWorkflows; }

const Workflow& workflow_named(std::string_view name) {
  for (const Workflow& one : kWorkflows) {
    if (one.name == name) return one;
  }
  throw std::logic_error("no such workflow");
}

std::size_t stride() {
#ifdef NDEBUG
  return 1;
#else
  return std::getenv("PGO_THOROUGH") != nullptr ? 1 : 5;
#endif
}

std::size_t first_place(const Workflow& workflow) { return text::fnv1a(workflow.name) % stride(); }

Run run(const Workflow& workflow, const std::string& what,
        const std::function<void(World&)>& disturb) {
  World world({.seed = 1});
  INFO("workflow: ", workflow.name, "; ", what);
  workflow.prepare(world);
  const std::size_t calls = world.network().calls(), writes = world.network().writes();
  disturb(world);
  workflow.ask(world);
  const bool done = world.run_until([&] { return workflow.done(world); });
  if (!done) MESSAGE(world.picture());
  CHECK_MESSAGE(done, "did not come to its end");
  CHECK(world.violation() == "");
  return {world.picture(), world.network().calls() - calls, world.network().writes() - writes};
}

void strike(World& world, bool writes_only, std::size_t number, Fault fault) {
  const std::size_t base = writes_only ? world.network().writes() : world.network().calls();
  world.network().decide = [=, struck = false](const Call& call) mutable {
    if (struck || (writes_only && !call.write)) return Fault::none;
    if ((writes_only ? call.write_ordinal : call.ordinal) < base + number) return Fault::none;
    struck = true;
    return fault;
  };
}

}  // namespace pgo::testing
