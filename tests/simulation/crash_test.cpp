#include "workflows.h"

#include <doctest/doctest.h>

#include <string>

// Every workflow is run undisturbed once, and then again and again with the operator dying before
// and after each of its writes and commands in containers. All end in the same objects.
using namespace pgo;
using namespace pgo::testing;

namespace {

/// Every write and every exec of the workflow, a crash before it and after it. Returns how many.
std::size_t crash_everywhere(const Workflow& workflow) {
  const Run calm = run(workflow, "undisturbed", [](World&) {});
  REQUIRE(calm.writes > 0);
  std::size_t crashes = 0;
  for (std::size_t number = first_place(workflow); number < calm.writes; number += stride()) {
    for (const Fault fault : {Fault::crash_before, Fault::crash_after}) {
      const std::string what = std::string(to_string(fault)) + " write " + std::to_string(number) +
                               " of " + std::to_string(calm.writes);
      const Run disturbed =
          run(workflow, what, [&](World& world) { strike(world, true, number, fault); });
      INFO("workflow: ", workflow.name, "; ", what);
      CHECK(disturbed.picture == calm.picture);
      ++crashes;
    }
  }
  return crashes;
}

}  // namespace

TEST_CASE("simulation: undisturbed, every workflow comes to its end") {
  for (const Workflow& workflow : workflows()) {
    const Run calm = run(workflow, "undisturbed", [](World&) {});
    MESSAGE(std::string(workflow.name)
            << ": " << calm.writes << " writes, " << calm.calls << " calls");
    CHECK(calm.writes > 0);
  }
}

TEST_CASE("simulation: every workflow survives a crash at any write and any command") {
  std::size_t crashes = 0;
  for (const Workflow& workflow : workflows()) crashes += crash_everywhere(workflow);
  MESSAGE(crashes, " crashes in ", workflows().size(), " workflows");
}

// Leader election keeps two operators from working at once; where it fails (a process that was
// stopped for longer than its lease), nothing may break.
TEST_CASE("simulation: two operators that both believe they lead end in the same objects") {
  std::size_t alone = 0, shared = 0;
  for (const Workflow& workflow : workflows()) {
    const Run calm = run(workflow, "undisturbed", [](World&) {});
    const Run both = run(workflow, "two operators", [](World& world) { world.start_rival(); });
    INFO("workflow: ", workflow.name);
    CHECK(both.picture == calm.picture);
    alone += calm.writes;
    shared += both.writes;
  }
  CHECK_MESSAGE(shared < alone, "the second one did nothing");
}
TEST_CASE("simulation: clone survives a crash at any write") {
  crash_everywhere(workflow_named("clone"));
}
TEST_CASE("simulation: a clone whose Job fails survives a crash at any write") {
  crash_everywhere(workflow_named("clone whose Job fails"));
}
TEST_CASE("simulation: restore survives a crash at any write") {
  crash_everywhere(workflow_named("restore with a replica"));
}
TEST_CASE("simulation: a restore whose Job fails survives a crash at any write") {
  crash_everywhere(workflow_named("restore whose Job fails"));
}
TEST_CASE("simulation: a failover by hand survives a crash at any write") {
  crash_everywhere(workflow_named("failover by hand"));
}
