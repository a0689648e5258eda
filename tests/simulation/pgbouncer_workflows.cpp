#include "pgo/model/names.h"
#include "workflows.h"

namespace pgo::testing {
namespace {

namespace types = kube::types;

constexpr const char* kPool = "hippo-pgbouncer";

/// Its objects are there, and the account in the databases of this scope.
bool pooled(const World& world, std::string_view scope) {
  const auto secret = world.get(types::kSecret, "hippo-pgbouncer-secret");
  const auto cluster = world.get(types::kPgCluster, "hippo");
  return secret && cluster && world.get(types::kDeployment, kPool) &&
         world.get(types::kService, kPool) &&
         secret->annotation(model::annotation::kPoolReady) ==
             std::string(cluster->uid()) + "/" + std::string(scope);
}

void with_pool(World& world) {
  created(world, 0);
  world.add_pool("hippo");
  world.run_until([&] { return pooled(world, "hippo"); });
}

bool tasks_ended(const World& world) {
  return !world.get(types::kPgTask, model::names::pgbouncer_add_task("hippo")) &&
         !world.get(types::kPgTask, model::names::pgbouncer_delete_task("hippo"));
}

}  // namespace

void add_pgbouncer_workflows(std::vector<Workflow>& workflows) {
  workflows.push_back({"pgbouncer", [](World& world) { created(world, 0); },
                       [](World& world) { world.add_pool("hippo"); },
                       [](const World& world) {
                         return world.settled("hippo", 1) && pooled(world, "hippo") &&
                                tasks_ended(world);
                       }});
  workflows.push_back(
      {"removal of pgbouncer", with_pool, [](World& world) { world.remove_pool("hippo"); },
       [](const World& world) {
         const auto cluster = world.get(types::kPgCluster, "hippo");
         return world.settled("hippo", 1) && tasks_ended(world) && cluster &&
                cluster->label("crunchy-pgbouncer") == "false" &&
                !world.get(types::kDeployment, kPool) && !world.get(types::kService, kPool) &&
                !world.get(types::kSecret, "hippo-pgbouncer-secret");
       }});
  workflows.push_back({"restore with pgbouncer", with_pool,
                       [](World& world) { world.restore("hippo", "hippo-wxyz"); },
                       [](const World& world) {
                         return world.settled("hippo", 1) && pooled(world, "hippo-wxyz");
                       }});
}

}  // namespace pgo::testing
