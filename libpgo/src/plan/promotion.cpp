#include "pgo/model/names.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgtask.h"
#include "work.h"

#include <algorithm>

// Patroni decides who leads; here the labels follow, and what a promotion asks of the operator is
// done. K1: the truth is the pod label `role`, never the labels that the operator wrote itself.
namespace pgo::plan {
namespace {

namespace types = kube::types;
using json::Value;

/// In Patroni's dynamic configuration, set by the callback of the image.
constexpr std::string_view kPromotionTag = "primary_on_role_change";

Value labels(std::initializer_list<std::pair<std::string_view, Value>> all) {
  return Value::object({{"metadata", Value::object({{"labels", Value::object(all)}})}});
}

Value annotations(std::initializer_list<std::pair<std::string_view, Value>> all) {
  return Value::object({{"metadata", Value::object({{"annotations", Value::object(all)}})}});
}

/// Without a leader the labels stay as they are: an instance that only restarts is no replica yet.
std::string wanted_service(const ClusterView& view, const Pod* primary,
                           const Deployment& deployment) {
  if (primary != nullptr) return service_name_of(view, primary->deployment == deployment.meta.name);
  if (!deployment.service_name.empty()) return deployment.service_name;
  return service_name_of(view, view.replica(deployment.meta.name) == nullptr);
}

void relabel(Work& work, const Pod* primary) {
  for (const auto& deployment : work.view.deployments) {
    if (!deployment->instance || deployment->meta.deleting) continue;
    const std::string wanted = wanted_service(work.view, primary, *deployment);
    for (const auto& pod : work.view.pods) {
      if (!pod->instance || pod->deployment != deployment->meta.name) continue;
      if (pod->service_name == wanted || pod->meta.deleting) continue;
      work.plan.patch(types::kPod, pod->meta, labels({{model::label::kServiceName, wanted}}),
                      "labels follow the leader");
    }
    if (deployment->service_name == wanted) continue;
    work.plan.patch(types::kDeployment, deployment->meta,
                    labels({{model::label::kServiceName, wanted}}), "labels follow the leader");
  }
}

/// Patroni's callback marks every promotion, also of an instance that led before: its pod was
/// replaced, or it was started again. The mark goes with the backup it calls for.
bool owes_backup(const ClusterView& view, const Pod& primary) {
  if (!view.initialized() || !view.cluster->failover_backup.empty() || primary.promoting) {
    return false;
  }
  const ConfigMap* map = view.config_map(model::names::scope_config(view.scope()));
  if (map == nullptr || map->meta.deleting) return false;
  if (map->patroni_config.find(kPromotionTag) == std::string::npos) return false;
  const auto config = json::parse(map->patroni_config);
  if (!config || (*config)["tags"][kPromotionTag].is_null()) return false;
  // One that is asked for, or failed for good, answers it already.
  const Task* task = view.task(model::names::backup(view.name));
  return task == nullptr || task->status == model::progress::kJobCompleted ||
         task->parameter(model::param::kBackupType) != model::backup_type::kFailover;
}

/// One patch, so that the change is noted and the backup it calls for cannot be forgotten.
void note_promotion(Work& work, const Pod& primary) {
  if (work.view.cluster->current_primary == primary.deployment) {
    if (!owes_backup(work.view, primary)) return;
    return work.plan.patch(types::kPgCluster, work.view.cluster->meta,
                           annotations({{model::annotation::kFailoverBackup, primary.meta.uid}}),
                           "the same instance was promoted again");
  }
  Value body = labels({{model::label::kCurrentPrimary, primary.deployment}});
  if (work.view.initialized()) {
    body.at_or_add("metadata")
        .at_or_add("annotations")
        .set(model::annotation::kFailoverBackup, primary.meta.uid);
  }
  work.plan.patch(types::kPgCluster, work.view.cluster->meta, std::move(body),
                  "another instance leads");
}

/// Changes Patroni's dynamic configuration where it lives. Bound to the version that was read: a
/// change by Patroni in between makes this one fail and the next plan start from that.
bool edit_patroni(Work& work, std::string_view reason, void (*edit)(Value& config),
                  bool (*done)(const Value& config)) {
  const ConfigMap* map = work.view.config_map(model::names::scope_config(work.view.scope()));
  if (map == nullptr || map->patroni_config.empty() || map->meta.deleting) {
    work.plan.wait(Reason::patroni_config, std::string(work.view.scope()));
    return false;
  }
  auto config = json::parse(map->patroni_config);
  if (!config) {
    work.plan.wait(Reason::invalid_object, subject("ConfigMap", map->meta.name),
                   config.error().message);
    return false;
  }
  if (done(*config)) return true;
  edit(*config);
  work.plan.patch(types::kConfigMap, map->meta,
                  annotations({{model::annotation::kPatroniConfig, json::write(*config)}}), reason,
                  map->version);
  return true;
}

/// Patroni is paused while the label says so. It is resumed only where we paused it: a pause that a
/// person made by hand is theirs.
void autofail(Work& work) {
  const Cluster& cluster = *work.view.cluster;
  if (!cluster.autofail) {
    if (!cluster.paused_by_us) {
      work.plan.patch(types::kPgCluster, cluster.meta,
                      annotations({{model::annotation::kPausedByUs, model::kTrue}}),
                      "autofail is off");
    }
    edit_patroni(
        work, "autofail is off", [](Value& config) { config.set("pause", true); },
        [](const Value& config) { return config["pause"].as_bool(); });
  } else if (cluster.paused_by_us) {
    const bool resumed = edit_patroni(
        work, "autofail is on", [](Value& config) { config.erase("pause"); },
        [](const Value& config) { return !config["pause"].as_bool(); });
    if (!resumed) return;
    work.plan.patch(types::kPgCluster, cluster.meta,
                    annotations({{model::annotation::kPausedByUs, nullptr}}), "autofail is on");
  }
}

/// A later restart of the primary must find its data and never start anew.
void end_init(Work& work) {
  for (const auto& map : work.view.config_maps) {
    if (!map->default_config || map->meta.deleting || !map->init) continue;
    if (*map->init == model::kFalse) continue;
    work.plan.patch(
        types::kConfigMap, map->meta,
        Value::object({{"data", Value::object({{model::data_key::kInit, model::kFalse}})}}),
        "the database exists");
  }
}

void end_workflow(Work& work) {
  const Task* task = work.view.task(model::names::create_workflow(work.view.name));
  if (task == nullptr || !task->parameter(model::step::kCompleted).empty()) return;
  work.plan.event(cluster_event(work.view, "CreateClusterCompleted"), "the primary is ready");
  work.plan.patch(
      types::kPgTask, task->meta,
      Value::object({{"spec", Value::object({{"parameters", Value::object({{
                                                                model::step::kCompleted,
                                                                to_rfc3339(work.plan.now()),
                                                            }})}})}}),
      "the primary is ready");
}

}  // namespace

std::string service_name_of(const ClusterView& view, bool leads) {
  return leads ? model::names::primary_service(view.name)
               : model::names::replica_service(view.name);
}

void promotion(Work& work) {
  const Pod* primary = work.view.primary();
  relabel(work, primary);
  if (primary != nullptr) note_promotion(work, *primary);
  const bool runs = primary != nullptr && primary->database_ready;
  // Once there is a database the switch works without a leader too: that is when it is needed.
  if (runs || work.view.initialized()) autofail(work);
  if (!runs) return;
  end_init(work);
  if (policies(work, *primary)) end_workflow(work);
}

void clear_promotion_tag(Work& work) {
  edit_patroni(
      work, "the backup after the promotion is there",
      [](Value& config) {
        config.at_or_add("tags").erase(kPromotionTag);
        if (config["tags"].members().empty()) config.erase("tags");
      },
      [](const Value& config) { return config["tags"][kPromotionTag].is_null(); });
}

}  // namespace pgo::plan
