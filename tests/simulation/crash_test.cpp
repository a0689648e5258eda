#include "workflows.h"

#include <doctest/doctest.h>

#include <string>

// Every workflow is run undisturbed once, and then again and again with the operator dying before
// and after each of its writes. All end in the same objects.
using namespace pgo;
using namespace pgo::testing;

namespace {

/// Every write of the workflow, a crash before it and after it.
void crash_everywhere(const Workflow& workflow) {
  const Run calm = run(workflow, "undisturbed", [](World&) {});
  REQUIRE(calm.writes > 0);
  for (std::size_t number = first_place(workflow); number < calm.writes; number += stride()) {
    for (const Fault fault : {Fault::crash_before, Fault::crash_after}) {
      const std::string what = std::string(to_string(fault)) + " write " + std::to_string(number) +
                               " of " + std::to_string(calm.writes);
      const Run disturbed =
          run(workflow, what, [&](World& world) { strike(world, true, number, fault); });
      INFO("workflow: ", workflow.name, "; ", what);
      CHECK(disturbed.picture == calm.picture);
    }
  }
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

TEST_CASE("simulation: create survives a crash at any write") {
  crash_everywhere(workflow_named("create"));
}
TEST_CASE("simulation: create with replicas survives a crash at any write") {
  crash_everywhere(workflow_named("create with two replicas, autofail off"));
}
TEST_CASE("simulation: scale survives a crash at any write") {
  crash_everywhere(workflow_named("scale"));
}
TEST_CASE("simulation: scaledown survives a crash at any write") {
  crash_everywhere(workflow_named("scaledown"));
}
TEST_CASE("simulation: delete survives a crash at any write") {
  crash_everywhere(workflow_named("delete"));
}
TEST_CASE("simulation: delete with keep data survives a crash at any write") {
  crash_everywhere(workflow_named("delete, keep data"));
}
TEST_CASE("simulation: delete with keep backups survives a crash at any write") {
  crash_everywhere(workflow_named("delete, keep backups"));
}
TEST_CASE("simulation: delete that keeps both survives a crash at any write") {
  crash_everywhere(workflow_named("delete, keep both"));
}
TEST_CASE("simulation: failover survives a crash at any write") {
  crash_everywhere(workflow_named("failover"));
}
