#pragma once

#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgtask.h"

#include <string>
#include <string_view>

/// Jobs that run pgBackRest in the repository's pod.
namespace pgo::manifests {

/// The instance that is backed up, as it is observed now.
struct BackupSource {
  std::string host = {};  ///< IP address of the primary's pod
  std::string path =
      {};  ///< its data directory (PGBACKREST_DB_PATH); empty leaves both options out
};

/// The Job of a backrest task; it has the task's name. Options that name the database's host or
/// path are left as they are, otherwise those of `source` are added.
Result<kube::Object> backrest_job(const Renderer& renderer, const model::PgCluster& cluster,
                                  const model::PgTask& task, const model::Config& config,
                                  const BackupSource& source);

/// The options of that Job.
std::string backrest_options(std::string_view options, const BackupSource& source);

}  // namespace pgo::manifests
