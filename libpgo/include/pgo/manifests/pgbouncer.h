#pragma once

#include "pgo/manifests/render.h"
#include "pgo/model/config.h"
#include "pgo/model/pgcluster.h"

#include <string>
#include <string_view>

/// pgBouncer beside a cluster (contract 15): a connection pool that follows the primary.
namespace pgo::manifests {

/// By which account pgBouncer logs in to ask for the passwords of others.
struct PoolAccount {
  std::string user;
  std::string password;  ///< empty when it is filled in later, with `verifier`
  std::string verifier;  ///< "md5...", as PostgreSQL stores it: crypto::postgres_md5
};

/// Secret `<c>-pgbouncer-secret`: the account and the files that pgBouncer reads.
/// Errors: `invalid_argument` when the cluster's port is no number.
Result<kube::Object> pgbouncer_secret(const Renderer& renderer, const model::PgCluster& cluster,
                                      const PoolAccount& account);
/// The text of `users.txt` in it.
std::string pgbouncer_users(std::string_view user, std::string_view verifier);

/// Deployment `<c>-pgbouncer`, one pod.
Result<kube::Object> pgbouncer_deployment(const Renderer& renderer, const model::PgCluster& cluster,
                                          const model::Config& config);
/// Service `<c>-pgbouncer`, of the type that the primary's has.
Result<kube::Object> pgbouncer_service(const Renderer& renderer, const model::PgCluster& cluster,
                                       const model::Config& config);

}  // namespace pgo::manifests
