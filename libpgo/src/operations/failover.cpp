#include "pgo/operations/failover.h"

#include "operations/checks.h"
#include "operations/listing.h"
#include "operations/replication.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"
#include "pgo/model/pgtask.h"

#include <algorithm>

namespace pgo::operations {
namespace {

/// Names of the nodes that pgo.yaml prefers; none without the setting.
Result<std::vector<std::string>> preferred_nodes(const Context& context) {
  std::vector<std::string> names;
  const std::string& selector = context.config.pgo.preferred_failover_node;
  if (selector.empty()) return names;
  PGO_TRY(const std::vector<ObjectPtr> nodes,
          context.reader.list(kube::types::kNode, "", selector));
  for (const ObjectPtr& node : nodes) names.emplace_back(node->name());
  return names;
}

Error refusal(const std::string& target, std::string why) {
  return {.code = Code::failed_precondition, .message = std::move(why), .subject = target};
}

/// K4: the Deployment of exactly that name, not one whose name begins so.
Result<void> check_instance(const Context& context, const std::string& ns,
                            const std::string& cluster, const std::string& target) {
  if (target.empty()) {
    return fail(Code::invalid_argument,
                "The request names no target; pgo failover " + cluster + " --query lists them.",
                "Target");
  }
  ObjectPtr deployment;
  if (text::is_dns1123_label(target)) {
    PGO_TRY(deployment, get_if_exists(context.reader, kube::types::kDeployment, ns, target));
  }
  if (deployment && deployment->label(model::label::kCluster) == cluster &&
      deployment->label(model::label::kDatabase) == model::kTrue && !deployment->being_deleted()) {
    return {};
  }
  return fail(Code::not_found,
              "Cluster " + cluster + " has no instance " + target + "; pgo failover " + cluster +
                  " --query lists the replicas.",
              target);
}

/// It must be able to lead now. The plan looks again before it acts.
Result<void> check_ready_replica(const Context& context, const std::string& ns,
                                 const std::string& cluster, const std::string& target) {
  PGO_TRY(const std::vector<ObjectPtr> pods,
          context.reader.list(kube::types::kPod, ns, model::selector::instances(cluster)));
  const auto is_target = [&](const ObjectPtr& pod) {
    return pod->label(model::label::kDeploymentName) == target && !pod->being_deleted();
  };
  const auto leads = [&](const ObjectPtr& pod) {
    return is_target(pod) && pod->label(model::label::kRole) == model::role::kMaster;
  };
  if (std::ranges::any_of(pods, leads)) {
    return fail(
        refusal(target, target + " is the primary of " + cluster + " already; name a replica."));
  }
  const auto ready = [&](const ObjectPtr& pod) {
    if (!is_target(pod) || pod->label(model::label::kRole) != model::role::kReplica) return false;
    const Readiness containers = readiness(*pod);
    return containers.total > 0 && containers.ready == containers.total;
  };
  if (std::ranges::any_of(pods, ready)) return {};
  return fail(refusal(target, target + " is no ready replica now; wait until pgo test " + cluster +
                                  " says that it is up, or name another."));
}

Result<void> check_not_restoring(const model::PgCluster& cluster) {
  if (cluster.status.state != model::state::kClusterRestoring) return {};
  return fail(
      refusal(cluster.name(), cluster.name() + " is being restored; try again when it is ready."));
}

/// A former request is over or superseded (4.2.0 did the same).
Result<void> remove_former(const Context& context, const std::string& ns, const std::string& task) {
  auto former = context.client.get(kube::types::kPgTask, ns, task);
  if (!former && former.error().code == Code::not_found) return {};
  if (!former) return fail(std::move(former).error());
  kube::DeleteOptions only_this;
  only_this.uid = std::string(former->uid());
  auto removed = context.client.remove(kube::types::kPgTask, ns, task, only_this);
  if (!removed && removed.error().code != Code::not_found) return removed;
  return {};
}

}  // namespace

Result<model::rest::QueryFailoverResponse> query_failover(const Context& context,
                                                          std::string_view ns,
                                                          std::string_view cluster) {
  PGO_TRY_VOID(find_cluster(context, ns, cluster));
  PGO_TRY(const std::vector<ReplicaStatus> replicas, replication_status(context, ns, cluster));
  PGO_TRY(const std::vector<std::string> preferred, preferred_nodes(context));
  model::rest::QueryFailoverResponse response;
  response.status.code = "ok";
  for (const ReplicaStatus& replica : replicas) {
    response.results.push_back(
        {.name = replica.instance,
         .node = replica.node,
         .preferred_node = std::ranges::find(preferred, replica.node) != preferred.end(),
         .replication_lag = replica.lag,
         .status = replica.state,
         .timeline = replica.timeline});
  }
  return response;
}

Result<model::rest::CreateFailoverResponse> create_failover(
    const Context& context, const Caller& caller,
    const model::rest::CreateFailoverRequest& request) {
  const std::string& ns = request.ns;
  PGO_TRY(const model::PgCluster cluster, find_cluster(context, ns, request.cluster_name));
  const std::string& name = cluster.name();
  PGO_TRY_VOID(check_instance(context, ns, name, request.target));
  PGO_TRY_VOID(check_no_removal(context, ns, name));
  PGO_TRY_VOID(check_no_removal(context, ns, request.target));
  PGO_TRY_VOID(check_ready_replica(context, ns, name, request.target));
  PGO_TRY_VOID(check_not_restoring(cluster));

  model::PgTask task =
      model::new_task(ns, model::names::failover_task(name), model::TaskType::failover, name);
  task.metadata.labels[std::string(model::label::kTarget)] = request.target;
  task.metadata.labels[std::string(model::label::kPgouser)] = caller.user;
  task.spec.parameters[name] = name;
  PGO_TRY_VOID(remove_former(context, ns, task.name()));
  PGO_TRY_VOID(context.client.create(kube::types::kPgTask, task.object()));
  context.log.info("failover requested",
                   {{"namespace", ns}, {"cluster", name}, {"target", request.target}});
  model::rest::CreateFailoverResponse response;
  response.results.push_back("created Pgtask (failover) for cluster " + name);
  response.status.code = "ok";
  return response;
}

}  // namespace pgo::operations
