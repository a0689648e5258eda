#include "pgo/operations/status.h"

#include "operations/listing.h"
#include "pgo/base/text.h"
#include "pgo/kube/quantity.h"
#include "pgo/model/names.h"

#include <algorithm>

namespace pgo::operations {
namespace {

using model::rest::StatusDetail;

/// "2020-01-02 03:04:05 +0000 UTC", as Go prints a time.
std::string go_time(std::string_view rfc3339) {
  const auto time = parse_rfc3339(rfc3339);
  if (!time) return std::string(rfc3339);
  std::string text = to_rfc3339(*time);
  text[10] = ' ';
  text.replace(text.size() - 1, 1, " +0000 UTC");
  return text;
}

Result<void> operator_start(const Context& context, StatusDetail& detail) {
  PGO_TRY(const std::vector<ObjectPtr> pods,
          context.reader.list(
              kube::types::kPod, context.operator_namespace,
              std::string(model::label::kName) + "=" + std::string(model::fixed::kOperator)));
  if (context.started != TimePoint{}) {
    detail.operator_start_time = go_time(to_rfc3339(context.started));
  }
  for (const ObjectPtr& pod : pods) {
    if ((*pod)["status"]["phase"].as_string() != "Running") continue;
    detail.operator_start_time = go_time((*pod)["status"]["startTime"].as_string());
  }
  return {};
}

Result<void> claims(const Context& context, std::string_view ns, StatusDetail& detail) {
  PGO_TRY(const std::vector<ListedPtr> found,
          context.reader.find(kube::types::kPersistentVolumeClaim, ns,
                              std::string(model::label::kRemovable)));
  detail.num_claims = static_cast<int>(found.size());
  kube::Quantity sum;
  for (const ListedPtr& one : found) {
    const ObjectPtr claim = one->object();
    const json::Value& capacity = (*claim)["status"]["capacity"]["storage"];
    const json::Value& asked = (*claim)["spec"]["resources"]["requests"]["storage"];
    const auto size = kube::Quantity::parse((capacity.is_string() ? capacity : asked).as_string());
    if (size) sum = sum + *size;
  }
  const std::int64_t bytes = sum.value();
  detail.volume_cap = kube::Quantity::whole(bytes, kube::Quantity::Format::binary_si).text();
  return {};
}

Result<void> deployments(const Context& context, std::string_view ns, StatusDetail& detail) {
  PGO_TRY(const std::vector<ListedPtr> found,
          context.reader.find(kube::types::kDeployment, ns, ""));
  std::map<std::string, int> counts;
  for (const ListedPtr& one : found) {
    const auto labels = one->object()->labels();
    if (one->cluster()) ++detail.num_databases;
    for (const auto& [key, value] : labels) ++counts[key + "=" + value];
  }
  for (const auto& [label, count] : counts) detail.labels.push_back({label, count});
  std::ranges::stable_sort(detail.labels, std::ranges::greater{},
                           [](const model::rest::KeyValue& one) { return one.value; });
  return {};
}

Result<void> pods(const Context& context, std::string_view ns, StatusDetail& detail) {
  PGO_TRY(const std::vector<ListedPtr> found,
          context.reader.find(kube::types::kPod, ns, std::string(model::label::kCluster)));
  for (const ListedPtr& one : found) {
    const ObjectPtr pod = one->object();
    for (const json::Value& container : (*pod)["spec"]["containers"].items()) {
      ++detail.db_tags[std::string(container["image"].as_string())];
    }
    const Readiness containers = readiness(*pod);
    const bool is_instance = pod->label(model::label::kDatabase) == model::kTrue;
    if (is_instance && (containers.total == 0 || containers.ready < containers.total)) {
      detail.not_ready.emplace_back(pod->name());
    }
  }
  return {};
}

Result<void> nodes(const Context& context, StatusDetail& detail) {
  PGO_TRY(const std::vector<ObjectPtr> found, context.reader.list(kube::types::kNode, "", ""));
  for (const ObjectPtr& node : found) {
    model::rest::NodeInfo& info = detail.nodes.emplace_back();
    info.name = std::string(node->name());
    const json::Array& conditions = (*node)["status"]["conditions"].items();
    if (!conditions.empty()) info.status = std::string(conditions.back()["type"].as_string());
    for (const auto& [key, value] : node->labels()) info.labels[key] = value;
  }
  return {};
}

}  // namespace

Result<model::rest::StatusResponse> show_status(const Context& context, std::string_view ns) {
  model::rest::StatusResponse response;
  response.status.code = "ok";
  PGO_TRY_VOID(operator_start(context, response.result));
  PGO_TRY_VOID(claims(context, ns, response.result));
  PGO_TRY_VOID(deployments(context, ns, response.result));
  PGO_TRY_VOID(pods(context, ns, response.result));
  PGO_TRY_VOID(nodes(context, response.result));
  return response;
}

}  // namespace pgo::operations
