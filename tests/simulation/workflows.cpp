#include "workflows.h"

#include "pgo/base/text.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <stdexcept>

namespace pgo::testing {
const std::vector<Workflow>& workflows() {
  static const std::vector<Workflow> all = [] {
    std::vector<Workflow> made;
    add_cluster_workflows(made);
    add_backup_workflows(made);
    add_clone_workflows(made);
    add_restore_workflows(made);
    add_failover_workflows(made);
    add_schedule_workflows(made);
    add_policy_workflows(made);
    add_pgbouncer_workflows(made);
    return made;
  }();
  return all;
}

const Workflow& workflow_named(std::string_view name) {
  for (const Workflow& one : workflows()) {
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
  const auto spent = world.operator_time();
  disturb(world);
  workflow.ask(world);
  const bool done = world.run_until([&] { return workflow.done(world); });
  if (!done) MESSAGE(world.picture());
  CHECK_MESSAGE(done, "did not come to its end");
  CHECK(world.violation() == "");
  return {world.picture(), world.network().calls() - calls, world.network().writes() - writes,
          (world.operator_time() - spent).count()};
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
