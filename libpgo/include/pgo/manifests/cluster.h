#pragma once

#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/model/pgcluster.h"

#include <optional>
#include <string>
#include <string_view>

/// What belongs to a cluster as a whole: volumes, credentials, Services, the first configuration.
namespace pgo::manifests {

/// True when a storage type stands for a claim that we make ("create" and "dynamic"); "existing"
/// uses a claim by name, "emptydir" and "" need none.
bool makes_claim(const model::StorageSpec& storage);

/// The name of the claim that holds the data of `instance`: for "existing" the one named in
/// `storage`, for "emptydir" none (empty), otherwise the instance's own.
std::string claim_name(const model::StorageSpec& storage, std::string_view instance);

/// A claim for `cluster`. Errors: `invalid_argument` when size, access mode or the match labels
/// are missing or malformed (O10: a claim with empty storage is never made).
Result<kube::Object> volume(const Renderer& renderer, std::string_view ns, std::string_view cluster,
                            std::string_view name, const model::StorageSpec& storage);

/// The secret of one database user; `password` may be empty when it is filled in later.
Result<kube::Object> credentials_secret(const Renderer& renderer, std::string_view ns,
                                        std::string_view cluster, std::string_view name,
                                        std::string_view username, std::string_view password);

/// Service `<c>` in front of the primary. Its type: user label, else pgo.yaml.
Result<kube::Object> primary_service(const Renderer& renderer, const model::PgCluster& cluster,
                                     const model::Config& config);
/// Service `<c>-replica`. Its type: `service_type` (of the replica) when set, else as above.
Result<kube::Object> replica_service(const Renderer& renderer, const model::PgCluster& cluster,
                                     const model::Config& config,
                                     std::string_view service_type = {});

/// ConfigMap `<c>-pgha-default-config`. `with_postgres_ha` is false when the user's own ConfigMap
/// brings a postgres-ha.yaml.
Result<kube::Object> default_config(const Renderer& renderer, const model::PgCluster& cluster,
                                    const model::Config& config, bool with_postgres_ha = true);

/// The secret by which the metrics container logs in.
Result<kube::Object> collect_secret(const Renderer& renderer, const model::PgCluster& cluster,
                                    const model::Config& config);

}  // namespace pgo::manifests
