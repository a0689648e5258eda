#include "workflows.h"

#include <doctest/doctest.h>

#include <algorithm>

// Schedules over hours of simulated time: each firing is made once, whatever happens to operators.
using namespace pgo;
using namespace pgo::testing;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

/// How often a task was made so far: with one cluster that is settled, schedules alone make any.
std::size_t firings(const World& world) {
  return static_cast<std::size_t>(
      std::ranges::count(world.writes(),
                         "POST /apis/crunchydata.com/v1/namespaces/pgouser1/"
                         "pgtasks 201"));
}

/// To the middle of the next minute.
void to_half_past(World& world) {
  const auto minute = std::chrono::floor<minutes>(world.clock.now());
  world.run_for(minute + minutes(1) + seconds(30) - world.clock.now());
}

}  // namespace

TEST_CASE("simulation: a schedule of every minute fires once in each") {
  World world({.seed = 1});
  created(world, 0);
  world.schedule("hippo", "diff", "* * * * *");
  to_half_past(world);
  const std::size_t before = firings(world);
  world.run_for(minutes(10));
  CHECK(firings(world) - before == 10);
  CHECK(world.violation() == "");
}

TEST_CASE("simulation: after downtime a missed firing is made once") {
  World world({.seed = 1});
  created(world, 0);
  world.schedule("hippo", "diff", "* * * * *");
  to_half_past(world);
  const std::size_t before = firings(world);
  world.down_for(minutes(10));
  CHECK(firings(world) == before);
  world.run_for(seconds(20));
  CHECK(firings(world) - before == 1);
  world.run_for(minutes(1));
  CHECK(firings(world) - before == 2);
}

TEST_CASE("simulation: K2, a deleted schedule never fires again, also after a restart") {
  World world({.seed = 1});
  created(world, 0);
  const std::string name = world.schedule("hippo", "diff", "* * * * *");
  to_half_past(world);
  const std::size_t before = firings(world);
  CHECK(before > 0);
  world.delete_schedule(name);
  world.run_for(minutes(3));
  world.restart_operator();
  world.run_for(minutes(3));
  CHECK(firings(world) == before);
}

TEST_CASE("simulation: two operators never make one firing twice, however late one hears of it") {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    CAPTURE(seed);
    World world({.seed = seed});
    created(world, 0);
    world.start_rival();
    world.schedule("hippo", "diff", "* * * * *");
    world.schedule("hippo", "full", "*/2 * * * *");
    to_half_past(world);
    const std::size_t before = firings(world);
    for (int minute = 0; minute < 10; ++minute) {
      // One of them knows only what was the case some minutes ago.
      if (minute % 4 == static_cast<int>(seed % 4)) world.network().hold_watches();
      if (minute % 4 == 3) world.network().catch_up();
      world.run_for(minutes(1));
    }
    world.network().catch_up();
    world.run_for(seconds(20));
    CHECK(firings(world) - before == 15);
    CHECK(world.violation() == "");
  }
}

TEST_CASE("simulation: the schedules of a removed cluster go with it and do not fire") {
  World world({.seed = 1});
  created(world, 0);
  const std::string name = world.schedule("hippo", "diff", "* * * * *");
  to_half_past(world);
  world.delete_cluster("hippo", true, true);
  REQUIRE(world.run_until([&] { return world.gone("hippo"); }));
  CHECK_FALSE(world.get(kube::types::kConfigMap, name));
  const std::size_t before = firings(world);
  world.run_for(minutes(3));
  CHECK(firings(world) == before);
}

TEST_CASE("simulation: the SQL of a policy runs once in each minute, and once after downtime") {
  World world({.seed = 1});
  created(world, 0);
  world.create_policy("audit", "select 1");
  const std::string name = world.schedule_policy("hippo", "audit", "* * * * *");
  to_half_past(world);
  const std::size_t before = world.sql_runs();
  world.run_for(minutes(10));
  CHECK(world.sql_runs() - before == 10);
  world.down_for(minutes(10));
  world.run_for(seconds(20));
  CHECK(world.sql_runs() - before == 11);
  world.sql_fails = true;
  world.run_for(minutes(3));
  CHECK(world.sql_runs() - before == 14);
  world.delete_schedule(name);
  world.restart_operator();
  world.run_for(minutes(3));
  CHECK(world.sql_runs() - before == 14);
  CHECK(world.violation() == "");
}

TEST_CASE("simulation: a policy that is missing when it is due runs once when it is there") {
  World world({.seed = 1});
  created(world, 0);
  world.schedule_policy("hippo", "audit", "* * * * *");
  world.run_for(minutes(5));
  CHECK(world.sql_runs() == 0);
  to_half_past(world);
  world.create_policy("audit", "select 1");
  world.run_for(seconds(20));
  CHECK(world.sql_runs() == 1);
}

TEST_CASE(
    "simulation: two operators never run a policy's SQL twice, however late one hears of it") {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    CAPTURE(seed);
    World world({.seed = seed});
    created(world, 0);
    world.start_rival();
    world.create_policy("audit", "select 1");
    world.schedule_policy("hippo", "audit", "* * * * *");
    to_half_past(world);
    const std::size_t before = world.sql_runs();
    for (int minute = 0; minute < 10; ++minute) {
      if (minute % 4 == static_cast<int>(seed % 4)) world.network().hold_watches();
      if (minute % 4 == 3) world.network().catch_up();
      world.run_for(minutes(1));
    }
    CHECK(world.sql_runs() - before == 10);
    CHECK(world.violation() == "");
  }
}
