#include "pgo/operations/scale.h"

#include "operations/checks.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"
#include "pgo/model/pgreplica.h"

#include <algorithm>

namespace pgo::operations {
namespace {

struct CheckedScale {
  unsigned count = 0;
  model::StorageSpec storage;
  model::ContainerResources resources;
  model::Labels user_labels;
};

Result<unsigned> check_count(const std::string& sent) {
  const auto count = text::to_int(sent);
  if (!count || *count < 1 || *count > kMaxReplicas) {
    return fail(Code::invalid_argument,
                "The replica count is \"" + sent + "\"; it must be a number from 1 to " +
                    std::to_string(kMaxReplicas) + ".",
                "replica-count");
  }
  return static_cast<unsigned>(*count);
}

/// What is wrong with the value of a query parameter, which is also that of an option of pgo.
template <typename T>
Result<T> given_as(std::string_view parameter, Result<T> value) {
  if (value) return value;
  Error error = std::move(value).error().with_context("--" + std::string(parameter));
  error.subject = parameter;
  return fail(std::move(error));
}

Result<CheckedScale> check(const Context& context, const ScaleRequest& request,
                           const model::PgCluster& cluster) {
  CheckedScale checked;
  const model::Config& config = context.config;
  PGO_TRY(checked.count, check_count(request.replica_count));
  PGO_TRY_VOID(check_service_type(request.service_type));
  PGO_TRY(const auto node_label,
          check_node_label(
              context,
              request.node_label.empty() ? config.cluster.replica_node_label : request.node_label,
              "node-label"));
  checked.storage = cluster.spec.replica_storage;
  checked.storage.name.clear();
  if (!request.storage_config.empty()) {
    // O10: 4.2.0 made a replica with empty storage of an unknown name.
    PGO_TRY(checked.storage,
            given_as("storage-config", config.storage_spec(request.storage_config)));
  }
  if (request.resources_config.empty()) {
    PGO_TRY(checked.resources, config.resources(config.default_container_resources));
  } else {
    PGO_TRY(checked.resources,
            given_as("resources-config", config.resources(request.resources_config)));
  }
  checked.user_labels = cluster.spec.user_labels;
  const auto set = [&](std::string_view key, const std::string& value) {
    checked.user_labels.insert_or_assign(std::string(key), value);
  };
  if (!request.image_tag.empty()) set(model::label::kImageTag, request.image_tag);
  if (!request.service_type.empty()) set(model::label::kServiceType, request.service_type);
  set(model::label::kNodeLabelKey, node_label ? node_label->first : std::string());
  set(model::label::kNodeLabelValue, node_label ? node_label->second : std::string());
  return checked;
}

/// A replica's name also names its Deployment, its claim and its removal task; a name of which any
/// of these is left would take over old data or be removed again.
Result<bool> is_free(const Context& context, const std::string& ns, const std::string& name) {
  PGO_TRY(const ObjectPtr replica,
          get_if_exists(context.reader, kube::types::kPgReplica, ns, name));
  if (replica) return false;
  PGO_TRY(const ObjectPtr deployment,
          get_if_exists(context.reader, kube::types::kDeployment, ns, name));
  if (deployment) return false;
  PGO_TRY(const ObjectPtr claim, get_if_exists(context.reader, kube::types::kPersistentVolumeClaim,
                                               ns, model::names::data_volume(name)));
  if (claim) return false;
  PGO_TRY(const ObjectPtr removal, get_if_exists(context.reader, kube::types::kPgTask, ns,
                                                 model::names::removal_task(name)));
  return !removal;
}

model::PgReplica new_replica(const Caller& caller, const model::PgCluster& cluster,
                             const CheckedScale& checked, const std::string& ns,
                             const std::string& name) {
  model::PgReplica replica;
  replica.metadata.name = name;
  replica.metadata.ns = ns;
  const auto set = [&](std::string_view key, std::string_view value) {
    replica.metadata.labels.insert_or_assign(std::string(key), std::string(value));
  };
  set(model::label::kName, name);
  set(model::label::kCluster, cluster.name());
  set(model::label::kClusterId, cluster.metadata.label(model::label::kClusterId));
  set(model::label::kPgouser, caller.user);
  replica.spec.ns = ns;
  replica.spec.name = name;
  replica.spec.cluster_name = cluster.name();
  replica.spec.storage = checked.storage;
  replica.spec.container_resources = checked.resources;
  replica.spec.user_labels = checked.user_labels;
  replica.status.state = std::string(model::state::kReplicaCreated);
  replica.status.message = std::string(kNotProcessed);
  return replica;
}

}  // namespace

Result<model::rest::ClusterScaleResponse> scale(const Context& context, const Caller& caller,
                                                const ScaleRequest& request) {
  if (request.cluster == "all") {
    return fail(Code::invalid_argument, "Clusters are scaled one by one; \"all\" is no cluster.",
                "name");
  }
  PGO_TRY(const model::PgCluster cluster, find_cluster(context, request.ns, request.cluster));
  PGO_TRY_VOID(check_no_removal(context, request.ns, request.cluster));
  PGO_TRY(const CheckedScale checked, check(context, request, cluster));
  PGO_TRY_VOID(check_not_anothers(context, kube::types::kService, request.ns,
                                  model::names::replica_service(cluster.name()), cluster.name(),
                                  "name"));

  model::rest::ClusterScaleResponse response;
  response.status.code = "ok";
  // The first ordinals belong to the replicas that the cluster was created with.
  unsigned ordinal = static_cast<unsigned>(
      std::max<std::int64_t>(0, text::to_int(cluster.spec.replicas).value_or(0)));
  while (response.results.size() < checked.count) {
    const std::string name = model::names::replica(cluster.name(), cluster.metadata.uid, ordinal++);
    PGO_TRY(const bool is_new, is_free(context, request.ns, name));
    if (!is_new) continue;
    const model::PgReplica replica = new_replica(caller, cluster, checked, request.ns, name);
    auto created = context.client.create(kube::types::kPgReplica, replica.object());
    if (!created && created.error().code == Code::already_exists) continue;
    if (!created) {
      if (response.results.empty()) return fail(std::move(created).error());
      response.status = {.code = "error", .msg = created.error().text()};
      break;
    }
    context.log.info("replica requested", {{"namespace", request.ns}, {"replica", name}});
    response.results.push_back("created Pgreplica " + name);
  }
  return response;
}

}  // namespace pgo::operations
