#include "workflows.h"

#include <doctest/doctest.h>

#include <chrono>

namespace pgo::testing {
namespace {

using std::chrono::minutes;

constexpr const char* kTask = "hippo-backrest-diff-backup-schedule";
constexpr const char* kMap = "hippo-pgbackrest-diff";

/// The schedule has fired, its backup has succeeded, and nothing is under way.
bool backed_up(const World& world) {
  const auto task = world.get(kube::types::kPgTask, kTask);
  const auto map = world.get(kube::types::kConfigMap, kMap);
  return task && (*task)["spec"]["status"].as_string() == "job completed" && map &&
         map->annotation("pgo-schedule-due").empty() &&
         task->annotation("pgo-schedule-firing") == map->annotation("pgo-schedule-last");
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
}

}  // namespace pgo::testing
