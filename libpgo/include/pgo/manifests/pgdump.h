#pragma once

#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/pgtask.h"

/// Jobs that dump databases and load dumps.
namespace pgo::manifests {

/// The Job of a pgdump task; its name follows from the task's UID. Its pod's groups are those of
/// the task's storage.
Result<kube::Object> pgdump_job(const Renderer& renderer, const model::PgTask& task,
                                const model::Config& config);

/// The Job of a pgrestore task; likewise, and with the groups of pgo.yaml's PrimaryStorage. K3: a
/// node label of the task makes a node affinity that is a valid one.
Result<kube::Object> pgrestore_job(const Renderer& renderer, const model::PgTask& task,
                                   const model::Config& config);

/// The claim that a pgdump task writes to, labelled so that it counts as a backup.
Result<kube::Object> pgdump_volume(const Renderer& renderer, const model::PgTask& task);

}  // namespace pgo::manifests
