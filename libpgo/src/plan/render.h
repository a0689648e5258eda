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

/// False, and waited for, when this claim is on its way out: who mounted it would keep what is to
/// go, and then lack it.
bool stays(Work& work, const std::string& volume);
/// Asks for the claim of an instance where its storage type makes one. False when it cannot be
/// rendered, or an older one of the name still goes.
bool ensure_data_volume(Work& work, const std::string& instance, const model::StorageSpec& storage);

Result<kube::Object> replica_service(const Work& work, const Replica& replica);
Result<kube::Object> replica_instance(const Work& work, const Replica& replica);
Result<kube::Object> backrest_job(const Work& work, const Task& task, const Pod& primary,
                                  const Pod& repo);
/// The user label, or empty.
std::string backrest_storage_type(const model::PgCluster& cluster);

}  // namespace pgo::plan
