#pragma once

#include "pgo/model/meta.h"
#include "pgo/model/status.h"

#include <optional>
#include <string>
#include <tuple>

namespace pgo::model {

/// `spec` of a Pgtask. What `parameters` holds depends on the task type; keys are in `param`.
struct PgTaskSpec {
  std::string ns;
  std::string name;
  StorageSpec storage;
  std::string task_type;
  std::string status;
  Labels parameters;
  json::Extra extra;

  static constexpr auto fields() {
    using S = PgTaskSpec;
    using enum json::Emit;
    return std::tuple{json::field("namespace", &S::ns, always),
                      json::field("name", &S::name, always),
                      json::field("storagespec", &S::storage, always),
                      json::field("tasktype", &S::task_type, always),
                      json::field("status", &S::status, always),
                      json::field("parameters", &S::parameters, always),
                      json::extra(&S::extra)};
  }
  bool operator==(const PgTaskSpec&) const = default;
};

/// One piece of work asked of the operator, or the record of one (task type workflow).
struct PgTask {
  std::string kind = "Pgtask";
  std::string api_version = "crunchydata.com/v1";
  ObjectMeta metadata;
  PgTaskSpec spec;
  CrStatus status;
  json::Extra extra;

  static constexpr auto fields() {
    using enum json::Emit;
    return std::tuple{json::field("kind", &PgTask::kind),
                      json::field("apiVersion", &PgTask::api_version),
                      json::field("metadata", &PgTask::metadata, always),
                      json::field("spec", &PgTask::spec, always),
                      json::field("status", &PgTask::status, always),
                      json::extra(&PgTask::extra)};
  }
  bool operator==(const PgTask&) const = default;

  static Result<PgTask> from(const kube::Object& object);
  kube::Object object() const;

  const std::string& name() const { return metadata.name; }
  std::optional<TaskType> type() const { return task_type(spec.task_type); }
  /// A parameter, or empty.
  std::string_view parameter(std::string_view key) const;
  bool processed() const { return status.state == state::kTaskProcessed; }
};

/// Neither completed nor failed, for tasks that say so.
bool is_open(const PgTask& task);

/// A task with its names, type and cluster label set; state is left empty for the caller.
PgTask new_task(std::string_view ns, std::string_view name, TaskType type,
                std::string_view cluster);

/// The record of a workflow, with its first step at `time` (RFC 3339).
PgTask workflow_task(std::string_view ns, std::string_view name, std::string_view cluster,
                     std::string_view workflow_id, std::string_view pgouser, std::string_view time);

/// What `pgo delete cluster`, `scaledown` and `delete backup` ask for.
struct Removal {
  std::string cluster = {};
  std::string scope = {};
  std::string replica = {};  ///< empty unless `is_replica`
  bool delete_data = true;
  bool delete_backups = true;
  bool is_replica = false;
  bool is_backup = false;
  bool operator==(const Removal&) const = default;
};
PgTask removal_task(std::string_view ns, std::string_view name, const Removal& removal);
/// Odd or missing switches read as false: nothing is deleted that was not asked for.
Removal removal_of(const PgTask& task);

/// A pgBackRest run: stanza-create, or a backup.
struct BackrestWork {
  std::string cluster = {};
  std::string command = {};  ///< a word of backrest_command
  std::string options = {};
  std::string storage_type = {};  ///< local, s3, "local,s3" or empty
  std::string repo_pod = {};
  std::string backup_type = {};  ///< a word of backup_type, or empty for one that a user asked for
  std::string container = "database";
  bool operator==(const BackrestWork&) const = default;
};
PgTask backrest_task(std::string_view ns, std::string_view name, const BackrestWork& work);
BackrestWork backrest_of(const PgTask& task);

}  // namespace pgo::model
