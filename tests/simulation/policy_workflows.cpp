#include "pgo/model/names.h"
#include "pgo/model/pgpolicy.h"
#include "workflows.h"

namespace pgo::testing {

void add_policy_workflows(std::vector<Workflow>& workflows) {
  workflows.push_back({"policy at creation",
                       [](World& world) { world.create_policy("audit", "select 1"); },
                       [](World& world) {
                         world.ask_for_policy("hippo", "audit");
                         world.create_cluster("hippo", 0);
                       },
                       [](const World& world) {
                         const auto cluster = world.get(kube::types::kPgCluster, "hippo");
                         return world.settled("hippo", 1) && cluster &&
                                cluster->label("audit") == model::label::kPolicyValue &&
                                !world.get(kube::types::kPgTask, "hippo-policies");
                       }});
}

}  // namespace pgo::testing
