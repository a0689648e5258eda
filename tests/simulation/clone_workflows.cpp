#include "workflows.h"

#include <doctest/doctest.h>

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

/// Of the tasks only the workflow's, which says how it ended.
bool only_told(const World& world, const std::string& cluster, std::string_view reason) {
  std::vector<kube::Object> tasks = world.list(types::kPgTask);
  std::erase_if(tasks, [&](const kube::Object& one) { return one.label("pg-cluster") != cluster; });
  if (tasks.size() != 1 || !tasks.front().name().ends_with("-cloneworkflow")) return false;
  const json::Value& told = tasks.front()["spec"]["parameters"];
  return !told["task failed"].as_string().empty() &&
         told["reason"].as_string().find(reason) != std::string_view::npos;
}

/// Waits until a Job of that beginning is there, then cancels as `pgo delete cluster` does.
void cancel_at(World& world, const std::string& job, const std::string& target) {
  const auto there = [&] {
    return std::ranges::any_of(world.list(types::kJob), [&](const kube::Object& one) {
      return one.name().starts_with(job);
    });
  };
  for (int i = 0; i < 100'000 && !there(); ++i) world.step();
  REQUIRE(there());
  world.cancel_clone(target);
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
                         return only_told(world, "rhino", "restore-rhino") &&
                                nothing_left(world, "rhino") && world.settled("hippo", 1);
                       }});
  for (const auto& [name, job] :
       {std::pair("clone that is cancelled while it copies", "pgo-backrest-repo-sync-rhino"),
        std::pair("clone that is cancelled while it restores", "restore-rhino")}) {
    workflows.push_back({name, [](World& world) { created(world, 0); },
                         [job](World& world) {
                           world.clone("hippo", "rhino");
                           cancel_at(world, job, "rhino");
                         },
                         [](const World& world) {
                           return only_told(world, "rhino", "cancelled") &&
                                  nothing_left(world, "rhino") && world.settled("hippo", 1);
                         }});
  }
}

}  // namespace pgo::testing
