#include "workflows.h"

#include <doctest/doctest.h>

#include <chrono>

namespace pgo::testing {
namespace {

using std::chrono::minutes;

constexpr const char* kMap = "hippo-pgbackrest-diff";
constexpr const char* kPolicyMap = "hippo-policy-audit";

/// The schedule of this type has fired, its backup has succeeded, and nothing is under way.
bool backed_up_by(const World& world, const std::string& type) {
  const auto task = world.get(kube::types::kPgTask, "hippo-backrest-" + type + "-backup-schedule");
  const auto map = world.get(kube::types::kConfigMap, "hippo-pgbackrest-" + type);
  return task && (*task)["spec"]["status"].as_string() == "job completed" && map &&
         map->annotation("pgo-schedule-due").empty() &&
         task->annotation("pgo-schedule-firing") == map->annotation("pgo-schedule-last");
}

bool backed_up(const World& world) { return backed_up_by(world, "diff"); }

/// The SQL has run once, whatever happened, and how it ended is told. Where that was lost, or it
/// was cut off before it began, it is told that nobody knows.
bool sql_ran(const World& world, bool failed) {
  const auto map = world.get(kube::types::kConfigMap, kPolicyMap);
  if (!map || map->annotation("pgo-schedule-last").empty()) return false;
  if (!map->annotation("pgo-schedule-due").empty()) return false;
  const std::string_view told = map->annotation("pgo-command-failed");
  if (told.starts_with("whether it took effect is not known: ")) return world.sql_runs() <= 1;
  return world.sql_runs() == 1 && told == (failed ? "ERROR: division by zero" : "");
}

void cluster_with_policy(World& world) {
  created(world, 0);
  world.create_policy("audit", "select 1");
}

/// A schedule that fires then and not again for a year.
std::string once_in(World& world, minutes time) {
  const auto when = std::chrono::floor<minutes>(world.clock.now()) + time;
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{when - day};
  return std::to_string(clock.minutes().count()) + " " + std::to_string(clock.hours().count()) +
         " " + std::to_string(static_cast<unsigned>(date.day())) + " " +
         std::to_string(static_cast<unsigned>(date.month())) + " *";
}

void ask_for_sql(World& world) {
  world.schedule_policy("hippo", "audit", once_in(world, minutes(5)));
}

}  // namespace

void add_schedule_workflows(std::vector<Workflow>& workflows) {
  workflows.push_back(
      {"a schedule fires", [](World& world) { created(world, 0); },
       [](World& world) { world.schedule("hippo", "diff", once_in(world, minutes(5))); },
       backed_up});
  workflows.push_back({"a schedule fires again",
                       [](World& world) {
                         created(world, 0);
                         world.schedule("hippo", "diff", once_in(world, minutes(2)));
                         REQUIRE(world.run_until([&] { return backed_up(world); }));
                       },
                       [](World& world) {
                         world.delete_schedule(kMap);
                         world.schedule("hippo", "diff", once_in(world, minutes(5)));
                       },
                       backed_up});
  workflows.push_back(
      {"two schedules fire in one minute", [](World& world) { created(world, 0); },
       [](World& world) {
         for (const char* type : {"diff", "full"}) {
           world.schedule("hippo", type, once_in(world, minutes(5)));
         }
       },
       [](const World& world) { return backed_up(world) && backed_up_by(world, "full"); }});
  workflows.push_back({"a schedule of a policy fires", cluster_with_policy, ask_for_sql,
                       [](const World& world) { return sql_ran(world, false); }});
  workflows.push_back({"a schedule of a policy fires and its SQL fails",
                       [](World& world) {
                         cluster_with_policy(world);
                         world.sql_fails = true;
                       },
                       ask_for_sql, [](const World& world) { return sql_ran(world, true); }});
}

}  // namespace pgo::testing
