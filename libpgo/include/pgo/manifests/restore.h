#pragma once

#include "pgo/manifests/render.h"
#include "pgo/model/clone.h"
#include "pgo/model/config.h"
#include "pgo/model/pgcluster.h"
#include "pgo/model/restore.h"

/// What a restore in place, and the second step of a clone, are made of.
namespace pgo::manifests {

/// The Job that restores into the volume `work.to_pvc`. `clone` marks the one of a clone and tells
/// whose; null for a restore in place. K3: the node label of `work` becomes an affinity.
Result<kube::Object> restore_job(const Renderer& renderer, const model::PgCluster& cluster,
                                 const model::RestoreWork& work, const model::Config& config,
                                 const model::CloneWork* clone = nullptr);

}  // namespace pgo::manifests
