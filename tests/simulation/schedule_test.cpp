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

/// The firing of the policy's schedule that is under way.
std::string due(const World& world) {
  const auto map = world.get(kube::types::kConfigMap, "hippo-policy-audit");
  return map ? std::string(map->annotation("pgo-schedule-due")) : "no schedule";
}

/// What is told of its last firing.
std::string told(const World& world) {
  const auto map = world.get(kube::types::kConfigMap, "hippo-policy-audit");
  return map ? std::string(map->annotation("pgo-command-failed")) : "no schedule";
}

/// What stands at the cluster as waited for.
std::string waits(const World& world) {
  std::string reasons;
  const auto cluster = world.get(kube::types::kPgCluster, "hippo");
  if (!cluster) return "no cluster";
  for (const json::Value& one : (*cluster)["status"]["conditions"].items()) {
    reasons += one["reason"].as_string();
  }
  return reasons;
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

namespace {

/// SQL that takes ten minutes has begun.
void begin_long_sql(World& world, int replicas) {
  created(world, replicas);
  world.create_policy("audit", "select pg_sleep(600)");
  world.schedule_policy("hippo", "audit", "0 * * * *");
  REQUIRE(world.run_until([&] { return !due(world).empty(); }, std::chrono::hours(2)));
  REQUIRE(world.sql_runs() == 0);
}

}  // namespace

TEST_CASE("simulation: while SQL takes long its cluster is scaled, and the SQL runs once") {
  World world({.seed = 1, .commands_take = minutes(10)});
  begin_long_sql(world, 0);
  world.scale("hippo", "hippo-abcd");
  REQUIRE(world.run_until([&] { return world.settled("hippo", 2); }, minutes(5)));
  CHECK(world.sql_runs() == 0);
  CHECK(waits(world) == "sql");
  world.run_for(minutes(10));
  CHECK(world.sql_runs() == 1);
  CHECK(due(world).empty());
  CHECK(told(world).empty());
  CHECK(waits(world).empty());
  CHECK(world.violation() == "");
}

TEST_CASE("simulation: a cluster is removed while its SQL takes long, and that is cut off") {
  World world({.seed = 1, .commands_take = minutes(10)});
  begin_long_sql(world, 0);
  world.delete_cluster("hippo", true, true);
  REQUIRE(world.run_until([&] { return world.gone("hippo"); }, minutes(5)));
  world.run_for(minutes(20));
  CHECK(world.sql_runs() == 0);
  CHECK(world.violation() == "");
}

TEST_CASE("simulation: a failover while SQL takes long is followed, and the SQL told as lost") {
  World world({.seed = 1, .commands_take = minutes(10)});
  begin_long_sql(world, 1);
  const std::string led = world.leader("hippo");
  world.fail_leader("hippo");
  REQUIRE(world.run_until([&] { return world.settled("hippo", 2) && world.leader("hippo") != led; },
                          minutes(5)));
  CHECK(told(world).find("another instance leads") != std::string::npos);
  CHECK(due(world).empty());
  world.run_for(minutes(20));
  CHECK(world.sql_runs() == 0);
}

TEST_CASE("simulation: an operator that dies while SQL runs is followed by one that tells of it") {
  World world({.seed = 1, .commands_take = minutes(10)});
  begin_long_sql(world, 0);
  world.run_for(minutes(2));
  world.restart_operator();
  world.run_for(minutes(1));
  CHECK(told(world).find("the operator ended") != std::string::npos);
  CHECK(due(world).empty());
  CHECK(world.sql_runs() == 0);
  // The next firing is made as if nothing had been.
  world.run_for(std::chrono::hours(1) + minutes(10));
  CHECK(world.sql_runs() == 1);
  CHECK(told(world).empty());
}
