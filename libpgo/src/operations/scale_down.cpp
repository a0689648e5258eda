#include "operations/checks.h"
#include "operations/removal.h"
#include "pgo/base/text.h"
#include "pgo/json/value.h"
#include "pgo/model/names.h"
#include "pgo/operations/scale.h"

#include <algorithm>
#include <cmath>

namespace pgo::operations {
namespace {

using model::rest::ScaleQueryTargetSpec;

Result<std::vector<ObjectPtr>> replica_pods(const Context& context, std::string_view ns,
                                            std::string_view cluster) {
  return context.reader.list(kube::types::kPod, ns, model::selector::replica_pods(cluster));
}

/// The members as `patronictl list -f json` tells them, asked in one replica's pod.
Result<json::Value> ask_patroni(const Context& context, const kube::Object& pod) {
  kube::ExecRequest request;
  request.ns = std::string(pod.ns());
  request.pod = std::string(pod.name());
  request.container = std::string(model::container::kDatabase);
  request.command = {"patronictl", "list", "-f", "json"};
  PGO_TRY(const kube::ExecResult result, context.client.exec(request));
  if (result.exit_code != 0) {
    return fail(Code::unavailable,
                "Patroni could not be asked in pod " + request.pod + ": patronictl ended with " +
                    std::to_string(result.exit_code) + ".",
                request.pod);
  }
  auto document = json::parse(result.out);
  if (!document) {
    return fail(Code::unavailable, "patronictl in pod " + request.pod + " gave no JSON.",
                request.pod);
  }
  return document;
}

ScaleQueryTargetSpec target_of(const json::Value& member, const std::vector<ObjectPtr>& pods) {
  ScaleQueryTargetSpec target;
  const std::string_view name = member["Member"].as_string();
  // K4: a member is its pod; a prefix test would confuse a cluster with its replicas.
  const auto pod = std::ranges::find(pods, name, [](const ObjectPtr& one) { return one->name(); });
  if (pod != pods.end()) {
    target.name = std::string((*pod)->label(model::label::kDeploymentName));
    target.node = std::string((**pod)["spec"]["nodeName"].as_string());
  }
  const json::Value& lag = member["Lag in MB"];
  target.replication_lag = lag.is_string()
                               ? static_cast<int>(text::to_int(lag.as_string()).value_or(0))
                               : static_cast<int>(std::lround(lag.as_double()));
  target.status = std::string(member["State"].as_string());
  target.timeline = static_cast<int>(member["TL"].as_int());
  return target;
}

}  // namespace

Result<model::rest::ScaleQueryResponse> query_scale(const Context& context, std::string_view ns,
                                                    std::string_view cluster) {
  PGO_TRY_VOID(find_cluster(context, ns, cluster));
  model::rest::ScaleQueryResponse response;
  response.status.code = "ok";
  PGO_TRY(const std::vector<ObjectPtr> pods, replica_pods(context, ns, cluster));
  if (pods.empty()) return response;
  PGO_TRY(const json::Value members, ask_patroni(context, *pods.front()));
  for (const json::Value& member : members.items()) {
    if (member["Role"].as_string() == "Leader") continue;
    response.results.push_back(target_of(member, pods));
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
  PGO_TRY(const std::vector<ObjectPtr> primaries,
          context.reader.list(kube::types::kPod, request.ns,
                              model::selector::primary_pod(request.cluster)));
  for (const ObjectPtr& primary : primaries) {
    if (primary->label(model::label::kDeploymentName) == request.replica) {
      return fail(Code::failed_precondition,
                  request.replica + " is the primary of " + request.cluster +
                      " now; fail over to another instance first.",
                  request.replica);
    }
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
