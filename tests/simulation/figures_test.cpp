#include "support/cluster_view.h"
#include "workflows.h"

#include <doctest/doctest.h>

#include <ctime>

// Figures, printed and compared with generous bounds only: a loaded machine must not fail the
// build. The aims are 100 microseconds for the plan and 20,000 operator steps per second,
// optimised.
using namespace pgo;
using namespace pgo::testing;

namespace {

template <typename Work>
double microseconds_each(int times, Work work) {
  // CPU time, so that other processes on the machine do not count.
  const std::clock_t start = std::clock();
  for (int i = 0; i < times; ++i) work();
  return static_cast<double>(std::clock() - start) * 1e6 / CLOCKS_PER_SEC / times;
}

}  // namespace

TEST_CASE("figure: the plan of a settled cluster") {
  const plan::ClusterView settled = view("hippo").settled().running_replica("hippo-abcd");
  const plan::Settings settings = built_in_settings();
  std::size_t actions = 0;
  const double each = microseconds_each(
      2000, [&] { actions += plan::plan_cluster(settled, settings, noon()).actions().size(); });
  MESSAGE("plan of a settled cluster: " << each << " us");
  CHECK(actions == 0);
  CHECK(each < 2000);
}

// What a workflow costs beyond PostgreSQL, pgBackRest and Patroni; the aim is 500 ms.
TEST_CASE("figure: the operator's own share of every workflow") {
  for (const Workflow& workflow : workflows()) {
    const Run calm = run(workflow, "undisturbed", [](World&) {});
    MESSAGE(workflow.name << ": " << calm.milliseconds << " ms in " << calm.calls << " calls");
    CHECK(calm.milliseconds < 500);
  }
}

TEST_CASE("figure: eight clusters with a replica each, from the request to rest") {
  World world({.seed = 99});
  const std::clock_t start = std::clock();
  const std::size_t writes = world.writes().size();
  for (int i = 0; i < 8; ++i) world.create_cluster("hippo" + std::to_string(i), 1);
  REQUIRE(
      world.run_until([&] { return world.settled("hippo7", 2) && world.settled("hippo0", 2); }));
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  MESSAGE("8 clusters, " << world.writes().size() - writes << " writes of the operator, " << seconds
                         << " s of CPU, whole world included");
  CHECK(seconds < 30);
}
