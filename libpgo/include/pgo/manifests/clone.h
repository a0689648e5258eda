#pragma once

#include "pgo/manifests/render.h"
#include "pgo/model/clone.h"
#include "pgo/model/config.h"
#include "pgo/model/pgcluster.h"

/// What a clone is made of.
namespace pgo::manifests {

/// The pgcluster that a clone makes. It takes over what belongs to the data and where it is stored;
/// not the source's own configuration, placement, metrics, pgBadger and pgBouncer (contract 12).
model::PgCluster cloned_cluster(const model::PgCluster& source, const model::CloneWork& work);

/// The Job that copies the source's repository into the volume of the target's.
Result<kube::Object> repo_sync_job(const Renderer& renderer, const model::PgCluster& source,
                                   const model::CloneWork& work, const model::Config& config);

}  // namespace pgo::manifests
