#pragma once

#include "pgo/model/pgtask.h"

#include <string>
#include <string_view>

/// `pgo restore` from pgBackRest: its task, and the names of what it makes.
namespace pgo::model {

struct RestoreWork {
  std::string cluster = {};
  std::string to_pvc = {};  ///< name of the new volume, Deployment and Patroni scope
  std::string options = {};
  std::string pitr_target = {};
  std::string storage_type = {};  ///< local, s3 or empty
  std::string node_key = {}, node_value = {};
  std::string workflow_id = {};
  std::string cluster_id = {}, user = {};
  bool operator==(const RestoreWork&) const = default;
};

PgTask restore_task(std::string_view ns, const RestoreWork& work);
RestoreWork restore_of(const PgTask& task);

/// Options of `pgbackrest restore` with what a point in time needs: it is a time unless the options
/// say otherwise, and the database is opened when it is reached (K18).
std::string restore_options(std::string_view options, std::string_view pitr_target);

namespace names {
std::string restore_task(std::string_view cluster, std::string_view to_pvc);
std::string restore_workflow(std::string_view cluster);
/// Job of a restore or of a clone's second step.
std::string restore_job(std::string_view cluster, std::string_view workflow_id);
}  // namespace names

}  // namespace pgo::model
