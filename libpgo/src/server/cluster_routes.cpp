#include "pgo/base/text.h"
#include "pgo/json/encode_items.h"
#include "pgo/model/permissions.h"
#include "pgo/operations/cluster.h"
#include "pgo/operations/scale.h"
#include "pgo/operations/test.h"
#include "server/route.h"

#include <optional>
#include <string>
#include <utility>

namespace pgo::server {
namespace {

namespace permission = model::permission;
namespace rest = model::rest;

Result<rest::CreateClusterResponse> create(const Call& call,
                                           const rest::CreateClusterRequest& request) {
  return operations::create_cluster(call.context, call.caller, request);
}

Result<Written<rest::ShowClusterResponse>> show(const Call& call,
                                                const rest::ShowClusterRequest& request) {
  PGO_TRY(auto shown, operations::ShownClusters::find(call.context, request));
  rest::ShowClusterResponse around;
  around.status.code = "ok";
  std::optional<Error> failed;
  std::optional<rest::ShowClusterDetail> held;
  const auto next = [&]() -> const rest::ShowClusterDetail* {
    auto detail = shown.next();
    if (!detail) {
      failed = std::move(detail).error();
      return nullptr;
    }
    held = *std::move(detail);
    return held ? &*held : nullptr;
  };
  std::string text = json::encode_items<rest::ShowClusterResponse, rest::ShowClusterDetail>(
      around, &rest::ShowClusterResponse::results, shown.size(), next, json::Escapes::go);
  if (failed) return fail(*std::move(failed));
  return Written<rest::ShowClusterResponse>{std::move(text)};
}

Result<rest::DeleteClusterResponse> remove(const Call& call,
                                           const rest::DeleteClusterRequest& request) {
  return operations::delete_clusters(call.context, request);
}

Result<rest::UpdateClusterResponse> update(const Call& call,
                                           const rest::UpdateClusterRequest& request) {
  return operations::update_clusters(call.context, request);
}

Result<rest::ClusterTestResponse> test(const Call& call, const rest::ClusterTestRequest& request) {
  return operations::test_clusters(call.context, request);
}

Result<rest::ClusterScaleResponse> scale(const Call& call) {
  operations::ScaleRequest request;
  request.cluster = call.variable("name");
  request.ns = call.parameter("namespace");
  request.replica_count = call.parameter("replica-count");
  request.resources_config = call.parameter("resources-config");
  request.storage_config = call.parameter("storage-config");
  request.node_label = call.parameter("node-label");
  request.image_tag = call.parameter("ccp-image-tag");
  request.service_type = call.parameter("service-type");
  return operations::scale(call.context, call.caller, request);
}

Result<rest::ScaleQueryResponse> query_scale(const Call& call) {
  return operations::query_scale(call.context, call.parameter("namespace"), call.variable("name"));
}

Result<rest::ScaleDownResponse> scale_down(const Call& call) {
  operations::ScaleDownRequest request;
  request.cluster = call.variable("name");
  request.ns = call.parameter("namespace");
  request.replica = call.parameter("replica-name");
  const auto delete_data = text::to_bool(call.parameter("delete-data"));
  if (!delete_data) {
    return fail(
        Code::invalid_argument,
        "delete-data is \"" + call.parameter("delete-data") + "\"; it must be true or false.",
        "delete-data");
  }
  request.delete_data = *delete_data;
  return operations::scale_down(call.context, request);
}

}  // namespace

void add_cluster_routes(std::vector<Route>& routes) {
  routes.push_back(body_route("POST", "/clusters", permission::kCreateCluster, create));
  routes.push_back(body_route("POST", "/showclusters", permission::kShowCluster, show));
  routes.push_back(body_route("POST", "/clustersdelete", permission::kDeleteCluster, remove));
  routes.push_back(body_route("POST", "/clustersupdate", permission::kUpdateCluster, update));
  routes.push_back(body_route("POST", "/testclusters", permission::kTestCluster, test));
  routes.push_back(query_route("", "/clusters/scale/{name}", permission::kScaleCluster, scale));
  routes.push_back(query_route("GET", "/scale/{name}", permission::kScaleCluster, query_scale));
  routes.push_back(query_route("GET", "/scaledown/{name}", permission::kScaleCluster, scale_down));
}

}  // namespace pgo::server
