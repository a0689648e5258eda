#include "operations/checks.h"
#include "operations/removal.h"
#include "operations/replication.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"
#include "pgo/operations/scale.h"

#include <algorithm>

namespace pgo::operations {

Result<model::rest::ScaleQueryResponse> query_scale(const Context& context, std::string_view ns,
                                                    std::string_view cluster) {
  PGO_TRY(const model::PgCluster found, find_cluster(context, ns, cluster));
  model::rest::ScaleQueryResponse response;
  response.status.code = "ok";
  PGO_TRY(const std::vector<ReplicaStatus> replicas, removable_instances(context, found));
  for (const ReplicaStatus& replica : replicas) {
    response.results.push_back({.name = replica.instance,
                                .node = replica.node,
                                .replication_lag = replica.lag,
                                .status = replica.state,
                                .timeline = replica.timeline});
  }
  return response;
}

Result<model::rest::ScaleDownResponse> scale_down(const Context& context,
                                                  const ScaleDownRequest& request) {
  PGO_TRY(const model::PgCluster cluster, find_cluster(context, request.ns, request.cluster));
  PGO_TRY_VOID(check_no_removal(context, request.ns, request.cluster));
  if (!text::is_dns1123_label(request.replica)) {
    return fail(Code::invalid_argument, "The request names no replica to remove.", "replica-name");
  }
  PGO_TRY(const ObjectPtr replica,
          get_if_exists(context.reader, kube::types::kPgReplica, request.ns, request.replica));
  PGO_TRY(const ObjectPtr deployment,
          get_if_exists(context.reader, kube::types::kDeployment, request.ns, request.replica));
  const auto belongs = [&](const ObjectPtr& object) {
    return object && object->label(model::label::kCluster) == request.cluster;
  };
  const bool is_instance =
      belongs(deployment) && deployment->label(model::label::kDatabase) == model::kTrue;
  if (!belongs(replica) && !is_instance) {
    return fail(Code::not_found,
                "Cluster " + request.cluster + " has no replica " + request.replica + ".",
                request.replica);
  }
  PGO_TRY(const std::vector<std::string> leading, leading_instances(context, cluster));
  const bool is_going = !deployment || deployment->being_deleted();
  if (!is_going && std::ranges::find(leading, request.replica) != leading.end()) {
    return fail(Code::failed_precondition,
                request.replica + " is the primary of " + request.cluster +
                    " now; fail over to another instance first.",
                request.replica);
  }
  model::Removal removal;
  removal.cluster = request.cluster;
  removal.scope = cluster.scope();
  removal.replica = request.replica;
  removal.is_replica = true;
  removal.delete_data = request.delete_data;
  removal.delete_backups = false;
  PGO_TRY_VOID(request_removal(context, request.ns, request.replica, removal));
  model::rest::ScaleDownResponse response;
  response.results.push_back("deleted Pgreplica " + request.replica);
  response.status.code = "ok";
  return response;
}

}  // namespace pgo::operations
