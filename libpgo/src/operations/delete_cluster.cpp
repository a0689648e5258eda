#include "operations/checks.h"
#include "operations/removal.h"
#include "pgo/operations/clone.h"
#include "pgo/operations/cluster.h"

namespace pgo::operations {
namespace {

/// Of a clone that failed nothing is left but the record of how it ended.
Result<std::vector<std::string>> forget_clones(const Context& context,
                                               const model::rest::DeleteClusterRequest& request,
                                               bool every) {
  if (!every && !request.selector.empty()) return std::vector<std::string>();
  return forget_failed_clones(context, request.ns, every ? std::string() : request.clustername);
}

}  // namespace

Result<model::rest::DeleteClusterResponse> delete_clusters(
    const Context& context, const model::rest::DeleteClusterRequest& request) {
  const bool every = request.clustername == "all";
  if (!every && request.clustername.empty() && request.selector.empty()) {
    return fail(Code::invalid_argument,
                "The request names no cluster to delete; give a name or a selector.",
                "Clustername");
  }
  if (!every && !request.clustername.empty() && !request.selector.empty()) {
    return fail(Code::invalid_argument,
                "The request names the cluster " + request.clustername +
                    " and gives a selector, which may match others; give one of the two.",
                "Selector");
  }
  PGO_TRY(const std::vector<model::PgCluster> clusters,
          select_clusters(context, request.ns, request.selector,
                          every ? std::string() : request.clustername));
  if (clusters.empty() && request.selector.empty() && !every) {
    PGO_TRY(const bool cancelled, cancel_clone(context, request.ns, request.clustername));
    if (cancelled) {
      model::rest::DeleteClusterResponse response;
      response.status.code = "ok";
      response.results.push_back("cancelled clone " + request.clustername);
      return response;
    }
  }
  PGO_TRY(const std::vector<std::string> forgotten, forget_clones(context, request, every));
  if (clusters.empty() && forgotten.empty()) {
    return fail(
        Code::not_found,
        request.selector.empty() && !every
            ? "There is no cluster " + request.clustername + " in namespace " + request.ns + "."
            : "No cluster in namespace " + request.ns + " matches.",
        request.clustername);
  }
  model::rest::DeleteClusterResponse response;
  response.status.code = "ok";
  for (const std::string& clone : forgotten) {
    response.results.push_back("deleted the record of the failed clone " + clone);
  }
  for (const model::PgCluster& cluster : clusters) {
    model::Removal removal;
    removal.cluster = cluster.name();
    removal.scope = cluster.scope();
    removal.delete_data = request.delete_data;
    removal.delete_backups = request.delete_backups;
    auto asked = request_removal(context, request.ns, cluster.name(), removal);
    if (!asked) {
      if (response.results.empty()) return fail(std::move(asked).error());
      response.status = {.code = "error", .msg = asked.error().text()};
      break;
    }
    context.log.info("cluster removal requested",
                     {{"namespace", request.ns}, {"cluster", cluster.name()}});
    response.results.push_back("deleted pgcluster " + cluster.name());
  }
  return response;
}

}  // namespace pgo::operations
