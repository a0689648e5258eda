#include "workflows.h"

#include <doctest/doctest.h>

#include <string>

// Every call of every workflow is answered wrongly once, and watches break or lag at each of them.
// All end in the same objects as the undisturbed run.
using namespace pgo;
using namespace pgo::testing;

namespace {

void fault_everywhere(Fault fault) {
  for (const Workflow& workflow : workflows()) {
    const Run calm = run(workflow, "undisturbed", [](World&) {});
    for (std::size_t number = first_place(workflow); number < calm.calls; number += stride()) {
      const std::string what = std::string(to_string(fault)) + " on call " +
                               std::to_string(number) + " of " + std::to_string(calm.calls);
      const Run disturbed =
          run(workflow, what, [&](World& world) { strike(world, false, number, fault); });
      INFO("workflow: ", workflow.name, "; ", what);
      CHECK(disturbed.picture == calm.picture);
    }
  }
}

/// Does something to the watches when the write with that number is made.
void at_write(World& world, std::size_t number, const std::function<void(FaultyTransport&)>& act) {
  const std::size_t base = world.network().writes();
  world.network().decide = [&world, base, number, act](const Call& call) {
    if (call.write && call.write_ordinal == base + number) act(world.network());
    return Fault::none;
  };
}

}  // namespace

TEST_CASE("simulation: a 409 on any call ends in the same objects") {
  fault_everywhere(Fault::conflict);
}
TEST_CASE("simulation: a 429 on any call ends in the same objects") {
  fault_everywhere(Fault::too_many_requests);
}
TEST_CASE("simulation: a 500 on any call ends in the same objects") {
  fault_everywhere(Fault::server_error);
}
TEST_CASE("simulation: a call whose answer is lost ends in the same objects") {
  fault_everywhere(Fault::lost_answer);
}
TEST_CASE("simulation: a call that is lost ends in the same objects") {
  fault_everywhere(Fault::lost_request);
}

TEST_CASE("simulation: watches that break at any write lose nothing") {
  for (const Workflow& workflow : workflows()) {
    const Run calm = run(workflow, "undisturbed", [](World&) {});
    for (std::size_t number = first_place(workflow); number < calm.writes; number += stride()) {
      const std::string what = "watches break at write " + std::to_string(number);
      const Run disturbed = run(workflow, what, [&](World& world) {
        at_write(world, number, [](FaultyTransport& network) { network.drop_watches(); });
      });
      INFO("workflow: ", workflow.name, "; ", what);
      CHECK(disturbed.picture == calm.picture);
    }
  }
}

TEST_CASE("simulation: a cache that lags from any write on for a while decides nothing wrong") {
  for (const Workflow& workflow : workflows()) {
    const Run calm = run(workflow, "undisturbed", [](World&) {});
    for (std::size_t number = first_place(workflow); number < calm.writes; number += stride()) {
      const std::string what = "watches lag from write " + std::to_string(number);
      const Run disturbed = run(workflow, what, [&](World& world) {
        at_write(world, number, [](FaultyTransport& network) { network.hold_watches(); });
        world.release_watches_after(std::chrono::seconds(20));
      });
      INFO("workflow: ", workflow.name, "; ", what);
      CHECK(disturbed.picture == calm.picture);
    }
  }
}
