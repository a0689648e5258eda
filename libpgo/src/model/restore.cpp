#include "pgo/model/restore.h"

#include "pgo/base/ids.h"
#include "pgo/base/text.h"
#include "pgo/model/names.h"

#include <utility>

namespace pgo::model {
namespace {

bool has_option(std::string_view options, std::string_view name) {
  for (const std::string& one : text::split_list(options, ' ')) {
    std::string_view word = one;
    if (word.starts_with('\'')) word.remove_prefix(1);  // the whole word stands in quotes
    if (word == name || word.starts_with(std::string(name) + "=")) return true;
  }
  return false;
}

}  // namespace

PgTask restore_task(std::string_view ns, const RestoreWork& work) {
  PgTask task =
      new_task(ns, names::restore_task(work.cluster, work.to_pvc), TaskType::restore, work.cluster);
  // As 4.2.0: found by its parameter, not by a label.
  task.metadata.labels = {{std::string(label::kClusterId), work.cluster_id},
                          {std::string(label::kPgouser), work.user}};
  const auto set = [&](std::string_view key, std::string value) {
    task.spec.parameters.insert_or_assign(std::string(key), std::move(value));
  };
  set(param::kRestoreFromCluster, work.cluster);
  set(param::kRestoreToPvc, work.to_pvc);
  set(param::kRestoreOpts, work.options);
  set(param::kPitrTarget, work.pitr_target);
  set(param::kStanza, std::string(fixed::kStanza));
  set(param::kDbPath, names::data_path(work.to_pvc));
  set(param::kRepoPath, names::repo_path(work.cluster));
  set(param::kRepoHost, names::repo_service(work.cluster));
  set(param::kBackrestStorageType, work.storage_type);
  set(param::kWorkflowId, work.workflow_id);
  if (!work.node_key.empty()) {
    set(param::kNodeLabelKey, work.node_key);
    set(param::kNodeLabelValue, work.node_value);
  }
  return task;
}

RestoreWork restore_of(const PgTask& task) {
  const auto get = [&](std::string_view key) { return std::string(task.parameter(key)); };
  return {.cluster = get(param::kRestoreFromCluster),
          .to_pvc = get(param::kRestoreToPvc),
          .options = get(param::kRestoreOpts),
          .pitr_target = get(param::kPitrTarget),
          .storage_type = get(param::kBackrestStorageType),
          .node_key = get(param::kNodeLabelKey),
          .node_value = get(param::kNodeLabelValue),
          .workflow_id = get(param::kWorkflowId),
          .cluster_id = std::string(task.metadata.label(label::kClusterId)),
          .user = std::string(task.metadata.label(label::kPgouser))};
}

std::string restore_options(std::string_view options, std::string_view pitr_target) {
  std::string all(text::trim(options));
  const auto add = [&all](std::string_view option) {
    if (!all.empty()) all += ' ';
    all += option;
  };
  const bool target = !pitr_target.empty() || has_option(options, "--target");
  if (target && !has_option(options, "--type")) add("--type=time");
  if (target && !has_option(options, "--target-action")) add("--target-action=promote");
  return all;
}

namespace names {

std::string restore_task(std::string_view cluster, std::string_view to_pvc) {
  return "backrest-restore-" + std::string(cluster) + "-to-" + std::string(to_pvc);
}

std::string restore_workflow(std::string_view cluster) {
  return std::string(cluster) + "-pgbackrestrestore";
}

std::string restore_job(std::string_view cluster, std::string_view workflow_id) {
  return "restore-" + std::string(cluster) + "-" +
         derived_suffix(std::string(workflow_id) + "/restore");
}

}  // namespace names
}  // namespace pgo::model
