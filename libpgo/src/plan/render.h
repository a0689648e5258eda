#pragma once

#include "pgo/base/result.h"
#include "pgo/kube/object.h"
#include "work.h"

#include <string>

namespace pgo::model {
struct StorageSpec;
}

/// The manifests that plans ask for, filled from the view.
namespace pgo::plan {

/// The pgcluster as manifests see it, with the labels that a hand-made one lacks.
model::PgCluster complete_cluster(const Cluster& cluster);

/// Asks for the claim of an instance where its storage type makes one. False when it cannot be
/// rendered.
bool ensure_data_volume(Work& work, const std::string& instance, const model::StorageSpec& storage);

Result<kube::Object> replica_service(const Work& work, const Replica& replica);
Result<kube::Object> replica_instance(const Work& work, const Replica& replica);
Result<kube::Object> backrest_job(const Work& work, const Task& task, const Pod& primary,
                                  const Pod& repo);
/// The user label, or empty.
std::string backrest_storage_type(const model::PgCluster& cluster);

}  // namespace pgo::plan
