#include "pgo/plan/cluster.h"

#include "pgo/manifests/cluster.h"
#include "pgo/manifests/instance.h"
#include "pgo/manifests/repo.h"
#include "pgo/model/config.h"
#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgreplica.h"
#include "render.h"
#include "work.h"

#include <algorithm>
#include <charconv>

// Creation of a cluster (contract 4.2): everything up to the first primary's Deployment. It is done
// when spec.status says so; until then each look asks for what is still missing.
namespace pgo::plan {
namespace {

namespace types = kube::types;
using json::Value;

void acknowledge(Work& work) {
  const Cluster& cluster = *work.view.cluster;
  if (cluster.state.empty() || cluster.state == model::state::kClusterCreated) {
    work.plan.patch(
        types::kPgCluster, cluster.meta,
        Value::object({{"status", Value::object({{"state", model::state::kClusterProcessed},
                                                 {"message", "the cluster is being made"}})}}),
        "the operator has seen it");
  }
  for (const auto& task : work.view.tasks) {
    if (task->type != model::to_string(model::TaskType::workflow) &&
        task->type != model::to_string(model::TaskType::add_policies)) {
      continue;
    }
    if (task->state == model::state::kTaskProcessed || task->meta.deleting) continue;
    work.plan.patch(types::kPgTask, task->meta, processed_task(), "the operator has seen it");
  }
}

/// Requests make the secrets; a pgcluster made by hand has none.
void secrets(Work& work) {
  const model::PgCluster& cluster = *work.view.cluster->object;
  const manifests::Renderer& renderer = *work.settings.renderer;
  struct Credential {
    std::string secret;
    std::string user;
  };
  const std::string& ns = work.view.ns;
  const std::string& name = work.view.name;
  const Credential credentials[] = {
      {cluster.spec.root_secret_name.empty() ? model::names::postgres_secret(name)
                                             : cluster.spec.root_secret_name,
       std::string(model::fixed::kSuperuser)},
      {cluster.spec.primary_secret_name.empty() ? model::names::primaryuser_secret(name)
                                                : cluster.spec.primary_secret_name,
       std::string(model::fixed::kReplicationUser)},
      {cluster.spec.user_secret_name.empty() ? model::names::user_secret(name, cluster.spec.user)
                                             : cluster.spec.user_secret_name,
       cluster.spec.user},
  };
  for (const Credential& credential : credentials) {
    if (credential.user.empty() || work.view.secret(credential.secret) != nullptr) continue;
    auto secret =
        manifests::credentials_secret(renderer, ns, name, credential.secret, credential.user, {});
    if (!secret) {
      work.plan.wait(Reason::render_failed, "Secret", secret.error().text());
      continue;
    }
    work.plan.create_secret(*std::move(secret), Generated::password, "the database's users");
  }
  // Without it the pods of a cluster with metrics could not mount their volumes.
  if (cluster.user_label(model::label::kCollect) == model::kTrue &&
      work.view.secret(model::names::collect_secret(name)) == nullptr) {
    work.plan.create(types::kSecret,
                     manifests::collect_secret(renderer, cluster, *work.settings.config),
                     "the metrics container's user");
  }
  if (work.view.secret(model::names::backrest_secret(name)) != nullptr) return;
  auto secret = manifests::repo_secret(renderer, ns, name, manifests::default_repo_files());
  if (!secret) return work.plan.wait(Reason::render_failed, "Secret", secret.error().text());
  work.plan.create_secret(*std::move(secret), Generated::repo_key, "the repository's ssh keys");
}

bool lacks_stateless_parts(const ClusterView& view) {
  return view.service(model::names::primary_service(view.name)) == nullptr ||
         view.service(model::names::repo_service(view.name)) == nullptr ||
         view.deployment(model::names::repo_deployment(view.name)) == nullptr;
}

/// The Service of the primary and the repository. They hold no data, so they are made again should
/// somebody remove them.
bool stateless_parts(Work& work, const model::PgCluster& cluster) {
  const ClusterView& view = work.view;
  const manifests::Renderer& renderer = *work.settings.renderer;
  Plan& plan = work.plan;
  bool fine = true;
  if (view.service(model::names::primary_service(view.name)) == nullptr) {
    fine &= plan.create(types::kService,
                        manifests::primary_service(renderer, cluster, *work.settings.config),
                        "how clients reach the primary");
  }
  if (view.service(model::names::repo_service(view.name)) == nullptr) {
    fine &= plan.create(types::kService, manifests::repo_service(renderer, cluster),
                        "how instances reach the repository");
  }
  return fine;
}

bool repository_deployment(Work& work, const model::PgCluster& cluster) {
  if (work.view.deployment(model::names::repo_deployment(work.view.name)) != nullptr) return true;
  return work.plan.create(
      types::kDeployment,
      manifests::repo_deployment(*work.settings.renderer, cluster, *work.settings.config),
      "the backup repository");
}

bool repository(Work& work, const model::PgCluster& cluster) {
  const ClusterView& view = work.view;
  const std::string volume = model::names::repo_volume(view.name);
  const model::StorageSpec& storage = cluster.spec.backrest_storage;
  if (!stays(work, volume)) return false;
  if (manifests::makes_claim(storage) && view.volume(volume) == nullptr) {
    if (!work.plan.create(
            types::kPersistentVolumeClaim,
            manifests::volume(*work.settings.renderer, view.ns, view.name, volume, storage),
            "the repository needs a volume", /*adopt=*/true)) {
      return false;
    }
  }
  return repository_deployment(work, cluster);
}

/// The instance that a cluster begins with, by which its volume and Patroni's scope are called too:
/// of kept data the one that led last, otherwise the cluster's own name.
std::string first_name(const ClusterView& view, const model::PgCluster& cluster) {
  if (!manifests::makes_claim(cluster.spec.primary_storage)) return view.name;
  for (const auto& volume : view.volumes) {
    if (volume->led_last && !volume->pgdump) return volume->meta.name;
  }
  return view.name;
}

Result<kube::Object> first_deployment(const Work& work, const model::PgCluster& cluster,
                                      const std::string& name) {
  const manifests::Renderer& renderer = *work.settings.renderer;
  const model::Config& config = *work.settings.config;
  const manifests::InstanceExtras extras{.custom_config = work.view.custom_config_name()};
  if (name == work.view.name) return manifests::primary(renderer, cluster, config, extras);
  return manifests::restored_primary(renderer, cluster, name, config, extras);
}

bool first_instance(Work& work, const model::PgCluster& cluster, const std::string& name) {
  const ClusterView& view = work.view;
  if (view.config_map(model::names::default_config(view.name)) == nullptr &&
      !work.plan.create(
          types::kConfigMap,
          manifests::default_config(*work.settings.renderer, cluster, *work.settings.config,
                                    !view.custom_config_has_patroni()),
          "how the instances are set up")) {
    return false;
  }
  if (view.deployment(name) != nullptr) return true;
  return work.plan.create(types::kDeployment, first_deployment(work, cluster, name),
                          "the first primary");
}

/// Labels that the pgcluster gets: the user labels that Kubernetes accepts, and ours.
Value cluster_labels(const model::PgCluster& cluster, const std::string& first) {
  Value labels = Value::object();
  for (const auto& [key, value] : cluster.spec.user_labels) {
    if (model::is_label_key(key) && model::is_label_value(value)) labels.set(key, value);
  }
  labels.set(model::label::kName, cluster.name());
  labels.set(model::label::kCluster, cluster.name());
  labels.set(model::label::kDeploymentName, first);
  labels.set(model::label::kScope, first);
  labels.set(model::label::kCurrentPrimary, first);
  labels.set(model::label::kClusterId, cluster.metadata.label(model::label::kClusterId));
  return labels;
}

/// Key and value of pgo.yaml's ReplicaNodeLabel; both empty without one.
std::pair<std::string, std::string> replica_node_label(const model::Config& config) {
  const std::string& label = config.cluster.replica_node_label;
  const std::size_t equals = label.find('=');
  if (equals == std::string::npos) return {};
  return {label.substr(0, equals), label.substr(equals + 1)};
}

/// The pgreplicas that the request asked for; they wait until replicas may be made.
void requested_replicas(Work& work, const model::PgCluster& cluster) {
  unsigned count = 0;
  const std::string& text = cluster.spec.replicas;
  std::from_chars(text.data(), text.data() + text.size(), count);
  for (unsigned ordinal = 0; ordinal < count; ++ordinal) {
    model::PgReplica replica;
    replica.metadata.ns = work.view.ns;
    replica.metadata.name =
        model::names::replica(work.view.name, work.view.cluster->meta.uid, ordinal);
    if (work.view.replica(replica.metadata.name) != nullptr) continue;
    replica.metadata.labels = {{std::string(model::label::kName), replica.metadata.name},
                               {std::string(model::label::kCluster), work.view.name}};
    replica.spec.ns = work.view.ns;
    replica.spec.name = replica.metadata.name;
    replica.spec.cluster_name = work.view.name;
    replica.spec.storage = cluster.spec.replica_storage;
    replica.spec.container_resources = cluster.spec.container_resources;
    replica.spec.user_labels = cluster.spec.user_labels;
    const auto [key, value] = replica_node_label(*work.settings.config);
    replica.spec.user_labels.insert_or_assign(std::string(model::label::kNodeLabelKey), key);
    replica.spec.user_labels.insert_or_assign(std::string(model::label::kNodeLabelValue), value);
    replica.status.state = model::state::kReplicaCreated;
    replica.status.message = "not processed yet";
    work.plan.create(types::kPgReplica, replica.object(), "the request asked for replicas");
  }
}

void finish_bootstrap(Work& work, const model::PgCluster& cluster, const std::string& first) {
  Event event = cluster_event(work.view, "CreateCluster");
  event.payload.emplace_back("workflowid",
                             std::string(cluster.user_label(model::label::kWorkflowId)));
  work.plan.event(std::move(event), "the cluster's objects are made");
  Value spec = Value::object({{"status", model::progress::kCompleted}});
  const std::string claim = manifests::claim_name(cluster.spec.primary_storage, first);
  spec.set("PrimaryStorage", Value::object({{"name", claim}}));
  work.plan.patch(
      types::kPgCluster, work.view.cluster->meta,
      Value::object({{"metadata", Value::object({{"labels", cluster_labels(cluster, first)}})},
                     {"spec", std::move(spec)}}),
      "the cluster's objects are made");
}

/// Conditions go to the pgcluster when nothing else is to be done, so that people and `pgo` see
/// what is waited for, and since when. A settled cluster has none.
void record_conditions(const Cluster& cluster, Plan& plan) {
  if (!plan.empty()) return;
  const auto& wanted = plan.conditions();
  const bool same =
      std::equal(wanted.begin(), wanted.end(), cluster.conditions.begin(), cluster.conditions.end(),
                 [](const Condition& a, const RecordedCondition& b) {
                   return to_string(a.reason) == b.reason && a.subject == b.subject;
                 });
  if (same) return;
  Value list = Value::array();
  for (const Condition& condition : wanted) {
    list.push_back(
        Value::object({{"type", "Waiting"},
                       {"status", "True"},
                       {"reason", to_string(condition.reason)},
                       {"subject", condition.subject},
                       {"message", condition.detail.empty() ? std::string(explain(condition.reason))
                                                            : condition.detail},
                       {"lastTransitionTime", to_rfc3339(condition.since)}}));
  }
  plan.patch(
      types::kPgCluster, cluster.meta,
      Value::object(
          {{"status",
            Value::object({{"conditions", wanted.empty() ? Value(nullptr) : std::move(list)}})}}),
      "what is waited for");
}

}  // namespace

Value processed_task() {
  return Value::object({{"status", Value::object({{"state", model::state::kTaskProcessed},
                                                  {"message", kTaskSeen}})}});
}

std::string subject(std::string_view kind, std::string_view name) {
  return std::string(kind) + " " + std::string(name);
}

std::string_view job_in(std::string_view subject) {
  constexpr std::string_view kJob = "Job ";
  return subject.starts_with(kJob) ? subject.substr(kJob.size()) : std::string_view{};
}

Event cluster_event(const ClusterView& view, std::string_view type) {
  return {.type = std::string(type),
          .topics = {"clustertopic"},
          .user = view.cluster ? view.cluster->user : std::string(),
          .payload = {{"clustername", view.name}}};
}

void bootstrap(Work& work) {
  acknowledge(work);
  const bool completed = work.view.cluster->status == model::progress::kCompleted;
  if (completed && !lacks_stateless_parts(work.view)) return;
  const model::PgCluster cluster = complete_cluster(*work.view.cluster);
  if (completed) {
    stateless_parts(work, cluster);
    repository_deployment(work, cluster);
    return;
  }
  work.plan.on_failure("CreateClusterFailure");
  secrets(work);
  const std::string first = first_name(work.view, cluster);
  if (!ensure_data_volume(work, first, cluster.spec.primary_storage)) return;
  if (!stateless_parts(work, cluster)) return;
  if (!repository(work, cluster) || !first_instance(work, cluster, first)) return;
  requested_replicas(work, cluster);
  finish_bootstrap(work, cluster, first);
}

Plan plan_cluster(const ClusterView& view, const Settings& settings, TimePoint now) {
  Plan plan(view, now);
  Work work{view, settings, plan};
  if (removal(work)) return plan;
  const bool dumps_go = dump_removal(work);
  clone(work);
  if (!view.cluster || view.cluster->meta.deleting) return plan;
  keep_sql(work);
  if (!view.cluster->object) {
    plan.wait(Reason::invalid_object, subject("Pgcluster", view.name), view.cluster->problem);
    return plan;
  }
  bootstrap(work);
  promotion(work);
  failover(work);
  pgbouncer(work);
  restore(work);
  schedules(work);
  backups(work);
  if (!dumps_go) dumps(work);
  replicas(work);
  scaledown(work);
  record_conditions(*view.cluster, plan);
  return plan;
}

}  // namespace pgo::plan
