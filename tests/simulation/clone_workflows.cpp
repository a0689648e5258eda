#include "workflows.h"

#include <algorithm>

namespace pgo::testing {
namespace {

namespace types = kube::types;

/// The clone's tasks, by how they ended.
std::size_t tasks_that(const World& world, std::string_view status) {
  std::size_t count = 0;
  for (const kube::Object& task : world.list(types::kPgTask)) {
    if (task.label("pgo-clone") == "true" && task["spec"]["status"].as_string() == status) ++count;
  }
  return count;
}

bool nothing_left(const World& world, const std::string& cluster) {
  const auto left = [&](const kube::ResourceType& type) {
    const auto all = world.list(type);
    return std::ranges::any_of(
        all, [&](const kube::Object& one) { return one.label("pg-cluster") == cluster; });
  };
  return !left(types::kPersistentVolumeClaim) && !left(types::kSecret) && !left(types::kJob) &&
         !left(types::kDeployment) && !left(types::kService) && !left(types::kPod) &&
         !world.get(types::kPgCluster, cluster);
}

}  // namespace

void add_clone_workflows(std::vector<Workflow>& workflows) {
  workflows.push_back({"clone", [](World& world) { created(world, 0); },
                       [](World& world) { world.clone("hippo", "rhino"); },
                       [](const World& world) {
                         return world.settled("rhino", 1) && world.settled("hippo", 1) &&
                                tasks_that(world, "completed") == 3;
                       }});
  workflows.push_back({"clone whose Job fails",
                       [](World& world) {
                         created(world, 0);
                         world.fail_jobs("restore-rhino");
                       },
                       [](World& world) { world.clone("hippo", "rhino"); },
                       [](const World& world) {
                         return tasks_that(world, "failed") == 1 &&
                                tasks_that(world, "completed") == 1 &&
                                nothing_left(world, "rhino") && world.settled("hippo", 1);
                       }});
}

}  // namespace pgo::testing
