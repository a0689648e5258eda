#include "pgo/model/restore.h"
#include "workflows.h"

#include <algorithm>

namespace pgo::testing {
namespace {

namespace types = kube::types;

constexpr const char* kVolume = "hippo-wxyz";

std::string status_of_task(const World& world) {
  const auto task = world.get(types::kPgTask, model::names::restore_task("hippo", kVolume));
  return task ? std::string((*task)["spec"]["status"].as_string()) : "";
}

bool deleted(const World& world, std::string_view what) {
  return std::ranges::any_of(world.writes(), [&](const std::string& write) {
    return write.starts_with("DELETE ") && write.find(what) != std::string::npos;
  });
}

}  // namespace

void add_restore_workflows(std::vector<Workflow>& workflows) {
  workflows.push_back({"restore with a replica", [](World& world) { created(world, 1); },
                       [](World& world) { world.restore("hippo", kVolume); },
                       [](const World& world) {
                         const auto cluster = world.get(types::kPgCluster, "hippo");
                         return world.settled("hippo", 2) && status_of_task(world) == "completed" &&
                                cluster && cluster->label("crunchy-pgha-scope") == kVolume &&
                                world.get(types::kPersistentVolumeClaim, "hippo") &&
                                !world.get(types::kDeployment, "hippo") &&
                                !world.get(types::kConfigMap, "hippo-config");
                       }});
  workflows.push_back({"restore whose Job fails",
                       [](World& world) {
                         created(world, 0);
                         world.fail_jobs("restore-hippo");
                       },
                       [](World& world) { world.restore("hippo", kVolume); },
                       [](const World& world) {
                         return world.settled("hippo", 1) && status_of_task(world) == "failed" &&
                                !world.get(types::kPersistentVolumeClaim, kVolume) &&
                                !deleted(world, "/deployments/");
                       }});
}

}  // namespace pgo::testing
