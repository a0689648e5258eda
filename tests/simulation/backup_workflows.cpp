#include "pgo/model/names.h"
#include "pgo/model/status.h"
#include "workflows.h"

#include <doctest/doctest.h>

namespace pgo::testing {
namespace {

std::string status_of(const World& world, const std::string& task) {
  const auto found = world.get(kube::types::kPgTask, task);
  return found ? std::string((*found)["spec"]["status"].as_string()) : std::string();
}

bool dumped(const World& world) {
  return status_of(world, model::names::pgdump_task("hippo"))
      .starts_with(model::progress::kJobCompleted);
}

}  // namespace

void add_backup_workflows(std::vector<Workflow>& workflows) {
  const std::string backup = model::names::backup("hippo");
  workflows.insert(
      workflows.end(),
      {{"a backup on request", [](World& world) { created(world, 0); },
        [](World& world) { world.back_up("hippo", "--type=incr"); },
        [=](const World& world) {
          return status_of(world, backup) == model::progress::kJobCompleted;
        }},
       {"a backup that fails for good",
        [=](World& world) {
          created(world, 0);
          world.pod_fails = [=](const std::string& pod) { return pod.starts_with(backup); };
        },
        [](World& world) { world.back_up("hippo", "--type=incr"); },
        [=](const World& world) { return status_of(world, backup) == model::progress::kJobError; }},
       {"a dump", [](World& world) { created(world, 0); },
        [](World& world) { world.dump("hippo"); }, dumped},
       {"delete backup",
        [](World& world) {
          created(world, 0);
          world.dump("hippo");
          REQUIRE(world.run_until([&] { return dumped(world); }));
        },
        [](World& world) { world.delete_dumps("hippo"); },
        [](const World& world) {
          return world.settled("hippo", 1) &&
                 !world.get(kube::types::kPgTask, model::names::backup_removal_task("hippo")) &&
                 !world.get(kube::types::kPersistentVolumeClaim,
                            model::names::pgdump_volume("hippo"));
        }}});
}

}  // namespace pgo::testing
