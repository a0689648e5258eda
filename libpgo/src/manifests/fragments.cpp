#include "fragments.h"

#include "pgo/base/text.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::manifests {
namespace {

Result<std::int64_t> group(std::string_view text) {
  const auto number = text::to_int(text);
  if (number && *number >= 0) return *number;
  return fail(Code::invalid_argument, "the storage's group must be a number", std::string(text));
}

const std::string& either(const std::string& own, const std::string& common) {
  return own.empty() ? common : own;
}

}  // namespace

Result<json::Value> security_context(const model::StorageSpec& storage) {
  json::Object context;
  if (!storage.fs_group.empty()) {
    PGO_TRY(const auto number, group(storage.fs_group));
    context.set("fsGroup", number);
  }
  if (!storage.supplemental_groups.empty()) {
    json::Array groups;
    for (const auto& part : text::split_list(storage.supplemental_groups)) {
      PGO_TRY(const auto number, group(part));
      groups.emplace_back(number);
    }
    context.set("supplementalGroups", std::move(groups));
  }
  return json::Value(std::move(context));
}

json::Value resources(const model::ContainerResources& r) {
  if (!r.complete()) return json::Object{};
  return json::Value::object(
      {{"requests", json::Value::object({{"memory", r.requests_memory}, {"cpu", r.requests_cpu}})},
       {"limits", json::Value::object({{"memory", r.limits_memory}, {"cpu", r.limits_cpu}})}});
}

Result<json::Value> node_affinity(const Renderer& renderer, const NodeChoice& node) {
  if (node.key.empty() || node.value.empty()) return json::Value(json::Object{});
  PGO_TRY(auto rule, renderer.render("affinity.yaml",
                                     json::Object{{"NodeLabelKey", node.key},
                                                  {"NodeLabelValue", node.value},
                                                  {"OperatorValue", node.avoid ? "NotIn" : "In"}}));
  return json::Value::object({{"nodeAffinity", std::move(rule)}});
}

Result<json::Value> affinity(const Renderer& renderer, const model::PgCluster& cluster,
                             const model::Config& config, const NodeChoice& node) {
  PGO_TRY(json::Value result, node_affinity(renderer, node));
  const std::string& own = cluster.spec.pod_anti_affinity;
  const std::string& kind = own.empty() ? config.cluster.pod_anti_affinity : own;
  if (kind != "disabled") {
    PGO_TRY(auto term, renderer.render("pod-anti-affinity-term.yaml",
                                       json::Object{{"ClusterName", cluster.name()}}));
    const bool required = kind == "required";
    json::Value preferred = json::Array{};
    json::Value demanded = json::Array{};
    if (required) {
      demanded.push_back(std::move(term));
    } else {
      preferred.push_back(
          json::Value::object({{"weight", 1}, {"podAffinityTerm", std::move(term)}}));
    }
    PGO_TRY(auto rule, renderer.render("pod-anti-affinity.yaml",
                                       json::Object{{"Preferred", std::move(preferred)},
                                                    {"Required", std::move(demanded)}}));
    result.set("podAntiAffinity", std::move(rule));
  }
  return result;
}

Result<json::Value> s3_environment(const Renderer& renderer, const model::PgCluster& cluster,
                                   const model::Config& config) {
  if (!cluster.uses_s3()) return json::Value(json::Array{});
  const auto& own = cluster.spec;
  const auto& common = config.cluster;
  return renderer.render(
      "pgbackrest-s3-env-vars.yaml",
      json::Object{{"PgbackrestS3Bucket", either(own.s3_bucket, common.s3_bucket)},
                   {"PgbackrestS3Endpoint", either(own.s3_endpoint, common.s3_endpoint)},
                   {"PgbackrestS3Region", either(own.s3_region, common.s3_region)},
                   {"SecretName", model::names::backrest_secret(cluster.name())}});
}

std::string_view repo_type(const model::PgCluster& cluster) {
  return cluster.uses_s3() && !cluster.uses_local_repository() ? "s3" : "posix";
}

bool local_and_s3(const model::PgCluster& cluster) {
  return cluster.uses_s3() && cluster.uses_local_repository();
}

Result<json::Value> port(std::string_view key, std::string_view text) {
  const auto number = text::to_int(text);
  if (number && *number > 0 && *number < 65536) return json::Value(*number);
  return fail(Code::invalid_argument, "must be a port number, not \"" + std::string(text) + "\"",
              std::string(key));
}

}  // namespace pgo::manifests
