#include "operations/checks.h"
#include "pgo/model/names.h"
#include "pgo/operations/cluster.h"

namespace pgo::operations {
namespace {

/// All, else those of the selector, else each by its name.
Result<std::vector<model::PgCluster>> wanted(const Context& context,
                                             const model::rest::UpdateClusterRequest& request) {
  if (request.all_flag || !request.selector.empty()) {
    return select_clusters(context, request.ns, request.all_flag ? "" : request.selector, "");
  }
  std::vector<model::PgCluster> clusters;
  for (const std::string& name : request.clustername) {
    PGO_TRY(model::PgCluster cluster, find_cluster(context, request.ns, name));
    clusters.push_back(std::move(cluster));
  }
  return clusters;
}

}  // namespace

Result<model::rest::UpdateClusterResponse> update_clusters(
    const Context& context, const model::rest::UpdateClusterRequest& request) {
  PGO_TRY(const std::vector<model::PgCluster> clusters, wanted(context, request));
  if (clusters.empty()) return fail(Code::not_found, "No cluster matches.");
  if (!request.autofail) {
    return fail(Code::invalid_argument,
                "There is nothing to update; say whether autofail is to be on or off.", "Autofail");
  }
  for (const model::PgCluster& cluster : clusters) {
    PGO_TRY_VOID(check_no_removal(context, request.ns, cluster.name()));
  }
  model::rest::UpdateClusterResponse response;
  response.status.code = "ok";
  for (const model::PgCluster& cluster : clusters) {
    json::Value body;
    json::Value& metadata = body.at_or_add("metadata");
    metadata.set("uid", cluster.metadata.uid);
    metadata.at_or_add("labels").set(model::label::kAutofail,
                                     *request.autofail ? model::kTrue : model::kFalse);
    auto patched = context.client.patch(kube::types::kPgCluster, request.ns, cluster.name(),
                                        kube::PatchType::merge, body);
    if (!patched) {
      if (response.results.empty()) return fail(std::move(patched).error());
      response.status = {.code = "error", .msg = patched.error().text()};
      break;
    }
    context.log.info("cluster updated", {{"namespace", request.ns}, {"cluster", cluster.name()}});
    response.results.push_back("updated pgcluster " + cluster.name());
  }
  return response;
}

}  // namespace pgo::operations
